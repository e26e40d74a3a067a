# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A mailbox at a server that is broken or hostile costs nobody else anything."""

import pathlib
import re
import typing as tp

import pytest

from tests.integration.send import certificates, hostile_mail, mailboxes
from tests.integration.send.mailboxes import counts
from tests.integration.send.service import Client, Service
from tests.integration.support import waiting

TALKS = {"imap": hostile_mail.ImapTalk, "pop3": hostile_mail.Pop3Talk}
PATH = f"{mailboxes.PATH}/box"
SECRET = "the-very-secret-word"
#: Octets of memory that a hostile server may cost: two mails of 10 MiB, with copies.
ROOM = 80 * 1024 * 1024


@pytest.fixture(params=["imap", "pop3"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(
    protocol: str, certificate: certificates.Pair
) -> tp.Iterator[hostile_mail.HostileServer]:
    with hostile_mail.running(TALKS[protocol], certificate) as made:
        yield made


class Box:
    """A mailbox at a hostile server."""

    def __init__(
        self,
        tenant: Client,
        server: hostile_mail.HostileServer,
        protocol: str,
        pair: certificates.Pair,
    ) -> None:
        self.tenant, self.server = tenant, server
        self._body = {
            "id": "box",
            "protocol": protocol,
            "host": "127.0.0.1",
            "port": server.port,
            "ca": pair.certificate,
            "password": SECRET,
            "answer_seconds": 1,
        }

    def add(self, how: str, **more: tp.Any) -> None:
        """Make it."""
        body = {**self._body, "username": how, **more}
        self.tenant.done(self.tenant.post(mailboxes.PATH, body))

    def shown(self) -> dict[str, tp.Any]:
        """Return it as people see it."""
        return dict(self.tenant.get(PATH))

    def failed(self, times: int = 1) -> str:
        """Wait until so many polls have failed; return why."""

        def failed() -> bool:
            found = self.shown()
            return found["failures"] >= times and not found["reading"]

        waiting.until(failed, "the mailbox to fail")
        return str(self.shown()["last_error"])

    def poll(self) -> None:
        """Read it now."""
        self.tenant.done(self.tenant.call("POST", f"{PATH}/poll"))


@pytest.fixture
def box(
    tenant: Client,
    server: hostile_mail.HostileServer,
    protocol: str,
    certificate: certificates.Pair,
) -> Box:
    return Box(tenant, server, protocol, certificate)


def _memory(service: Service) -> int:
    assert service.process is not None
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.mark.parametrize(
    ("protocol", "how", "reason"),
    [
        ("imap", "echo", "refuses the user name or the password"),
        ("imap", "busy", "lets nobody in for now"),
        ("imap", "bye", "ends the session"),
        ("imap", "silent", "has not answered in 1 s"),
        ("imap", "endless", "sends a line of more than 65536 octets"),
        ("imap", "flood", "sends more than it was asked for"),
        ("imap", "literals", "sends more than it was asked for"),
        ("imap", "huge", "sends a mail that is longer than it said"),
        ("imap", "garbage", "has not answered in 1 s"),
        ("imap", "numberless", "gives the mails of the folder no lasting numbers"),
        ("imap", "many", "sends more than it was asked for"),
        ("imap", "longer", "sends a mail that is longer than it said (mail 1)"),
        ("imap", "drip", "has not answered in 1 s (mail 1)"),
        ("pop3", "echo", "refuses the user name or the password"),
        ("pop3", "busy", "lets nobody in for now"),
        ("pop3", "silent", "has not answered in 1 s (mail u1)"),
        ("pop3", "endless", "sends more than it was asked for (mail u1)"),
        ("pop3", "flood", "sends more than it was asked for"),
        ("pop3", "numberless", "does not know UIDL: use IMAP"),
        ("pop3", "many", "has more than 200000 mails: delete some, or use IMAP"),
    ],
    indirect=["protocol"],
)
def test_hostile_server_comes_to_an_end(
    box: Box, service: Service, how: str, reason: str
) -> None:
    before = _memory(service)
    box.add(how)
    why = box.failed()
    assert why.endswith(reason)
    passes = how in ("busy", "bye", "silent", "garbage")
    assert counts(box.shown())[0::4] == (0, 0)
    assert _memory(service) - before < ROOM
    assert SECRET not in service.log and SECRET not in why
    # Who refuses a password may lock out who comes soon again.
    delay = re.search(re.escape(why) + r"; next try in ([0-9]+) s", service.log)
    assert delay is not None
    is_soon = passes or "(mail" in why
    assert (int(delay[1]) < 60) is is_soon


@pytest.mark.parametrize("how", ["cut", "withheld"])
def test_one_mail_that_cannot_be_had_does_not_stop_the_others(
    box: Box, protocol: str, how: str
) -> None:
    if how == "withheld":
        # POP3 has no answer of this kind in the middle of a mail.
        how = "withheld" if protocol == "imap" else "cut"
    box.add(how, after="delete", answer_seconds=20)
    for times in (1, 2, 3):
        assert box.failed(times).endswith("2)")
        if times < 3:
            box.poll()
    before = counts(box.shown())
    assert before == (0, 0, 1, 0, 0)
    box.poll()
    waiting.until(lambda: box.shown()["failures"] == 0, "the poll to go well")
    assert counts(box.shown()) == (0, 0, 2, 1, 0)
    asked = len(box.server.said)
    box.server.mails[4] = hostile_mail.LETTER
    box.poll()
    waiting.until(lambda: counts(box.shown()) == (0, 0, 3, 1, 0), "the new one")
    assert not any(b"DELE" in one for one in box.server.said[asked:])


def test_a_tenant_whose_servers_hang_holds_up_nobody(
    box: Box, protocol: str, admin: Client, service: Service
) -> None:
    for at in range(9):
        box.add("silent", id=f"hangs{at}", answer_seconds=120)
    admin.done(admin.post("/v1/tenants", {"id": f"o-{box.tenant.tenant}", "name": "O"}))
    box.tenant = service.client(tenant=f"o-{box.tenant.tenant}")
    box.add("well", answer_seconds=20)
    waiting.until(lambda: box.shown()["polled_at"], "the other one to be read", 15)
    assert counts(box.shown()) == (0, 0, 3, 0, 0)
