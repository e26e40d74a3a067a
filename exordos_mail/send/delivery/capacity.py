#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.


"""Capacity: how many SMTP connections this process has at a time.

Lanes share it.  While somebody waits for a place, a connection without work
leaves at once, and one with work after its turn, so nobody waits for long.
"""

import asyncio
import time
import types

#: Seconds that a connection keeps its place while others wait.
TURN = 1.0


class Capacity:
    """Places for connections."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)
        self._waiting = 0
        self._idle: set[asyncio.Future[None]] = set()

    def place(self) -> "Place":
        """Return a place to wait for."""
        return Place(self)

    async def take(self) -> None:
        """Wait for a place."""
        if self._places.locked():
            # The place of one that has no work is free as soon as it notices.
            for waiter in self._idle:
                if waiter.cancel():
                    break
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1

    def give_back(self) -> None:
        """Let the next one have a place."""
        self._places.release()

    @property
    def scarce(self) -> bool:
        """Tell whether somebody waits."""
        return self._waiting > 0

    def rest(self, waiter: "asyncio.Future[None]") -> None:
        """Know a connection without work; its waiter is cancelled when it is to go."""
        if self.scarce:
            waiter.cancel()
        self._idle.add(waiter)
        waiter.add_done_callback(self._idle.discard)


class Place:
    """A connection's place, held inside of `async with`."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self._since = 0.0

    async def __aenter__(self) -> "Place":
        await self._capacity.take()
        self._since = time.monotonic()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self._capacity.give_back()

    @property
    def is_over(self) -> bool:
        """Tell whether the turn is over, because others wait."""
        return self._capacity.scarce and time.monotonic() - self._since > TURN
