# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the tests of the SMTP dialogue share: a job, its delivery, a server's rules."""

import dataclasses
import typing as tp

import pytest

from exordos_mail.send.delivery.attempt import Attempt
from exordos_mail.send.queue.job import Job, Lane, Result
from exordos_mail.send.smtp.connection import Connection
from exordos_mail.send.smtp.server import CannotOpen
from tests.unit.send import smtp_peer, virtual
from tests.unit.send.smtp_peer import Act, Peer, Rule

DATA = b"Subject: x\r\n\r\nHello.\r\n"
PIPELINING = ("PIPELINING",)
BOTH = pytest.mark.parametrize("offers", [(), PIPELINING], ids=["steps", "pipelined"])


def job(*recipients: str, sender: str = "a@example.com") -> Job:
    return Job(
        lane=Lane("t", "a"),
        id="1",
        sender=sender,
        priority=2,
        attempt=1,
        created_at=0,
        due_at=0,
        expires_at=1,
        recipients=list(enumerate(recipients)),
        body=b"",
    )


def deliver(
    peers: Peer | list[Peer],
    *recipients: str,
    data: bytes = DATA,
    may_send: tp.Callable[[], bool] = lambda: True,
    sender: str = "a@example.com",
) -> list[Result]:
    """Return the results of one attempt, over as many connections as it takes."""
    left = list(peers) if isinstance(peers, list) else [peers]

    async def attempt() -> list[Result]:
        one = Attempt(job(*recipients, sender=sender), data, may_send)
        connection: Connection | None = None
        while one.pending:
            fresh = connection is None or not connection.usable
            if connection is None or fresh:
                connection = await smtp_peer.connect(left.pop(0))
            await one.go_on(connection, fresh)
        return sorted(one.results, key=lambda result: result.position)

    return virtual.run(attempt())


def refusal(peer: Peer, **more: tp.Any) -> CannotOpen:
    server = dataclasses.replace(smtp_peer.SERVER, **more)
    with pytest.raises(CannotOpen) as caught:
        virtual.run(smtp_peer.connect(peer, server))
    return caught.value


def answers(**given: bytes | Act | list[bytes | Act]) -> Rule:
    """Return a rule: an answer by step, a list: one after the other, then as usual."""

    def rule(step: str, line: str, usual: bytes) -> Act | bytes | None:
        found = given.get(step)
        if isinstance(found, list):
            return found.pop(0) if found else None
        return found

    return rule


def states(results: list[Result]) -> list[str]:
    return [result.state for result in results]
