# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One work for all who want the same at the same time."""

import asyncio
import collections.abc as abc
import typing as tp

T = tp.TypeVar("T")


class _Flight(tp.Generic[T]):
    def __init__(self, task: "asyncio.Task[T]") -> None:
        self.task = task
        self.waiting = 0


class SingleFlight(tp.Generic[T]):
    """Works by key; for one event loop."""

    def __init__(self) -> None:
        self._flights: dict[abc.Hashable, _Flight[T]] = {}

    async def join(
        self, key: abc.Hashable, work: tp.Callable[[], abc.Coroutine[tp.Any, tp.Any, T]]
    ) -> T:
        """Return the result of the work under a key; begin it if nobody has.

        Who is cancelled leaves the others their work; when the last one leaves,
        the work is cancelled.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(work()))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.task.done() or not flight.waiting:
                flight.task.cancel()
                # A later one may have taken the key's place.
                if self._flights.get(key) is flight:
                    del self._flights[key]
