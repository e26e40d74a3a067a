# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""A lane with what it shares with others in memory, and without a database."""

import asyncio
import collections.abc as abc
import typing as tp

from exordos_mail.send.delivery.capacity import Capacity
from exordos_mail.send.delivery.lane import LaneRunner
from exordos_mail.send.delivery.results import Results
from exordos_mail.send.delivery.servers import Servers
from exordos_mail.send.delivery.shared import Shared
from exordos_mail.send.delivery.sources import Sources
from exordos_mail.send.delivery.withholding import Withholding
from exordos_mail.send.delivery.worker import Worker
from exordos_mail.send.queue.job import Job, Lane, Outcome, Result
from exordos_mail.send.queue.relay import Relay
from exordos_mail.send.smtp.connection import Connection
from exordos_mail.send.smtp.server import Server
from tests.unit.send import smtp_peer

RELAY = Relay(
    tenant_id="tenant",
    id="relay",
    host="127.0.0.1",
    port=25,
    tls="none",
    tls_verify=True,
    username=None,
    password=None,
    public_only=False,
    timeout_seconds=60,
    end_timeout_seconds=600,
    concurrency=1,
    connection_seconds=10**9,
    connection_messages=1000,
    over_limit="defer",
)
LANE = Lane("tenant", "relay")


class MemoryShared:
    """Keeps the results of each attempt; stands for each part of `Shared`."""

    id = "me"

    def __init__(
        self, connect: abc.Callable[[], abc.Awaitable[Connection]], data: bytes
    ) -> None:
        self.results: asyncio.Queue[list[Result]] = asyncio.Queue()
        #: Claims that were released: their ids and why.
        self.released: list[tuple[list[str], str]] = []
        self._connect = connect
        self._data = data

    @property
    def itself(self) -> Shared:
        """Return it as what lanes share."""
        return Shared(
            worker=tp.cast(Worker, self),
            capacity=Capacity(10),
            servers=tp.cast(Servers, self),
            sources=tp.cast(Sources, self),
            withholding=tp.cast(Withholding, self),
            results=tp.cast(Results, self),
        )

    def may_send(self) -> bool:
        return True

    def of(self, relay: Relay) -> Server:
        return smtp_peer.SERVER

    async def connect(self, server: Server) -> Connection:
        return await self._connect()

    async def prepare(self, one: Job) -> bytes:
        return self._data

    async def ask(self, one: Job, worker_id: str) -> Job:
        return one

    def listed(self, tenant_id: str) -> None:
        pass

    async def write(self, outcome: Outcome) -> None:
        self.results.put_nowait(list(outcome.results))

    def release(self, worker_id: str, ids: list[str], reason: str) -> None:
        if ids:
            self.released.append((ids, reason))


def lane(shared: MemoryShared) -> LaneRunner:
    """Return a lane that has nothing to do yet."""
    return LaneRunner(LANE, shared.itself, lambda: None)


async def attempt(runner: LaneRunner, shared: MemoryShared, one: Job) -> list[Result]:
    """Return what one attempt comes to, in the order of the recipients."""
    runner.take(RELAY, [one])
    found = await shared.results.get()
    return sorted(found, key=lambda result: result.position)
