# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A lane: one relay's claimed messages, and the connections that send them."""

import asyncio
import heapq
import itertools
import logging
import time
import typing as tp

from exordos_mail.send import clock
from exordos_mail.send.attachments import PermanentFailure, TemporaryFailure
from exordos_mail.send.delivery import attempt, simulation
from exordos_mail.send.delivery.hold import Hold
from exordos_mail.send.delivery.shared import Shared
from exordos_mail.send.queue import job as jobs
from exordos_mail.send.queue.job import Job, Lane, Outcome, Result
from exordos_mail.send.queue.relay import Relay
from exordos_mail.send.smtp.connection import Connection
from exordos_mail.send.smtp.server import CannotOpen, Server

log = logging.getLogger(__name__)

#: Claimed messages that wait for a connection, at the most; below the half,
#: more are claimed.
BUFFER = 100
#: Immediate messages that are claimed beyond that.
URGENT = 50
#: Seconds a connection without work is kept.
_IDLE = 30.0
_IMMEDIATE = 0


class LaneRunner:
    """Runs one lane in this process."""

    def __init__(self, lane: Lane, shared: Shared, hungry: tp.Callable[[], None]):
        self.lane = lane
        #: When this lane's limits allow more, milliseconds since 1970.
        self.again_at = 0
        #: How often what was read of the relay was given up.
        self.invalidations = 0
        self._names = {"tenant": lane.tenant_id, "relay": lane.relay_id}
        self._shared = shared
        self._hungry = hungry
        self._relay: Relay | None = None
        self._heap: list[tuple[int, int, Job]] = []
        self._order = itertools.count()
        self._slots: dict[asyncio.Task[None], bool] = {}
        self._idle: set[asyncio.Future[None]] = set()
        self._hold = Hold()
        self._stopping = False

    # What the dispatcher asks.

    @property
    def room(self) -> int:
        """How many messages of any priority the lane may claim."""
        if self._stopping or self._hold.in_force:
            return 0
        if self.limited:
            return 0
        # While the server fails, one message at a time asks after it.
        return (
            (0 if self._heap else 1) if self._hold.failing else BUFFER - len(self._heap)
        )

    @property
    def room_for_urgent(self) -> int:
        """How many immediate messages the lane may claim."""
        return self.room or (
            URGENT
            if not self._hold.failing and not self._stopping and not self.limited
            else 0
        )

    @property
    def quiet(self) -> bool:
        """Tell whether nothing is in hand and no connection open."""
        return not self._heap and not self._slots

    @property
    def remembers(self) -> bool:
        """Tell whether the lane is held, by its server or by its limits."""
        return self._hold.in_force or self.limited

    @property
    def limited(self) -> bool:
        """Tell whether its limits allow nothing now."""
        return clock.now() < self.again_at

    def take(self, relay: Relay | None, claimed: list[Job]) -> None:
        """Take claimed messages and see that they are sent."""
        self._relay = relay
        for one in claimed:
            heapq.heappush(self._heap, (one.priority, next(self._order), one))
        for one in claimed:
            self._assign(one.priority)

    async def stop(self, grace: float) -> None:
        """Begin nothing more; wait for what is being sent, `grace` seconds."""
        self._stopping = True
        self.drop()
        for waiter in self._idle:
            if not waiter.done():
                waiter.set_result(None)
        if self._slots:
            _, late = await asyncio.wait(list(self._slots), timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def drop(self) -> list[str]:
        """Forget what is claimed and not begun; return the ids."""
        dropped = [one.id for _, _, one in self._heap]
        self._heap.clear()
        return dropped

    def invalidate(self, reason: str = "relay_changed") -> None:
        """Release claims that were not started.

        Close connections as soon as they are idle.

        Args:
            reason: why, one of reasons.OF_RELEASES.
        """
        self.invalidations += 1
        self.again_at = 0
        self._release(reason)
        for waiter in self._idle:
            waiter.cancel()

    # Connections.

    def _assign(self, priority: int) -> None:
        """Wake an idle connection, or open one if there may be one more."""
        for waiter in self._idle:
            if not waiter.done():
                waiter.set_result(None)
                return
        relay = tp.cast(Relay, self._relay)
        most = relay.concurrency if not self._hold.failing else 1
        urgent = priority == _IMMEDIATE
        # One more, for immediate messages only: bulk in flight, and a server
        # that is slow with it, does not hold them up.
        if len(self._slots) < most or (
            urgent and not any(self._slots.values()) and not self._hold.failing
        ):
            extra = len(self._slots) >= most
            task = asyncio.create_task(self._serve(extra))
            self._slots[task] = extra
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._slots[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a connection's task ended", exc_info=error)
        # What came while the last one was leaving.
        if self._heap and not self._slots and not self._stopping:
            self._assign(self._heap[0][0])

    async def _serve(self, urgent_only: bool) -> None:
        """Send one message after the other over one connection."""
        connection: Connection | None = None
        async with self._shared.capacity.place(self.lane) as place:
            try:
                invalidations = self.invalidations
                while invalidations == self.invalidations and not place.is_over:
                    if (one := await self._next(urgent_only)) is None:
                        break
                    connection = await self._send(one, connection)
            finally:
                if connection is not None:
                    await connection.close()

    async def _next(self, urgent_only: bool) -> Job | None:
        """Return the next message; None: this connection has no work left."""
        while not self._stopping:
            if self._heap and (not urgent_only or self._heap[0][0] == _IMMEDIATE):
                one = heapq.heappop(self._heap)[2]
                if len(self._heap) < BUFFER // 2:
                    self._hungry()
                return one
            waiter = asyncio.get_running_loop().create_future()
            self._idle.add(waiter)
            self._shared.capacity.rest(waiter)
            timer = asyncio.get_running_loop().call_later(_IDLE, waiter.cancel)
            try:
                await waiter
            except asyncio.CancelledError:
                if not waiter.cancelled():
                    raise
                return None
            finally:
                timer.cancel()
                self._idle.discard(waiter)
        return None

    async def _send(self, one: Job, connection: Connection | None) -> Connection | None:
        """Send one message; return the connection if it can be used again."""
        parts = simulation.split(one)
        done = await self._simulated(parts.simulated)
        if parts.real.recipients:
            return await self._hand_over(parts.real, done, connection)
        await self._settle(one, done, "")
        self._ended_with(one)
        return connection

    async def _simulated(self, one: Job) -> list[Result]:
        """Return results for those recipients that no server hears of."""
        if not one.recipients:
            return []
        shared = self._shared
        try:
            return await simulation.attempt(
                one, shared.sources, shared.withholding, shared.worker
            )
        except Exception as error:
            self._log_error(one, error)
            return jobs.failed(one, "internal_error")

    async def _hand_over(
        self, one: Job, done: list[Result], connection: Connection | None
    ) -> Connection | None:
        """Send one message to a server; return the connection for further ones.

        Args:
            done: results for its other recipients.
        """
        server = ""
        failure: CannotOpen | None = None
        begun: attempt.Attempt | None = None
        results: list[Result] = []
        try:
            relay = tp.cast(Relay, self._relay)
            data = await self._shared.sources.prepare(one)
            begun = attempt.Attempt(one, data, self._shared.worker.may_send)
            wanted = self._shared.servers.of(relay)
            server = wanted.name
            connection, fresh = await self._connection(connection, wanted, relay)
            one = await self._shared.withholding.ask(one, self._shared.worker.id)
            begun = attempt.Attempt(one, data, self._shared.worker.may_send)
            while begun.pending:
                await begun.go_on(connection, fresh)
                if begun.pending:
                    connection, fresh = await self._connection(
                        connection, wanted, relay
                    )
            results = begun.results
        except TemporaryFailure as error:
            results = jobs.deferred(one, f"attachment away: {error.reason}")
        except PermanentFailure as error:
            results = jobs.failed(one, f"attachment refused: {error.reason}")
        except CannotOpen as error:
            failure = error
            connection = None
            if begun is not None:
                begun.cannot_open(error)
                results = begun.results
        except Exception as error:
            # Whatever is wrong with this message must not hold up the others.
            self._log_error(one, error)
            results = _internal_error(one, begun)
            # Nobody knows in which step it is.
            if connection is not None:
                connection.abort()
        self._judge(failure)
        await self._settle(one, [*done, *results], server)
        self._ended_with(one)
        return connection if connection is not None and connection.usable else None

    def _log_error(self, one: Job, error: Exception) -> None:
        # No traceback: it would show the message.
        log.error(
            "message %s cannot be sent: %s",
            one.id,
            type(error).__name__,
            extra={**self._names, "message_id": one.id},
        )

    def _ended_with(self, one: Job) -> None:
        """Go on when a message that others wait for has its result."""
        if one.suspect:
            self._hungry()

    async def _settle(self, one: Job, results: list[Result], server: str) -> None:
        """Write the results, however long the database is away."""
        worker_id = self._shared.worker.id
        await self._shared.results.write(Outcome(one, results, server, worker_id))
        if any(result.hard for result in results):
            self._shared.withholding.listed(one.lane.tenant_id)

    async def _connection(
        self, connection: Connection | None, wanted: Server, relay: Relay
    ) -> tuple[Connection, bool]:
        """Return a connection for one message, and whether it is a new one."""
        if connection is not None:
            age = time.monotonic() - connection.opened_at
            if (
                connection.usable
                and connection.server == wanted
                and age < relay.connection_seconds
                and connection.messages < relay.connection_messages
            ):
                return connection, False
            await connection.close()
        return await self._shared.servers.connect(wanted), True

    def _judge(self, failure: CannotOpen | None) -> None:
        """Leave a server alone for a while that cannot be used."""
        if failure is None:
            self._hold.success()
            return
        seconds = self._hold.failure()
        if seconds is None:
            return
        log.warning(
            "relay %s of tenant %s: %s; next try in %.0f s",
            self.lane.relay_id,
            self.lane.tenant_id,
            failure.reason,
            seconds,
            extra=self._names,
        )
        self._release("server_unavailable")

    def _release(self, reason: str) -> None:
        """Give claims back that were not begun."""
        self._shared.results.release(self._shared.worker.id, self.drop(), reason)


def _internal_error(one: Job, begun: attempt.Attempt | None) -> list[Result]:
    """Return results for a message at which our own code has failed."""
    if begun is None:
        return jobs.failed(one, "internal_error")
    begun.end("internal_error")
    return begun.results
