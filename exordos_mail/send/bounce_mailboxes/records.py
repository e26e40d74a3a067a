# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The rows of bounce mailboxes."""

import typing as tp

import msgspec

from exordos_mail.schema import bounce_mailbox as schema
from exordos_mail.send import members
from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import RowTable, typed

_Columns: tp.Any = members.columns(schema.FIELDS)


class BounceMailboxRow(_Columns, msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox; moments in milliseconds since 1970, the password sealed (vault.py)."""

    tenant_id: str
    id: str
    port: int = 993
    password: bytes | None = None
    created_at: int = 0
    updated_at: int = 0


class ShownRow(BounceMailboxRow, frozen=True, kw_only=True):
    """A mailbox, and how far it is read; see bounce_polls."""

    poll_id: str | None
    due_at: int
    failures: int
    last_error: str | None
    attempted_at: int | None
    polled_at: int | None
    bounces: int
    complaints: int
    others: int
    unread: int
    events: int


_TABLE = RowTable("bounce_mailboxes", BounceMailboxRow, "tenant_id", "id")
add, change, get, remove = _TABLE.add, _TABLE.change, _TABLE.get, _TABLE.remove

_COUNT = sql.statement("""
SELECT count(*) AS count FROM bounce_mailboxes WHERE tenant_id = :tenant_id
""")
_SHOWN = """
SELECT m.*, p.poll_id, p.due_at, p.failures, p.last_error, p.attempted_at,
    p.polled_at, p.bounces, p.complaints, p.others, p.unread, p.events
FROM bounce_mailboxes m
JOIN bounce_polls p ON p.tenant_id = m.tenant_id AND p.mailbox_id = m.id
WHERE m.tenant_id = :tenant_id"""
_ONE = sql.statement(f"{_SHOWN} AND m.id = :id")
_PAGE = sql.statement(f"{_SHOWN} AND m.id > :after ORDER BY m.id LIMIT :limit")


def count(tx: database.Transaction, tenant_id: str) -> int:
    """Return how many mailboxes a tenant has."""
    row = tp.cast(database.Row, tx.row(_COUNT, tenant_id=tenant_id))
    return int(row["count"])


def shown(tx: database.Transaction, tenant_id: str, mailbox_id: str) -> ShownRow | None:
    """Return a mailbox as people see it."""
    found = typed(ShownRow, tx.rows(_ONE, tenant_id=tenant_id, id=mailbox_id))
    return found[0] if found else None


def page(
    tx: database.Transaction, tenant_id: str, after: str, limit: int
) -> list[ShownRow]:
    """Return mailboxes in the order of their ids."""
    rows = tx.rows(_PAGE, tenant_id=tenant_id, after=after, limit=limit)
    return typed(ShownRow, rows)
