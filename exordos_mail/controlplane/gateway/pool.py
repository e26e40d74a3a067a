# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Connections of the gateway to the database, each used by a thread of its own.

The loop that talks to nodes never waits for the database, and the builders'
connections stay theirs.
"""

import asyncio
from concurrent import futures
import typing as tp

import psycopg
import psycopg.rows
import psycopg_pool

_WAIT = 10.0  # seconds for a connection

_T = tp.TypeVar("_T")
Connection = psycopg.Connection[dict[str, tp.Any]]


class Pool:
    """Some connections, and as many threads.

    Args:
        url: address of the database.
        size: connections at the most; there is none before it is needed.
        configure: called with each new connection.
    """

    def __init__(
        self, url: str, size: int, configure: tp.Callable[[Connection], None]
    ) -> None:
        self._threads = futures.ThreadPoolExecutor(size, "exordos_mail nodes")
        self._pool: psycopg_pool.ConnectionPool[Connection] = (
            psycopg_pool.ConnectionPool(
                url,
                connection_class=psycopg.Connection[dict[str, tp.Any]],
                kwargs={
                    "autocommit": True,
                    "row_factory": psycopg.rows.dict_row,
                    "application_name": "exordos_mail gateway",
                    "connect_timeout": 10,
                },
                min_size=0,
                max_size=size,
                timeout=_WAIT,
                configure=configure,
                check=psycopg_pool.ConnectionPool.check_connection,
                open=True,
            )
        )

    def close(self) -> None:
        """End all connections."""
        self._pool.close()
        self._threads.shutdown(wait=False)

    async def run(self, ask: tp.Callable[[Connection], _T]) -> _T:
        """Return what `ask` returns, which is called with a connection.

        Raises:
            psycopg.Error, psycopg_pool.PoolTimeout: the database cannot be reached.
        """

        def with_connection() -> _T:
            with self._pool.connection() as connection:
                return ask(connection)

        loop = asyncio.get_running_loop()
        try:
            answer = loop.run_in_executor(self._threads, with_connection)
        except RuntimeError:
            # No thread begins while the process ends, which nodes do not know yet.
            raise psycopg.OperationalError("the process ends") from None
        return await answer
