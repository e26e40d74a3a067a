# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""Making two writers meet at the same moment, by locks instead of by luck."""

import concurrent.futures
import contextlib
import typing as tp

import psycopg

from tests.integration.support import waiting

_Result = tp.TypeVar("_Result")

_WAITING = """
SELECT count(*) AS waiting FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class Stage:
    """Work in threads that waits for locks of the test's own transactions.

    Args:
        db: a connection to watch with.
        url: the database.
    """

    def __init__(self, db: psycopg.Connection[dict[str, tp.Any]], url: str) -> None:
        self._db = db
        self._url = url
        self._pool = concurrent.futures.ThreadPoolExecutor(8)
        self._waiting = 0

    @contextlib.contextmanager
    def holding(
        self, statement: tp.LiteralString, *values: object
    ) -> tp.Iterator[psycopg.Connection]:
        """Hold what a statement locks; its transaction ends with the block."""
        with psycopg.connect(self._url) as connection:
            connection.execute(statement, values)
            yield connection

    def start(
        self, work: tp.Callable[[], _Result]
    ) -> concurrent.futures.Future[_Result]:
        """Begin work that has to wait, and return once it does."""
        self._waiting += 1
        future = self._pool.submit(work)
        waiting.until(
            lambda: future.done() or self._waiters() >= self._waiting,
            "the work to wait for a lock",
        )
        assert not future.done(), f"it did not wait: {future.result()}"
        return future

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def _waiters(self) -> int:
        row = self._db.execute(_WAITING).fetchone()
        assert row is not None
        return int(row["waiting"])
