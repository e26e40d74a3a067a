# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""How long a server that cannot be used is left alone."""

import time
import typing as tp

from exordos_mail.send import backoff

#: Seconds before a server that failed is tried again.
_BACKOFF = backoff.doubling(1.0, 60.0)


class Hold:
    """Longer with each failure; a success ends it."""

    def __init__(self, clock: tp.Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0

    @property
    def failing(self) -> bool:
        """Tell whether the last try has failed."""
        return self._failures > 0

    @property
    def in_force(self) -> bool:
        """Tell whether the server is left alone now."""
        return self._clock() < self._until

    def success(self) -> None:
        """Note that the server can be used."""
        self._failures = 0

    def failure(self) -> float | None:
        """Note that it cannot; return the seconds that it is left alone from now.

        None: it is left alone already, this is another connection's same failure.
        """
        if self.in_force:
            return None
        self._failures += 1
        seconds = _BACKOFF.after(self._failures)
        self._until = self._clock() + seconds
        return seconds
