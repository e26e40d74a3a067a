# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""An event loop whose clock jumps to the next timer: ten minutes take no time."""

import asyncio
import collections.abc as abc
import selectors
import typing as tp

T = tp.TypeVar("T")


class _Selector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.has_threads = lambda: False

    def select(self, timeout: float | None = None) -> list[tp.Any]:
        found = super().select(0)
        if found or timeout == 0:
            return found
        if timeout is None:
            # Only a thread of ours can still do something.
            if not self.has_threads() or not (found := super().select(60)):
                raise RuntimeError("nothing will ever happen")
            return found
        self.now += timeout
        return []


class Loop(asyncio.SelectorEventLoop):
    """For code without sockets, and without threads while a timer runs."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)
        self._virtual.has_threads = lambda: bool(
            getattr(self, "_default_executor", None)
        )

    def time(self) -> float:
        return self._virtual.now


def run(work: abc.Coroutine[tp.Any, tp.Any, T]) -> T:
    """Return what the work returns."""
    loop = Loop()
    try:
        return loop.run_until_complete(work)
    finally:
        # What ends may begin something else.
        while left := asyncio.all_tasks(loop):
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.wait(left))
        loop.close()
