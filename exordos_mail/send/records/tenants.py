# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tenants: who sends."""

import typing as tp

from exordos_mail.send.storage import database, sql

#: Columns that a change may set, beside `updated_at`.
COLUMNS = (
    "name",
    "active",
    "limit_minute",
    "limit_hour",
    "limit_day",
    "waiting_messages",
    "waiting_mib",
    "sender_domains",
    "callback_url",
    "callback_auth",
    "callback_secret",
    "attachment_url",
    "managed",
    "managed_uuid",
    "managed_tag",
)

_ADD = sql.statement(f"""
INSERT INTO tenants (id, {", ".join(COLUMNS)}, created_at, updated_at)
VALUES (:id, {", ".join(f":{name}" for name in COLUMNS)}, :now, :now)
""")  # noqa: S608 our own names
_SET = sql.statement(f"""
UPDATE tenants SET {", ".join(f"{name} = :{name}" for name in COLUMNS)},
    updated_at = :now
WHERE id = :id
""")  # noqa: S608 our own names
_GET = sql.statement("SELECT * FROM tenants WHERE id = :id")
_LOCKED = sql.statement("SELECT * FROM tenants WHERE id = :id {{lock}}")
_MANAGED = sql.statement("SELECT * FROM tenants WHERE managed_uuid = :uuid {{lock}}")
_TAGS = sql.statement("""
SELECT id, managed_uuid, managed_tag FROM tenants WHERE managed = 1 ORDER BY id
""")
_PAGE = sql.statement(
    "SELECT * FROM tenants WHERE id > :after ORDER BY id LIMIT :limit"
)
_UNFINISHED = sql.statement("""
SELECT count(*) AS count FROM messages
WHERE tenant_id = :id AND final_at IS NULL
""")
_REMOVE: tp.Final = tuple(
    sql.statement(text)
    for text in (
        "DELETE FROM contents WHERE message_id IN"
        " (SELECT id FROM messages WHERE tenant_id = :id)",
        "DELETE FROM recipients WHERE message_id IN"
        " (SELECT id FROM messages WHERE tenant_id = :id)",
        "DELETE FROM messages WHERE tenant_id = :id",
        "DELETE FROM events WHERE tenant_id = :id",
        "DELETE FROM event_counters WHERE tenant_id = :id",
        "DELETE FROM idempotency WHERE tenant_id = :id",
        "DELETE FROM tenants WHERE id = :id",
    )
)


def empty(tenant_id: str) -> database.Row:
    """Return the columns of a new tenant that says nothing else."""
    return {
        "id": tenant_id,
        "name": tenant_id,
        "active": 1,
        "limit_minute": None,
        "limit_hour": None,
        "limit_day": None,
        "waiting_messages": None,
        "waiting_mib": None,
        "sender_domains": None,
        "callback_url": None,
        "callback_auth": "none",
        "callback_secret": None,
        "attachment_url": None,
        "managed": 0,
        "managed_uuid": None,
        "managed_tag": None,
    }


def add(tx: database.Transaction, row: database.Row, now: int) -> None:
    """Write a new tenant: `id` and COLUMNS.

    Raises:
        Conflict: the id is taken.
    """
    tx.run(_ADD, now=now, **row)


def change(tx: database.Transaction, row: database.Row, now: int) -> None:
    """Write all COLUMNS of the tenant `id`."""
    wanted = {name: row[name] for name in ("id", *COLUMNS)}
    tx.run(_SET, now=now, **wanted)
    # Events may wait for an address of its webhook.
    tx.ring()


def get(
    tx: database.Transaction, tenant_id: str, lock: bool = False
) -> database.Row | None:
    """Return a tenant; with `lock`, nobody else changes it until the commit."""
    return tx.row(_LOCKED if lock else _GET, id=tenant_id)


def get_managed(tx: database.Transaction, uuid: str) -> database.Row | None:
    """Return the tenant that the control plane calls so, locked until the commit."""
    return tx.row(_MANAGED, uuid=uuid)


def managed(tx: database.Transaction) -> list[database.Row]:
    """Return id, managed_uuid and managed_tag of what the control plane writes."""
    return tx.rows(_TAGS)


def page(tx: database.Transaction, after: str, limit: int) -> list[database.Row]:
    """Return tenants in the order of their ids, from after `after`."""
    return tx.rows(_PAGE, after=after, limit=limit)


def unfinished(tx: database.Transaction, tenant_id: str) -> int:
    """Return how many messages of a tenant are not final."""
    row = tp.cast(database.Row, tx.row(_UNFINISHED, id=tenant_id))
    return int(row["count"])


def remove(tx: database.Transaction, tenant_id: str) -> None:
    """Remove a tenant with everything of theirs."""
    for statement in _REMOVE:
        tx.run(statement, id=tenant_id)


def secret_row(tenant_id: str) -> str:
    """Return the name under which the vault keeps what `callback_auth` needs."""
    return f"callback {tenant_id}"
