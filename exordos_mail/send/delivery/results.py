# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Results of attempts on their way to the database."""

import asyncio
import collections.abc as abc
import logging
import typing as tp

from exordos_mail.send import backoff, clock
from exordos_mail.send.metrics import counters
from exordos_mail.send.queue import settle, upkeep
from exordos_mail.send.queue.job import Outcome
from exordos_mail.send.storage import database

log = logging.getLogger(__name__)
T = tp.TypeVar("T")
_Waiting = list[tuple[Outcome, "asyncio.Future[None]"]]

#: Seconds that a stop waits for a database that is away.
_PATIENCE = 5.0
#: Seconds between two tries to write.
_AGAIN = backoff.doubling(0.1, 5.0)


class Results:
    """Writes outcomes; what comes while a tenant's are being written goes together.

    Transactions of one tenant could only follow each other, because each holds
    the counter of the tenant's events until its commit.
    """

    def __init__(
        self,
        base: database.Database,
        schedule: backoff.Backoff,
        follow: settle.Follow = settle.nothing,
    ) -> None:
        """Make it.

        Args:
            follow: see settle.Follow.
        """
        self._base = base
        self._follow = follow
        self._schedule = schedule
        #: By tenant, while a task writes this tenant's.
        self._waiting: dict[str, _Waiting] = {}
        self._tasks: set[asyncio.Task[object]] = set()

    async def write(self, outcome: Outcome) -> None:
        """Write an outcome, however long the database is away."""
        tenant_id = outcome.job.lane.tenant_id
        written = asyncio.get_running_loop().create_future()
        if tenant_id not in self._waiting:
            self._waiting[tenant_id] = []
            self._begin(self._write_all(tenant_id))
        self._waiting[tenant_id].append((outcome, written))
        await written

    def release(self, worker_id: str, ids: list[str], reason: str) -> None:
        """Return claims, by their messages, to the queue: no attempt was made."""
        if ids:
            self._begin(
                insist(
                    self._base.write,
                    lambda tx: upkeep.release_some(
                        tx, worker_id, ids, reason, clock.now()
                    ),
                )
            )

    async def drain(self) -> None:
        """Wait until nothing is left to be written; not for a database that is away."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_PATIENCE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _begin(self, work: abc.Coroutine[None, None, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write_all(self, tenant_id: str) -> None:
        while together := self._waiting[tenant_id]:
            self._waiting[tenant_id] = []
            await self._write(tenant_id, together)
        del self._waiting[tenant_id]

    async def _write(self, tenant_id: str, together: _Waiting) -> None:
        outcomes = [outcome for outcome, _ in together]
        try:
            counts = await insist(
                self._base.write,
                lambda tx: settle.settle(
                    tx, tenant_id, outcomes, self._schedule, clock.now(), self._follow
                ),
            )
        except Exception as error:
            if len(together) > 1:
                # One of them: the others must not fail with it.
                for one in together:
                    await self._write(tenant_id, [one])
            elif not together[0][1].done():
                together[0][1].set_exception(error)
            return
        now = clock.now()
        for (outcome, written), found in zip(together, counts, strict=True):
            counters.settled(outcome.job, found, now)
            if not written.done():
                written.set_result(None)


class Run(tp.Protocol):
    """How a unit is run: Database.read or Database.write."""

    def __call__(
        self, unit: tp.Callable[[database.Transaction], T], /
    ) -> tp.Awaitable[T]:
        """Run it."""


async def insist(run: Run, unit: tp.Callable[[database.Transaction], T]) -> T:
    """Run a unit and return its result, however long the database is away."""
    pauses = _AGAIN.pauses()
    while True:
        try:
            return await run(unit)
        except database.DatabaseUnavailable as error:
            log.error("delivery waits for the database: %s", error)
            await asyncio.sleep(next(pauses))
