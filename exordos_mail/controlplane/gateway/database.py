# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The gateway's questions to the database, and what it has it keep."""

import base64
import binascii
import typing as tp
import uuid as sys_uuid

from oslo_config import cfg
import psycopg

from exordos_mail import constants as c
from exordos_mail.controlplane import keyring
from exordos_mail.controlplane.gateway import answers, observing, pool, telling
from exordos_mail.protocol import messages

# Of each kind: who reads never waits for those who write.
_CONNECTIONS = 2

_KEY = "SELECT private_key FROM ua_node_encryption_keys WHERE uuid = %s"

_AGENTS = """
SELECT uuid FROM ua_target_resources WHERE kind = %s AND master = ANY(%s)
"""


def _see_one_moment(connection: pool.Connection) -> None:
    """Have each transaction see the database as it was at its first question."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True


def _see_each_moment(connection: pool.Connection) -> None:
    """Have each statement see what others have written before it."""
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED


class Database:
    """The platform's database as the gateway sees it.

    Every method raises `psycopg.Error` or `psycopg_pool.PoolTimeout` while it
    cannot be reached.
    """

    def __init__(self, url: str) -> None:
        self._questions = pool.Pool(url, _CONNECTIONS, _see_one_moment)
        self._told = pool.Pool(url, _CONNECTIONS, _see_each_moment)
        self._ledger = telling.Ledger()

    def close(self) -> None:
        """End all connections."""
        self._questions.close()
        self._told.close()

    async def node_key(self, node: sys_uuid.UUID) -> bytes | None:
        """Return the key of a node, None for a node without one."""

        def ask(connection: pool.Connection) -> bytes | None:
            row = connection.execute(_KEY, (node,)).fetchone()
            try:
                return base64.b64decode(row["private_key"]) if row else None
            except binascii.Error:
                return None

        return await self._questions.run(ask)

    async def agents(
        self, instances: tp.Collection[sys_uuid.UUID]
    ) -> list[sys_uuid.UUID]:
        """Return the agents of all nodes of these instances."""

        def ask(connection: pool.Connection) -> list[sys_uuid.UUID]:
            rows = connection.execute(_AGENTS, (c.NODE_KIND, list(instances)))
            return [row["uuid"] for row in rows.fetchall()]

        return await self._questions.run(ask)

    async def answer(
        self, agent: sys_uuid.UUID, question: answers.Question
    ) -> list[bytes]:
        """Return the reply to an agent, as messages that are encoded already."""
        if isinstance(question, (messages.Tell, messages.Observe)):
            return [await self._keep(agent, question)]

        def ask(connection: pool.Connection) -> list[bytes]:
            keys = keyring.load(cfg.CONF.mail.secrets_key_file)
            with connection.transaction():
                reply = answers.answer(connection, keys, agent, question)
            return [messages.encode(message) for message in reply]

        try:
            return await self._questions.run(ask)
        except keyring.KeyringError:
            reason = "the platform cannot read this instance's keys"
            return [messages.encode(messages.Refused(question.number, reason))]

    async def _keep(
        self, agent: sys_uuid.UUID, told: messages.Tell | messages.Observe
    ) -> bytes:
        def keep(connection: pool.Connection) -> bytes:
            with connection.transaction():
                if isinstance(told, messages.Tell):
                    reply = self._ledger.keep(connection, agent, told)
                else:
                    reply = observing.keep(connection, agent, told)
            return messages.encode(reply)

        return await self._told.run(keep)
