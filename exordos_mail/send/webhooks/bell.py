# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Wakes who waits for events."""

import asyncio
import contextlib


class Bell:
    """Rung from any thread, waited for in one event loop; made in that loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake who waits; who waits later finds it rung."""
        # Each commit rings: most find it rung. One that is silenced meanwhile was
        # heard by who reads the database after that.
        if not self._rung.is_set():
            # When the loop is closed, nobody is left who waits.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._rung.set)

    async def heard(self, seconds: float) -> bool:
        """Wait until it rings, silence it and return True; False: it did not."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
        rung = self._rung.is_set()
        self._rung.clear()
        return rung
