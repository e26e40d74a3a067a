# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""SQLite: one writing thread with group commit, a few reading ones.

All units that wait when the writer is free become one transaction: many requests
share one fsync.  When one of them fails, all are undone and each is run again by
itself.  (Savepoints would need no second run, but cost one message as much as half
of its own statements.)
"""

import asyncio
import collections.abc as abc
import concurrent.futures
import contextlib
import pathlib
import queue
import sqlite3
import threading
import typing as tp

from exordos_mail.send.storage import database, migrations, sql

#: Units in one transaction at the most; bounds how long the first one waits.
GROUP = 64
#: Threads that read, and those that read what may take long.
READERS = 2
REPORTERS = 2
#: Milliseconds to wait for another process's transaction.
_BUSY_TIMEOUT = 10_000
_OLDEST = (3, 35, 0)

P = tp.ParamSpec("P")
T = tp.TypeVar("T")
#: A unit of work, and the caller's future for its result.
_Job = tuple[tp.Callable[["Transaction"], tp.Any], "asyncio.Future[tp.Any]"]


class Transaction:
    """Statements on one connection (database.Transaction)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

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


class Database:
    """A database file (database.Database)."""

    def __init__(self, path: pathlib.Path) -> None:
        if sqlite3.sqlite_version_info < _OLDEST:
            raise database.Unusable(
                f"SQLite {sqlite3.sqlite_version} is too old: 3.35 is needed"
            )
        self._path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        #: The writing thread's.
        self._connection: sqlite3.Connection | None = None
        self._local = threading.local()
        self._readers = concurrent.futures.ThreadPoolExecutor(READERS, "sqlite-read")
        self._reporters = concurrent.futures.ThreadPoolExecutor(
            REPORTERS, "sqlite-report"
        )
        self._writer = threading.Thread(target=self._write_loop, name="sqlite-write")
        self._writer.start()

    @property
    def runs(self) -> bool:
        """Tell whether the writing thread is there."""
        return self._writer.is_alive()

    async def write(
        self,
        unit: tp.Callable[tp.Concatenate[database.Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit and return its result after the commit is durable."""
        if self._closing.is_set():
            raise database.DatabaseUnavailable("the database is closed")
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put((lambda transaction: unit(transaction, *args, **kwargs), answer))
        # A caller that goes away does not undo what it has given.
        return await answer

    async def read(
        self,
        unit: tp.Callable[tp.Concatenate[database.Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit that changes nothing on one state of the database."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._readers, self._read, lambda given: unit(given, *args, **kwargs)
        )

    async def report(
        self,
        unit: tp.Callable[tp.Concatenate[database.Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit that changes nothing, and may take long."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._reporters, self._read, lambda given: unit(given, *args, **kwargs)
        )

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
        connection = self._connect()
        try:
            connection.execute("BEGIN IMMEDIATE")
            known = connection.execute(
                "SELECT name FROM sqlite_master WHERE name = 'schema_migrations'"
            ).fetchall()
            if not known:
                connection.execute(migrations.TABLE)
            done = {
                row["name"]
                for row in connection.execute("SELECT name FROM schema_migrations")
            }
            for name, text in migrations.missing(done):
                for statement in migrations.statements(sql.script(text, False)):
                    connection.execute(statement)
                connection.execute("INSERT INTO schema_migrations VALUES (?)", (name,))
            connection.execute("COMMIT")
        finally:
            connection.close()

    def close(self) -> None:
        """Finish what was given and end every connection (blocks)."""
        self._closing.set()
        self._jobs.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._reporters.shutdown()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            timeout=_BUSY_TIMEOUT / 1000,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _prepare(connection: sqlite3.Connection) -> None:
        connection.row_factory = _as_dict
        connection.execute("PRAGMA journal_mode = WAL")
        # With WAL, FULL is an fsync of the log at each commit.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # KiB, as a negative number.
        connection.execute("PRAGMA cache_size = -16000")

    def _read(self, unit: tp.Callable[[Transaction], T]) -> T:
        try:
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = self._connect()
                connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            try:
                return unit(Transaction(connection))
            finally:
                connection.execute("ROLLBACK")
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise _translated(error) from error

    def _write_loop(self) -> None:
        last = False
        while not last and (job := self._jobs.get()) is not None:
            group = [job]
            while len(group) < GROUP and not last:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    last = True
                else:
                    group.append(job)
            self._work(group)
        self._disconnect()

    def _work(self, group: list[_Job]) -> None:
        """Run units in one transaction, and tell their callers after the commit."""
        try:
            if self._connection is None:
                self._connection = self._connect()
            results = _run(self._connection, [unit for unit, _ in group])
        except _UnitFailed as failed:
            if len(group) > 1:
                for job in group:
                    self._work([job])
            else:
                _tell(group[0], None, failed.error)
        except sqlite3.Error as error:
            self._disconnect()
            for job in group:
                _tell(job, None, error)
        else:
            for job, result in zip(group, results, strict=True):
                _tell(job, result, None)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _UnitFailed(Exception):
    """A unit of a transaction has raised an error: the transaction is undone."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def _run(
    connection: sqlite3.Connection, units: list[tp.Callable[[Transaction], tp.Any]]
) -> list[tp.Any]:
    """Run units in one transaction, commit it, and return their results.

    Raises:
        _UnitFailed: one of them has.
        sqlite3.Error: the database has; nothing of them is in it.
    """
    connection.execute("BEGIN IMMEDIATE")
    transaction = Transaction(connection)
    try:
        results = [unit(transaction) for unit in units]
    except Exception as error:
        # A full disk undoes the transaction by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise _UnitFailed(error) from error
    connection.execute("COMMIT")
    return results


def _tell(job: _Job, result: tp.Any, failure: Exception | None) -> None:
    """Give a caller the result, or the failure, in the caller's own loop."""
    _, answer = job
    # When the loop is closed, nobody is left who waits.
    with contextlib.suppress(RuntimeError):
        answer.get_loop().call_soon_threadsafe(
            _settle, answer, result, failure and _translated(failure)
        )


def _settle(
    answer: "asyncio.Future[tp.Any]", result: tp.Any, failure: Exception | None
) -> None:
    # The caller may have gone away.
    if answer.done():
        return
    if failure is None:
        answer.set_result(result)
    else:
        answer.set_exception(failure)


def _as_dict(cursor: sqlite3.Cursor, row: tuple[tp.Any, ...]) -> dict[str, tp.Any]:
    return {
        column[0]: value for column, value in zip(cursor.description, row, strict=True)
    }


def _translated(error: Exception) -> Exception:
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
