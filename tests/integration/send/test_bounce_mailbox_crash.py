# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Services that read a mailbox are killed, and two of them read the same one."""

import concurrent.futures
import typing as tp

import pytest

from tests.integration.send import mailboxes
from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.dovecot_server import Dovecot
from tests.integration.send.mailboxes import LETTER, Mailbox
from tests.integration.send.service import Client, Service
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

_OPEN = ("--networks", "127.0.0.0/8")
_BOUNCES, _LETTERS = 30, 10


def _tenant(service: Service, sink: Sink) -> Client:
    client = service.client(tenant="default")
    add_relay(client, sink.port, name="sink")
    return client


def _fill(client: Client, server: Dovecot, box: Mailbox) -> None:
    server.deliver(box.user, LETTER)
    mails: list[bytes] = []
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for found in pool.map(
            lambda _: mailboxes.bounced(client, relay="sink"), range(_BOUNCES)
        ):
            mails += [*found, LETTER][: 2 if len(mails) < 2 * _LETTERS else 1]
    server.fill(box.user, mails)


@pytest.mark.parametrize(("protocol", "after"), [("imap", "move"), ("pop3", "delete")])
def test_killed_again_and_again_each_bounce_counts_once(
    services: Services, dovecot: Dovecot, sink: Sink, protocol: str, after: str
) -> None:
    service = services.new(*_OPEN).start()
    client = _tenant(service, sink)
    box = Mailbox(client, dovecot)
    _fill(client, dovecot, box)
    dovecot.make(box.user, "Done")
    more: dict[str, tp.Any] = {"move_to": "Done"} if after == "move" else {}
    body = box.body(protocol, after=after, **more)
    client.done(client.post(mailboxes.PATH, body))
    for at in range(1, 5):
        # Further each time: between any two steps, also while mail is removed.
        waiting.until(lambda at=at: box.shown()["events"] >= at * 6, "some to count")
        service.kill()
        service = services.on(service.data, service.database, *_OPEN).start()
        client = box.tenant = service.client(tenant="default")
        client.done(box.call("POST", "/poll"))
    found = box.polled()
    waiting.until(lambda: box.shown()["events"] == _BOUNCES, "all to count")
    waiting.until(lambda: not box.shown()["reading"], "the poll to end")
    assert mailboxes.events(client) == _BOUNCES
    assert (found["failures"], found["unread"]) == (0, 0)
    waiting.until(lambda: dovecot.count(box.user) == 1 + _LETTERS, "bounces to go")
    if after == "move":
        assert dovecot.count(box.user, "Done") == _BOUNCES


def test_of_two_services_one_reads_a_mailbox(
    services: Services, dovecot: Dovecot, sink: Sink
) -> None:
    first = services.new(*_OPEN).start()
    box = Mailbox(_tenant(first, sink), dovecot)
    box.add(idle=True, after="delete", period_seconds=30)
    second = services.on(first.data, first.database, *_OPEN).start()
    sender = box.tenant = second.client(tenant="default")
    bounces = mailboxes.bounced(sender, 2, relay="sink")
    # By the other one it is asked for, and the one that holds it reads on.
    sender.done(box.call("POST", "/poll"))
    dovecot.deliver(box.user, bounces[0])
    waiting.until(lambda: mailboxes.events(sender) == 1, "the bounce to count")
    waiting.until(lambda: dovecot.sessions(box.user) == (1, 1), "one session")
    # It dies, and the other one takes over.
    first.kill()
    dovecot.deliver(box.user, bounces[1])
    sender.done(box.call("POST", "/poll"))
    waiting.until(lambda: mailboxes.events(sender) == 2, "the other to take over", 60)
    waiting.until(lambda: dovecot.count(box.user) == 0, "it to be deleted")
    waiting.until(lambda: dovecot.sessions(box.user) == (2, 1), "one session")
    # What is changed by one is heard of by the other.
    third = services.on(first.data, first.database, *_OPEN).start()
    box.tenant = third.client(tenant="default")
    box.tenant.done(box.call("DELETE"))
    waiting.until(lambda: dovecot.sessions(box.user) == (2, 0), "it to end", 60)
