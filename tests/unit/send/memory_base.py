# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""A real SQLite database in memory that needs no thread: for a virtual clock."""

import typing as tp

from exordos_mail.send.storage import database
from exordos_mail.send.storage.database import Commits
from tests.unit.send import memory_database

T = tp.TypeVar("T")
Unit = tp.Callable[..., T]


class MemoryBase:
    """Runs each unit where it is given (database.Database)."""

    def __init__(self) -> None:
        self.reads = 0
        self._tx = memory_database.empty()
        self._commits = Commits()

    async def write(self, unit: Unit[T], *args: tp.Any) -> T:
        found = self.write_elsewhere(unit, *args)
        if self._tx.rung:
            self._commits.told()
        return found

    def write_elsewhere(self, unit: Unit[T], *args: tp.Any) -> T:
        """Run a unit as another process does: nobody here is told."""
        self._tx.rung = False
        return unit(self._tx, *args)

    async def read(self, unit: Unit[T], *args: tp.Any) -> T:
        self.reads += 1
        return unit(self._tx, *args)

    def listen(self, heard: tp.Callable[[], None]) -> None:
        self._commits.listen(heard)

    @property
    def itself(self) -> database.Database:
        """Return it as what it stands for."""
        return tp.cast(database.Database, self)
