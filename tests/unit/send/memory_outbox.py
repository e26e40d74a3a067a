# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""What a lane needs of the rest of the service, in memory and without a database."""

import asyncio
import collections.abc as abc
import typing as tp

from exordos_mail.send.delivery.capacity import Capacity
from exordos_mail.send.delivery.lane import LaneRunner
from exordos_mail.send.delivery.outbox import Outbox
from exordos_mail.send.queue.job import Job, Lane, Result
from exordos_mail.send.smtp.connection import Connection, Server
from tests.unit.send import smtp_peer

RELAY = {"concurrency": 1, "connection_seconds": 10**9, "connection_messages": 1000}
LANE = Lane("tenant", "relay")


class MemoryOutbox:
    """Keeps the results of each attempt."""

    def __init__(
        self, connect: abc.Callable[[], abc.Awaitable[Connection]], data: bytes
    ) -> None:
        self.capacity = Capacity(10)
        self.results: asyncio.Queue[list[Result]] = asyncio.Queue()
        #: Claims that were given back: their ids and why.
        self.given_back: list[tuple[list[str], str]] = []
        self._connect = connect
        self._data = data

    def may_send(self) -> bool:
        return True

    def server(self, relay: tp.Any) -> Server:
        return smtp_peer.SERVER

    async def connect(self, server: Server) -> Connection:
        return await self._connect()

    async def prepare(self, one: Job) -> bytes:
        return self._data

    async def withhold(self, one: Job) -> Job:
        return one

    async def settle(self, one: Job, results: list[Result], server: str) -> None:
        self.results.put_nowait(results)

    def give_back(self, ids: list[str], reason: str) -> None:
        self.given_back.append((ids, reason))


def lane(outbox: MemoryOutbox) -> LaneRunner:
    """Return a lane that has nothing to do yet."""
    return LaneRunner(LANE, tp.cast(Outbox, outbox), lambda: None)


async def attempt(runner: LaneRunner, outbox: MemoryOutbox, one: Job) -> list[Result]:
    """Return what one attempt comes to, in the order of the recipients."""
    runner.take(RELAY, [one])
    found = await outbox.results.get()
    return sorted(found, key=lambda result: result.position)
