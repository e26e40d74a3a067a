# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The gateway's questions to the database.

In threads of their own with connections of their own: the loop that talks to
nodes never waits for the database, and the builders' connections stay theirs.
"""

import asyncio
import base64
import binascii
from concurrent import futures
import typing as tp
import uuid as sys_uuid

from oslo_config import cfg
import psycopg
import psycopg.rows
import psycopg_pool

from exordos_mail import constants as c
from exordos_mail.controlplane import keyring
from exordos_mail.controlplane.gateway import answers
from exordos_mail.protocol import messages

_CONNECTIONS = 2
_WAIT = 10.0  # seconds for a connection

_KEY = "SELECT private_key FROM ua_node_encryption_keys WHERE uuid = %s"

_AGENTS = """
SELECT uuid FROM ua_target_resources WHERE kind = %s AND master = ANY(%s)
"""

_T = tp.TypeVar("_T")
_Connection = psycopg.Connection[dict[str, tp.Any]]


def _see_one_moment(connection: _Connection) -> None:
    """Have each transaction see the database as it was at its first question."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True


class Database:
    """The platform's database as the gateway sees it.

    Every method raises `psycopg.Error` or `psycopg_pool.PoolTimeout` while it
    cannot be reached.
    """

    def __init__(self, url: str) -> None:
        self._threads = futures.ThreadPoolExecutor(_CONNECTIONS, "exordos_mail nodes")
        self._pool: psycopg_pool.ConnectionPool[_Connection] = (
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
                max_size=_CONNECTIONS,
                timeout=_WAIT,
                configure=_see_one_moment,
                check=psycopg_pool.ConnectionPool.check_connection,
                open=True,
            )
        )

    def close(self) -> None:
        """End all connections."""
        self._pool.close()
        self._threads.shutdown(wait=False)

    async def node_key(self, node: sys_uuid.UUID) -> bytes | None:
        """Return the key of a node, None for a node without one."""

        def ask(connection: _Connection) -> bytes | None:
            row = connection.execute(_KEY, (node,)).fetchone()
            try:
                return base64.b64decode(row["private_key"]) if row else None
            except binascii.Error:
                return None

        return await self._run(ask)

    async def agents(
        self, instances: tp.Collection[sys_uuid.UUID]
    ) -> list[sys_uuid.UUID]:
        """Return the agents of all nodes of these instances."""

        def ask(connection: _Connection) -> list[sys_uuid.UUID]:
            rows = connection.execute(_AGENTS, (c.NODE_KIND, list(instances)))
            return [row["uuid"] for row in rows.fetchall()]

        return await self._run(ask)

    async def answer(
        self, agent: sys_uuid.UUID, question: answers.Question
    ) -> list[bytes]:
        """Return the reply to an agent, as messages that are encoded already."""

        def ask(connection: _Connection) -> list[bytes]:
            keys = keyring.load(cfg.CONF.mail.secrets_key_file)
            with connection.transaction():
                reply = answers.answer(connection, keys, agent, question)
            return [messages.encode(message) for message in reply]

        try:
            return await self._run(ask)
        except keyring.KeyringError:
            reason = "the platform cannot read this instance's keys"
            return [messages.encode(messages.Refused(question.number, reason))]

    async def _run(self, ask: tp.Callable[[_Connection], _T]) -> _T:
        def with_connection() -> _T:
            with self._pool.connection() as connection:
                return ask(connection)

        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, with_connection)
