# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A real SQLite database in memory, in the thread of the test."""

import asyncio
import collections.abc as abc
import contextlib
import pathlib
import sqlite3
import typing as tp

from exordos_mail.send import seed
from exordos_mail.send.content import check, request
from exordos_mail.send.queue import accept
from exordos_mail.send.queue.job import Lane
from exordos_mail.send.storage import (
    database,
    migrations,
    sql,
    sqlite,
    sqlite_connection,
)

#: Of the tenant and the relay that are there.
LANE = Lane("default", "default")
T = tp.TypeVar("T")


@contextlib.contextmanager
def transaction() -> abc.Iterator[sqlite.SqliteTransaction]:
    """Give a database with the tenant and the relay of LANE."""
    with contextlib.closing(_connection()) as connection:
        found = sqlite.SqliteTransaction(connection)
        seed.seed(found, ("127.0.0.1", 25))
        yield found


def empty() -> sqlite.SqliteTransaction:
    """Return a database that has the whole schema and no row."""
    return sqlite.SqliteTransaction(_connection())


def _connection() -> sqlite3.Connection:
    connection = sqlite_connection.connect(pathlib.Path(":memory:"))
    for _, text in migrations.missing(set()):
        for statement in migrations.statements(sql.script(text, False)):
            connection.execute(statement)
    return connection


class Units:
    """Runs units at once; `delay` seconds later who asked is told."""

    def __init__(self, tx: sqlite.SqliteTransaction, delay: float = 0.0) -> None:
        self.tx = tx
        self.delay = delay
        #: Raised instead of the next unit.
        self.failure: Exception | None = None

    async def write(self, unit: tp.Callable[..., T], *args: tp.Any) -> T:
        """Run a unit."""
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        found = unit(self.tx, *args)
        await asyncio.sleep(self.delay)
        return found

    read = report = write


def accepted(tx: database.Transaction, now: int, **more: tp.Any) -> str:
    """Accept a message; return its id."""
    given = {"from_": "a@example.com", "to": "b@example.net", "text": "x", **more}
    draft = check.check(request.MessageIn(**given), now)
    verdict = accept.accept(tx, LANE.tenant_id, [draft], True, "admin", now)[0]
    assert isinstance(verdict, accept.Accepted), verdict
    return verdict.id
