# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""When the text file of all accounts is written (/etc/exim4/passwd).

Nobody but people and their tools reads it; logins are looked up in a file for each
bucket. A small one is written with each change. A large one is written when its
accounts have been the same for a minute, or ten minutes after the first change that it
lacks: of 100,000 accounts, one that changes costs its bucket and no more. One that
somebody has touched is repaired at once, whatever its size.
"""

import time

from exordos_mail.dataplane.engine import files, inventory
from exordos_mail.dataplane.engine import layout as layout_lib

SMALL = 256 * 1024  # octets: 2,000 accounts
_REST, _LATEST = 60.0, 600.0  # seconds
_monotonic = time.monotonic


class Passwd:
    """The file, and since when it lacks a change."""

    def __init__(self, layout: layout_lib.Layout, known: inventory.Inventory) -> None:
        self._layout = layout
        self._inventory = known
        #: What is wanted and not in place, since when, and since when anything is.
        self._wanted: str | None = None
        self._changed = self._behind = 0.0

    @property
    def is_late(self) -> bool:
        """Whether a change waits that the last look has found."""
        return self._wanted is not None

    def may_wait(self, recipe: files.Recipe) -> bool:
        """Return whether the file may stay as it is for now."""
        path = self._layout.passwd
        there = self._inventory.known_key(path)
        found = files.signature(self._layout.disk(path))
        if there in (None, recipe.key) or found is None or found[2] <= SMALL:
            self._wanted = None
            return False
        now = _monotonic()
        if self._wanted in (None, there):
            self._behind = now
        if self._wanted != recipe.key:
            self._wanted, self._changed = recipe.key, now
        return now < min(self._changed + _REST, self._behind + _LATEST)
