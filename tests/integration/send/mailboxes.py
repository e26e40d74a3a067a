# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bounce mailboxes of tenants, and the bounces in them."""

import typing as tp
import uuid

import httpx

from tests.integration.send.dovecot_server import PASSWORD, Dovecot
from tests.integration.send.service import Client
from tests.integration.support import waiting
from tests.unit.send import bounce_corpus as corpus

PATH = "/v1/bounce-mailboxes"
LETTER = b"From: ann@example.net\r\nSubject: Hello\r\n\r\nWhen do you open?\r\n"
AWAY = b"From: a@b.example\r\nAuto-Submitted: auto-replied\r\n\r\nAway.\r\n"


class Mailbox:
    """One of a tenant's, at a real server."""

    def __init__(self, tenant: Client, server: Dovecot, name: str = "box") -> None:
        self.tenant, self._server, self.name = tenant, server, name
        #: A user of its own at the server.
        self.user = f"u{uuid.uuid4().hex[:12]}"

    def body(
        self, protocol: str = "imap", tls: str = "implicit", **more: tp.Any
    ) -> dict[str, tp.Any]:
        """Return what makes it."""
        return {
            "id": self.name,
            "protocol": protocol,
            "host": "127.0.0.1",
            "port": self._server.ports[protocol, tls],
            "tls": tls,
            "ca": self._server.ca,
            "username": self.user,
            "password": PASSWORD,
            "period_seconds": 86400,
            "answer_seconds": 20,
            **more,
        }

    def add(self, *arguments: str, **more: tp.Any) -> dict[str, tp.Any]:
        """Make it, and wait until it is read."""
        body = self.body(*arguments, **more)
        self.tenant.done(self.tenant.post(PATH, body))
        return self.polled()

    def polled(self, after: str | None = None) -> dict[str, tp.Any]:
        """Wait until a poll has gone well; return the mailbox.

        Args:
            after: the last one before.
        """

        def polled() -> dict[str, tp.Any] | None:
            found = self.shown()
            assert found["last_error"] is None, found
            is_over = found["idle"] or not found["reading"]
            is_fresh = found["polled_at"] not in (None, after)
            return found if is_fresh and is_over else None

        return dict(waiting.until(polled, "the mailbox to be read", 120))

    def failed(self) -> dict[str, tp.Any]:
        """Wait until a poll has failed; return the mailbox."""

        def failed() -> dict[str, tp.Any] | None:
            found = self.shown()
            return found if found["failures"] else None

        return dict(waiting.until(failed, "the mailbox to fail"))

    def poll(self) -> dict[str, tp.Any]:
        """Read it now; return it after that."""
        before = self.shown()["polled_at"]
        self.tenant.done(self.call("POST", "/poll"))
        return self.polled(before)

    def shown(self) -> dict[str, tp.Any]:
        """Return it as people see it."""
        return dict(self.tenant.get(f"{PATH}/{self.name}"))

    def change(self, **changes: tp.Any) -> httpx.Response:
        """Change it."""
        return self.call("PATCH", json=changes)

    def test(self) -> dict[str, tp.Any]:
        """Test it."""
        return dict(self.tenant.done(self.call("POST", "/test")))

    def call(self, method: str, verb: str = "", **options: tp.Any) -> httpx.Response:
        """Call it."""
        return self.tenant.call(method, f"{PATH}/{self.name}{verb}", **options)


def counts(found: dict[str, tp.Any]) -> tuple[int, ...]:
    """Return bounces, complaints, others, unread and events of a mailbox."""
    names = ("bounces", "complaints", "others", "unread", "events")
    return tuple(found[name] for name in names)


def bounced(sender: Client, number: int = 1, **more: tp.Any) -> list[bytes]:
    """Send messages; return a bounce of each, from addresses that do not exist."""
    found = []
    for _ in range(number):
        address = f"a{uuid.uuid4().hex}@example.net"
        message_id = sender.send(address, **more)
        sender.wait(message_id, "sent")
        letter = corpus.letter("postfix", corpus.CAUSES[0], message_id)
        found.append(letter.replace(corpus.ADDRESS.encode(), address.encode()))
    return found


def events(sender: Client, kind: str = "bounced") -> int:
    """Return how many events of a type a tenant has."""
    found, after = 0, 0
    while True:
        page = sender.get("/v1/events", after=after, limit=500)
        found += sum(one["type"] == kind for one in page["events"])
        if page["next"] == after or not page["events"]:
            return found
        after = page["next"]
