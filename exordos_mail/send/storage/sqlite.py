# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""SQLite: one writing thread (sqlite_writer.py), a few reading ones."""

import asyncio
import concurrent.futures
import pathlib
import sqlite3
import threading
import typing as tp

from exordos_mail.send.storage import database, migrations, sqlite_connection
from exordos_mail.send.storage.sqlite_connection import (
    SqliteTransaction as SqliteTransaction,
)
from exordos_mail.send.storage.sqlite_writer import Writer

#: Threads that read, and those that read what may take long.
READERS = 2
REPORTERS = 2
_OLDEST = (3, 35, 0)

T = tp.TypeVar("T")


class SqliteDatabase(database.Database):
    """A database file (database.Database)."""

    def __init__(self, path: pathlib.Path) -> None:
        if sqlite3.sqlite_version_info < _OLDEST:
            raise database.Unusable(
                f"SQLite {sqlite3.sqlite_version} is too old: 3.35 is needed"
            )
        super().__init__()
        self._path = path
        self._closing = threading.Event()
        self._local = threading.local()
        self._readers = concurrent.futures.ThreadPoolExecutor(READERS, "sqlite-read")
        self._reporters = concurrent.futures.ThreadPoolExecutor(
            REPORTERS, "sqlite-report"
        )
        self._writer = Writer(path, self._commits)

    @property
    def runs(self) -> bool:
        """Tell whether the writing thread is there."""
        return self._writer.runs

    async def run(
        self, kind: database.Kind, unit: tp.Callable[[database.Transaction], T]
    ) -> T:
        """See Units."""
        if kind == "write":
            if self._closing.is_set():
                raise database.DatabaseUnavailable("the database is closed")
            # A caller that goes away does not undo what it has given.
            return tp.cast(T, await self._writer.give(unit))
        threads = self._readers if kind == "read" else self._reporters
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads, self._read, unit)

    def migrate(self) -> None:
        """Bring the schema up to date (blocks).

        Raises:
            Unusable: the file is damaged, another program's, not readable…
            SchemaTooNew: a newer program has been here.
        """
        try:
            self._migrate()
        except sqlite3.Error as error:
            raise database.Unusable(
                f"{self._path} cannot be used: {error}; if the file is damaged,"
                " restore it from a backup or move it away"
            ) from error

    def _migrate(self) -> None:
        connection = sqlite_connection.connect(self._path)
        try:
            sqlite_connection.keep_log(connection)
            connection.execute("BEGIN IMMEDIATE")
            known = connection.execute(
                "SELECT name FROM sqlite_master WHERE name = 'schema_migrations'"
            ).fetchall()
            migrations.bring(connection.execute, bool(known), postgresql=False)
            connection.execute("COMMIT")
        finally:
            connection.close()

    def close(self) -> None:
        """Finish what was given and end every connection (blocks)."""
        self._closing.set()
        self._writer.close()
        self._readers.shutdown()
        self._reporters.shutdown()

    def _read(self, unit: tp.Callable[[database.Transaction], T]) -> T:
        try:
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = sqlite_connection.connect(
                    self._path
                )
                connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            try:
                return unit(SqliteTransaction(connection))
            finally:
                connection.execute("ROLLBACK")
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise sqlite_connection.translated(error) from error
