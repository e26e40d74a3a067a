# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The rows of tenants."""

import typing as tp

import msgspec

from exordos_mail.schema import tenant
from exordos_mail.send import members
from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import RowTable, typed

#: Of the definition; a user name is kept with the secret.
FIELDS = tuple(one for one in tenant.FIELDS if one.name != "callback_username")
_Columns: tp.Any = members.columns(FIELDS)


class TenantRow(_Columns, msgspec.Struct, frozen=True, kw_only=True):
    """A tenant; moments in milliseconds since 1970, the secret sealed (vault.py)."""

    id: str
    name: str
    waiting_messages: int | None = None
    waiting_mib: int | None = None
    #: JSON.
    sender_domains: str | None = None
    managed: bool = False
    #: The tenant in the control plane, and another text with each content.
    managed_uuid: str | None = None
    managed_tag: str | None = None
    created_at: int = 0
    updated_at: int = 0


_TABLE = RowTable("tenants", TenantRow, "id")
add, get, page = _TABLE.add, _TABLE.get, _TABLE.page

_MANAGED = sql.statement("SELECT * FROM tenants WHERE managed_uuid = :uuid {{lock}}")
_ALL_MANAGED = sql.statement("SELECT * FROM tenants WHERE managed = 1 ORDER BY id")
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
        "DELETE FROM tags WHERE tenant_id = :id",
        "DELETE FROM labels WHERE tenant_id = :id",
        "DELETE FROM messages WHERE tenant_id = :id",
        "DELETE FROM events WHERE tenant_id = :id",
        "DELETE FROM event_counters WHERE tenant_id = :id",
        "DELETE FROM idempotency WHERE tenant_id = :id",
        "DELETE FROM tenants WHERE id = :id",
    )
)


def new(tenant_id: str) -> TenantRow:
    """Return a new tenant that says nothing else."""
    return TenantRow(id=tenant_id, name=tenant_id)


def change(tx: database.Transaction, row: TenantRow, now: int) -> None:
    """Write all columns of a tenant."""
    _TABLE.change(tx, row, now)
    # Events may wait for an address of its webhook.
    tx.ring()


def get_managed(tx: database.Transaction, uuid: str) -> TenantRow | None:
    """Return the tenant that the control plane calls so, locked until the commit."""
    row = tx.row(_MANAGED, uuid=uuid)
    return None if row is None else typed(TenantRow, [row])[0]


def managed(tx: database.Transaction) -> list[TenantRow]:
    """Return the tenants that the control plane writes."""
    return typed(TenantRow, tx.rows(_ALL_MANAGED))


def unfinished(tx: database.Transaction, tenant_id: str) -> int:
    """Return how many messages of a tenant are not final."""
    row = tp.cast(database.Row, tx.row(_UNFINISHED, id=tenant_id))
    return int(row["count"])


def remove(tx: database.Transaction, tenant_id: str) -> None:
    """Remove a tenant with everything of theirs."""
    for statement in _REMOVE:
        tx.run(statement, id=tenant_id)
