# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""PostgreSQL: a few threads, each unit in a transaction of its own connection."""

import asyncio
import collections.abc as abc
import concurrent.futures
import typing as tp

import psycopg
import psycopg.rows
import psycopg_pool

from exordos_mail.send.storage import database, migrations, sql

#: Threads by what they do, each with a connection of its own: writing, reading, and
#: reading what may take long.
_THREADS: dict[database.Kind, int] = {"write": 6, "read": 2, "report": 2}
CONNECTIONS = sum(_THREADS.values())
#: How often a unit is tried that PostgreSQL undid for the sake of another one.
_TRIES = 5
#: Seconds to wait for a connection.
_CONNECT_TIMEOUT = 5.0
#: Any number, the same in every process: who holds it may change the schema.
_MIGRATION_LOCK = 0x65786F6D

T = tp.TypeVar("T")
_Connection = psycopg.Connection[dict[str, tp.Any]]
#: Of each connection.
_OPTIONS: dict[str, tp.Any] = {
    "row_factory": psycopg.rows.dict_row,
    "connect_timeout": 5,
}


class PostgresqlTransaction:
    """Statements on one connection (database.Transaction)."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        #: Who listens is told after the commit.
        self.rung = False

    def ring(self) -> None:
        """Tell who listens, after the commit, that events were written."""
        self.rung = True

    def rows(self, statement: sql.Statement, **parameters: object) -> list[tp.Any]:
        """Return every row of the result."""
        return self._execute(statement, parameters).fetchall()

    def row(self, statement: sql.Statement, **parameters: object) -> tp.Any:
        """Return the first row of the result, if there is one."""
        return self._execute(statement, parameters).fetchone()

    def run(self, statement: sql.Statement, **parameters: object) -> int:
        """Return how many rows were changed."""
        return self._execute(statement, parameters).rowcount

    def run_many(
        self, statement: sql.Statement, rows: abc.Iterable[abc.Sequence[object]]
    ) -> None:
        """Run a statement with `?` parameters once for each row."""
        with self._connection.cursor() as cursor:
            cursor.executemany(statement.postgresql, rows)

    def _execute(
        self, statement: sql.Statement, parameters: dict[str, object]
    ) -> psycopg.Cursor[dict[str, tp.Any]]:
        # The texts are constants of our modules (storage/sql.py).
        text = statement.postgresql
        return self._connection.execute(text, parameters)


class PostgresqlDatabase(database.Database):
    """A database by its address, postgresql://… (database.Database)."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._pool: psycopg_pool.ConnectionPool[_Connection] = (
            psycopg_pool.ConnectionPool(
                address,
                min_size=1,
                max_size=CONNECTIONS,
                timeout=_CONNECT_TIMEOUT,
                reconnect_timeout=0,
                check=psycopg_pool.ConnectionPool.check_connection,
                kwargs=_OPTIONS,
                open=False,
            )
        )
        self._threads = {
            kind: concurrent.futures.ThreadPoolExecutor(count, f"postgresql-{kind}")
            for kind, count in _THREADS.items()
        }

    async def run(
        self, kind: database.Kind, unit: tp.Callable[[database.Transaction], T]
    ) -> T:
        """See Units."""
        loop = asyncio.get_running_loop()
        # A caller that goes away does not undo what it has given.
        return await asyncio.shield(
            loop.run_in_executor(self._threads[kind], self._run, unit)
        )

    def migrate(self) -> None:
        """Bring the schema up to date, and open the connections (blocks).

        Raises:
            DatabaseUnavailable: PostgreSQL is away, or takes nobody now.
            Unusable: the address is none, or the schema is not ours.
            SchemaTooNew: a newer program has been here.
        """
        try:
            # Not one of the pool, which hides why it has none.
            with self._connect() as connection:
                _migrate(connection)
        except (psycopg.OperationalError, psycopg.InternalError) as error:
            raise database.DatabaseUnavailable(str(error)) from error
        except psycopg.Error as error:
            raise database.Unusable(f"PostgreSQL: {error}") from error
        self._pool.open()

    def _connect(self) -> _Connection:
        try:
            return psycopg.connect(self._address, **_OPTIONS)
        except (psycopg.ProgrammingError, UnicodeError):
            # The text would show a part of it, which may be the password.
            raise database.Unusable(
                "the address of the database is not one that PostgreSQL knows: write"
                " postgresql://user:password@host:port/name, and @ : / ? # in the"
                " password as %40 %3A %2F %3F %23"
            ) from None

    def close(self) -> None:
        """Finish what was given and end every connection (blocks)."""
        for threads in self._threads.values():
            threads.shutdown()
        self._pool.close()

    def _run(self, unit: tp.Callable[[database.Transaction], T]) -> T:
        try:
            for _ in range(_TRIES - 1):
                try:
                    return self._once(unit)
                except (
                    psycopg.errors.DeadlockDetected,
                    psycopg.errors.SerializationFailure,
                ):
                    continue
            return self._once(unit)
        except (psycopg.DataError, UnicodeEncodeError) as error:
            raise database.BadValue("a value cannot be stored") from error
        except psycopg.IntegrityError as error:
            raise database.Conflict(str(error)) from error
        except (
            psycopg.OperationalError,
            psycopg.InternalError,
            psycopg_pool.PoolTimeout,
            psycopg_pool.PoolClosed,
        ) as error:
            raise database.DatabaseUnavailable(str(error)) from error

    def _once(self, unit: tp.Callable[[database.Transaction], T]) -> T:
        with self._pool.connection() as connection:
            transaction = PostgresqlTransaction(connection)
            result = unit(transaction)
        if transaction.rung:
            self._commits.told()
        return result


def _migrate(connection: _Connection) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
    known = connection.execute(
        "SELECT to_regclass('schema_migrations') AS name"
    ).fetchone()
    there = known is not None and known["name"] is not None
    migrations.bring(connection.execute, there, postgresql=True)
