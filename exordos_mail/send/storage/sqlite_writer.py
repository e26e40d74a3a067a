# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The writing thread of an SQLite database, with group commit.

All units that wait when the writer is free become one transaction: many requests
share one fsync.  When one of them fails, all are undone and each is run again by
itself.  (Savepoints would need no second run, but cost one message as much as half
of its own statements.)
"""

import asyncio
import contextlib
import pathlib
import queue
import sqlite3
import threading
import typing as tp

from exordos_mail.send.storage import sqlite_connection
from exordos_mail.send.storage.database import Commits
from exordos_mail.send.storage.sqlite_connection import SqliteTransaction

#: Units in one transaction at the most; bounds how long the first one waits.
GROUP = 64

#: A unit of work, and the caller's future for its result.
_Job = tuple[tp.Callable[[SqliteTransaction], tp.Any], "asyncio.Future[tp.Any]"]


class Writer:
    """Runs units one group after the other, in a thread of its own."""

    def __init__(self, path: pathlib.Path, commits: Commits) -> None:
        self._path = path
        self._commits = commits
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        #: The thread's.
        self._connection: sqlite3.Connection | None = None
        # A program that fails before it closes the database shall end all the same:
        # what is not committed has been answered to nobody.
        self._thread = threading.Thread(
            target=self._loop, name="sqlite-write", daemon=True
        )
        self._thread.start()

    @property
    def runs(self) -> bool:
        """Tell whether the thread is there."""
        return self._thread.is_alive()

    def give(
        self, unit: tp.Callable[[SqliteTransaction], tp.Any]
    ) -> "asyncio.Future[tp.Any]":
        """Return the future of a unit's result, which comes after its commit."""
        answer: asyncio.Future[tp.Any] = asyncio.get_running_loop().create_future()
        self._jobs.put((unit, answer))
        return answer

    def close(self) -> None:
        """Finish what was given and end the thread (blocks)."""
        self._jobs.put(None)
        self._thread.join()

    def _loop(self) -> None:
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
                self._connection = sqlite_connection.connect(self._path)
            results, rung = _run(self._connection, [unit for unit, _ in group])
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
            if rung:
                self._commits.told()
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
    connection: sqlite3.Connection,
    units: list[tp.Callable[[SqliteTransaction], tp.Any]],
) -> tuple[list[tp.Any], bool]:
    """Run units in one transaction and commit it.

    Returns:
        Their results, and whether one of them has rung.

    Raises:
        _UnitFailed: one of them has.
        sqlite3.Error: the database has; nothing of them is in it.
    """
    connection.execute("BEGIN IMMEDIATE")
    transaction = SqliteTransaction(connection)
    try:
        results = [unit(transaction) for unit in units]
    except Exception as error:
        # A full disk undoes the transaction by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise _UnitFailed(error) from error
    connection.execute("COMMIT")
    return results, transaction.rung


def _tell(job: _Job, result: tp.Any, failure: Exception | None) -> None:
    """Give a caller the result, or the failure, in the caller's own loop."""
    _, answer = job
    # When the loop is closed, nobody is left who waits.
    with contextlib.suppress(RuntimeError):
        answer.get_loop().call_soon_threadsafe(
            _settle, answer, result, failure and sqlite_connection.translated(failure)
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
