# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A connection to an SQLite file, what runs on it, and what its errors mean."""

import collections.abc as abc
import pathlib
import sqlite3
import typing as tp

from exordos_mail.send.storage import database, sql

#: Milliseconds to wait for another process's transaction.
_BUSY_TIMEOUT = 10_000


class SqliteTransaction:
    """Statements on one connection (database.Transaction)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        #: Who listens is told after the commit.
        self.rung = False

    def ring(self) -> None:
        """Tell who listens, after the commit, that events were written."""
        self.rung = True

    def rows(self, statement: sql.Statement, **parameters: object) -> list[tp.Any]:
        """Return every row of the result."""
        return self._connection.execute(statement.sqlite, parameters).fetchall()

    def row(self, statement: sql.Statement, **parameters: object) -> tp.Any:
        """Return the first row of the result, if there is one."""
        # All rows are fetched: an unfinished statement would hold its locks.
        found = self._connection.execute(statement.sqlite, parameters).fetchall()
        return found[0] if found else None

    def run(self, statement: sql.Statement, **parameters: object) -> int:
        """Return how many rows were changed."""
        return self._connection.execute(statement.sqlite, parameters).rowcount

    def run_many(
        self, statement: sql.Statement, rows: abc.Iterable[abc.Sequence[tp.Any]]
    ) -> None:
        """Run a statement with `?` parameters once for each row."""
        self._connection.executemany(statement.sqlite, rows)


def connect(path: pathlib.Path) -> sqlite3.Connection:
    """Return a connection, in whichever thread; its transactions begin by BEGIN.

    Raises:
        sqlite3.Error: the file cannot be used.
    """
    connection = sqlite3.connect(
        path,
        timeout=_BUSY_TIMEOUT / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.row_factory = _as_dict
    # With WAL, FULL is an fsync of the log at each commit.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # KiB, as a negative number.
    connection.execute("PRAGMA cache_size = -16000")


def keep_log(connection: sqlite3.Connection) -> None:
    """Have the file written by way of a log (WAL), which it remembers.

    Once, before others connect: of two connections that ask at the same time, SQLite
    refuses one at once, however long it may wait.
    """
    connection.execute("PRAGMA journal_mode = WAL")


def translated(error: Exception) -> Exception:
    """Return an error of SQLite as one of storage/database.py."""
    if isinstance(error, sqlite3.IntegrityError):
        return database.Conflict(str(error))
    if isinstance(error, (sqlite3.OperationalError, sqlite3.InternalError)):
        return database.DatabaseUnavailable(str(error))
    if isinstance(error, (UnicodeEncodeError, OverflowError)):
        return database.BadValue("a value cannot be stored")
    # A damaged file has no class of its own.
    if type(error) is sqlite3.DatabaseError:
        return database.DatabaseUnavailable(str(error))
    return error


def _as_dict(cursor: sqlite3.Cursor, row: tuple[tp.Any, ...]) -> dict[str, tp.Any]:
    return {
        column[0]: value for column, value in zip(cursor.description, row, strict=True)
    }
