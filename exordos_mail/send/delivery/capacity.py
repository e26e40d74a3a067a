# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Capacity: how many SMTP connections this process has at a time.

Lanes share it.  A free place goes to the waiting lane that has the fewest.
While a lane waits, a connection without work leaves at once, and one with work
after its turn if its lane has more places than the one that waits.
"""

import asyncio
import collections
import contextlib
import time
import typing as tp

from exordos_mail.send.queue.job import Lane

#: Seconds that a connection keeps its place while others wait.
TURN = 1.0


class Capacity:
    """Places for connections."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._held: collections.Counter[Lane] = collections.Counter()
        #: In the order of their first wait.
        self._waiting: dict[Lane, collections.deque[asyncio.Future[None]]] = {}
        self._idle: set[asyncio.Future[None]] = set()

    @contextlib.asynccontextmanager
    async def place(self, lane: Lane) -> tp.AsyncIterator["Turn"]:
        """Wait for a place, and give it back."""
        if self._free > 0:
            self._free -= 1
            self._held[lane] += 1
        else:
            await self._wait(lane)
        try:
            yield Turn(self, lane)
        finally:
            self._release(lane)

    def rest(self, waiter: "asyncio.Future[None]") -> None:
        """Know a connection without work; its waiter is cancelled when it is to go."""
        if self._waiting:
            waiter.cancel()
        self._idle.add(waiter)
        waiter.add_done_callback(self._idle.discard)

    def is_wanted(self, lane: Lane) -> bool:
        """Tell whether a lane with fewer places than this one waits."""
        return any(self._held[other] < self._held[lane] for other in self._waiting)

    async def _wait(self, lane: Lane) -> None:
        # The place of one that has no work is free as soon as it notices.
        for waiter in self._idle:
            if waiter.cancel():
                break
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(lane, collections.deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(lane, turn)
            else:
                # We were cancelled after the slot had been granted.
                self._release(lane)
            raise

    def _release(self, lane: Lane) -> None:
        self._held[lane] -= 1
        if self._held[lane] == 0:
            del self._held[lane]
        while self._waiting:
            following = min(self._waiting, key=lambda one: self._held[one])
            turn = self._waiting[following][0]
            self._forget(following, turn)
            # Who was cancelled may not have noticed yet.
            if not turn.cancelled():
                self._held[following] += 1
                turn.set_result(None)
                return
        self._free += 1

    def _forget(self, lane: Lane, turn: "asyncio.Future[None]") -> None:
        left = self._waiting.pop(lane, collections.deque())
        with contextlib.suppress(ValueError):
            left.remove(turn)
        if left:
            # Behind the other lanes.
            self._waiting[lane] = left


class Turn:
    """A connection's place."""

    def __init__(self, capacity: Capacity, lane: Lane) -> None:
        self._capacity = capacity
        self._lane = lane
        self._since = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Tell whether the turn is over, because others wait."""
        return time.monotonic() - self._since > TURN and self._capacity.is_wanted(
            self._lane
        )
