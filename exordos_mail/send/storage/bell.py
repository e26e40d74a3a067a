# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Wakes those who wait for what is committed."""

import asyncio
import contextlib


class Bell:
    """Rung from any thread, waited for in one event loop, by however many.

    Who waits takes `next` before the look at the database, so that no commit falls
    between the two.
    """

    def __init__(self) -> None:
        self._next: asyncio.Future[None] | None = None
        #: Somebody has taken `next` since it was last rung.
        self._wanted = False

    @property
    def next(self) -> "asyncio.Future[None]":
        """Return what is done when it rings the next time; nobody cancels it."""
        if self._next is None or self._next.done():
            self._next = asyncio.get_running_loop().create_future()
        self._wanted = True
        return self._next

    def ring(self) -> None:
        """Wake all who wait."""
        # Each commit rings, and mostly nobody has begun to wait since the last one.
        if self._wanted and self._next is not None:
            self._wanted = False
            # When the loop is closed, nobody is left who waits.
            with contextlib.suppress(RuntimeError):
                self._next.get_loop().call_soon_threadsafe(self._strike)

    def _strike(self) -> None:
        if self._next is not None and not self._next.done():
            self._next.set_result(None)


async def heard(ringing: "asyncio.Future[None]", seconds: float) -> bool:
    """Wait for a bell's `next`; False: it was not rung in this time."""
    done, _ = await asyncio.wait({ringing}, timeout=seconds)
    return bool(done)
