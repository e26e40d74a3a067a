# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A service of gservice that removes what is beyond its bounds."""

import logging
import time
import typing as tp

from gcl_looper.services import basic

LOG = logging.getLogger(__name__)

PERIOD = 3600.0  # seconds


class Retention(basic.BasicService):
    """Removes rows every PERIOD, and on every turn while there are more.

    Args:
        batch: most rows of one turn: it must not hold the one thread of all plugins.
        clock: seconds of a monotonic clock.
    """

    __log_iteration__ = False

    def __init__(
        self, batch: int, clock: tp.Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._batch = batch
        self._clock = clock
        self._due = clock()

    def remove(self, batch: int) -> int:
        """Remove rows, at most about so many; return how many."""
        raise NotImplementedError

    def _iteration(self) -> None:
        now = self._clock()
        if now < self._due:
            return
        removed = self.remove(self._batch)
        if removed:
            LOG.info("%s removed %d rows", type(self).__name__, removed)
        if removed < self._batch:
            self._due = now + PERIOD
