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
        batch: most rows of one turn; the class's own unless another is given.
        clock: seconds of a monotonic clock.
    """

    __log_iteration__ = False

    #: Removes at most about so many rows; returns how many.
    remove: tp.ClassVar[tp.Callable[[int], int]]
    #: A turn must not hold the one thread of all plugins.
    batch: tp.ClassVar[int]

    def __init__(
        self,
        batch: int | None = None,
        clock: tp.Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._batch = self.batch if batch is None else batch
        self._clock = clock
        self._due = clock()

    def _iteration(self) -> None:
        now = self._clock()
        if now < self._due:
            return
        removed = type(self).remove(self._batch)
        if removed:
            LOG.info("%s removed %d rows", type(self).__name__, removed)
        if removed < self._batch:
            self._due = now + PERIOD
