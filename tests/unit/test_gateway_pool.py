# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The gateway's connections to the database, while the process ends."""

import asyncio

import psycopg
import pytest

from exordos_mail.controlplane.gateway import pool


def test_who_asks_while_the_process_ends_gets_the_usual_error() -> None:
    """A node's question is not an error of ours to be logged with a traceback."""
    closed = pool.Pool("postgresql://nobody@192.0.2.1/none", 1, lambda _: None)
    closed.close()
    with pytest.raises(psycopg.OperationalError, match="the process ends"):
        asyncio.run(closed.run(lambda connection: connection))
