# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The dispatcher: gives every lane its messages, and looks after the queue."""

import asyncio
import collections.abc as abc
import logging
import typing as tp

from exordos_mail.send import clock
from exordos_mail.send.delivery.lane import LaneRunner
from exordos_mail.send.delivery.shared import Shared
from exordos_mail.send.delivery.worker import BEAT
from exordos_mail.send.metrics import counters
from exordos_mail.send.queue import (
    claim,
    erasure,
    idempotency,
    limits,
    pause,
    removal,
    suppressions,
    sweep,
    upkeep,
)
from exordos_mail.send.queue.job import Lane
from exordos_mail.send.storage import database

#: Removes a part of what is old by now; returns how many rows that were.
Chore = tp.Callable[[database.Transaction, int], int]

log = logging.getLogger(__name__)

#: Seconds between two looks at all lanes: finds what became due, and what other
#: processes accepted.
LOOK = 1.0
#: Seconds between two looks for what has expired, and for old rows to remove.
_EXPIRE = 2.0
_CLEAN = 60.0
#: Pieces of sweeps, and of erasures, that are done before what has expired gets its
#: turn again.
_SWEEPS = 50
#: Seconds a graceful stop waits for messages that are being sent.
GRACE = 30.0
_LOWEST = 3


class Dispatcher:
    """Delivers, as one of the queue's workers, until it is stopped."""

    def __init__(
        self,
        base: database.Database,
        shared: Shared,
        keep: int,
        chores: abc.Sequence[Chore] = (),
    ) -> None:
        """Make a dispatcher.

        Args:
            keep: milliseconds that a message is kept after it is final.
            chores: what else is to be removed when it is old.
        """
        self._base = base
        self._worker = shared.worker
        self._shared = shared
        self._keep = keep
        self._chores = chores
        self._lanes: dict[Lane, LaneRunner] = {}
        #: Lanes that are being fed, and those asked for again meanwhile.
        self._feeding: dict[Lane, asyncio.Task[None]] = {}
        self._again: set[Lane] = set()
        self._tasks: list[asyncio.Task[None]] = []
        #: The whole service is paused, as the last look has found it.
        self._is_paused = False
        #: Those of them that end with the dispatcher only.
        self._permanent: tuple[asyncio.Task[None], ...] = ()

    async def start(self) -> None:
        """Enter as a worker and begin."""
        await self._worker.enter()
        await self._worker.reap()
        self._tasks = [
            asyncio.create_task(self._every(LOOK, self._look), name="look"),
            asyncio.create_task(self._every(BEAT, self._live), name="live"),
            # Apart from the beat, which a long clean-up must not hold up.
            asyncio.create_task(self._every(_EXPIRE, self._expire), name="expire"),
            asyncio.create_task(self._every(_CLEAN, self._clean), name="clean"),
        ]
        self._permanent = tuple(self._tasks)

    async def stop(self) -> None:
        """Finish what is being sent, release the rest, leave."""
        for task in (*self._tasks, *self._feeding.values()):
            task.cancel()
        await asyncio.gather(
            *self._tasks, *self._feeding.values(), return_exceptions=True
        )
        await asyncio.gather(*(lane.stop(GRACE) for lane in self._lanes.values()))
        await self._shared.results.drain()
        await self._worker.leave()

    @property
    def runs(self) -> bool:
        """Tell whether everything runs that should: an error has ended nothing."""
        return not any(task.done() for task in self._permanent)

    def wake(self, lane: Lane) -> None:
        """Look at one lane now: something was accepted for it, or is due."""
        if lane in self._feeding:
            self._again.add(lane)
            return
        task = asyncio.create_task(self._feed(lane))
        self._feeding[lane] = task
        task.add_done_callback(lambda done: self._fed(lane, done))

    def wake_all(self) -> None:
        """Look at every lane now."""
        task = asyncio.create_task(self._look())
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)

    def invalidate(self, tenant_id: str, relay_id: str | None = None) -> None:
        """Use nothing any more that was read before a change, and look anew.

        Args:
            relay_id: only this relay of the tenant has changed.
        """
        for lane, runner in self._lanes.items():
            if lane.tenant_id == tenant_id and relay_id in (None, lane.relay_id):
                runner.invalidate()
        self.wake_all()

    def pause(self, tenant_id: str | None = None) -> None:
        """Begin nothing that is claimed: it is paused now.

        Args:
            tenant_id: only something of this tenant is.
        """
        for lane, runner in self._lanes.items():
            if tenant_id in (None, lane.tenant_id):
                runner.invalidate(pause.REASON)
        self.wake_all()

    def listed(self, tenant_id: str) -> None:
        """Know that a tenant's suppression list has grown: what is claimed asks it."""
        self._shared.withholding.listed(tenant_id)

    def _fed(self, lane: Lane, task: asyncio.Task[None]) -> None:
        del self._feeding[lane]
        if not task.cancelled():
            error = task.exception()
            if isinstance(error, database.DatabaseUnavailable):
                log.error("no claim: %s", error)
            elif error is not None:
                log.error("no claim", exc_info=error)
            elif lane in self._again:
                self._again.discard(lane)
                self.wake(lane)

    async def _feed(self, lane: Lane) -> None:
        """Claim what the lane has room for."""
        runner = self._lanes.get(lane)
        if runner is None:
            runner = LaneRunner(lane, self._shared, lambda: self.wake(lane))
            self._lanes[lane] = runner
        wanted, lowest = runner.room, _LOWEST
        if wanted <= 0:
            wanted, lowest = runner.room_for_urgent, 0
        if wanted <= 0 or not self._worker.may_send():
            return
        worker_id, invalidations = self._worker.id, runner.invalidations
        found = await self._base.write(
            claim.claim, lane, worker_id, wanted, lowest, clock.now()
        )
        counters.claimed(lane, found)
        if worker_id != self._worker.id:
            # Declared dead meanwhile: these claims are given back already, or
            # will be with the former row's.
            return
        if found.again_at is not None:
            runner.again_at = found.again_at
        if found.jobs:
            runner.take(found.relay, found.jobs)
            if invalidations != runner.invalidations:
                # What was claimed may be of before the change.
                runner.invalidate()

    async def _look(self) -> None:
        """Feed every lane that has due work."""
        ready, is_paused = await self._base.read(_standing, clock.now())
        if is_paused and not self._is_paused:
            # Perhaps by another process.
            self.pause()
        self._is_paused = is_paused
        for lane in ready:
            self.wake(lane)
            known = self._lanes.get(lane)
            if known is not None and known.limited:
                counters.limited(lane, LOOK)
        for lane, runner in list(self._lanes.items()):
            if runner.quiet and not runner.remembers and lane not in self._feeding:
                del self._lanes[lane]

    async def _live(self) -> None:
        """Beat, and take over from the dead."""
        if not await self._worker.beat():
            log.error("declared dead by another process: beginning anew")
            for runner in self._lanes.values():
                runner.drop()
        if await self._worker.reap():
            self.wake_all()

    async def _expire(self) -> None:
        """End what waits and is past its time, or has no relay any more."""
        while True:
            count = await self._base.write(upkeep.expire, clock.now())
            counters.expired(count)
            if count < upkeep.CHUNK:
                break
        while await self._base.write(removal.settle, clock.now()) == upkeep.CHUNK:
            pass
        for settle in (sweep.settle, erasure.settle):
            for _ in range(_SWEEPS):
                if not await self._base.write(settle, clock.now()):
                    break

    async def _clean(self) -> None:
        """Remove old rows."""
        now = clock.now()
        forget = (limits, idempotency, suppressions, sweep, erasure)
        for chore in (*(one.forget for one in forget), *self._chores):
            while await self._base.write(chore, now) >= upkeep.CHUNK:
                pass
        before = now - self._keep
        while await self._base.write(upkeep.clean_up, before) == upkeep.CHUNK:
            pass
        await self._shared.sources.sweep()

    async def _every(
        self, seconds: float, what: tp.Callable[[], tp.Awaitable[None]]
    ) -> None:
        while True:
            try:
                await what()
            except database.DatabaseUnavailable as error:
                log.error("the database is unavailable: %s", error)
            except Exception:
                log.exception("housekeeping")
            await asyncio.sleep(seconds)


def _standing(tx: database.Transaction, now: int) -> tuple[dict[Lane, int], bool]:
    """Return the lanes with due work, and whether the whole service is paused."""
    return claim.ready(tx, now), pause.since(tx) is not None
