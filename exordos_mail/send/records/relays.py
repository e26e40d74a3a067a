# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Relays: where a tenant's mail is handed over."""

import typing as tp

from exordos_mail.schema import relay
from exordos_mail.schema.field import names
from exordos_mail.send.storage import database, sql
from exordos_mail.standards.relay import PORTS

#: Columns that a change may set, beside `version` and `updated_at`.
COLUMNS = (*names((*relay.FIELDS, *relay.LIMITS)), "managed")

_ADD = sql.statement(f"""
INSERT INTO relays (
    tenant_id, id, {", ".join(COLUMNS)}, version, created_at, updated_at
) VALUES (
    :tenant_id, :id, {", ".join(f":{name}" for name in COLUMNS)}, 1, :now, :now
)
""")  # noqa: S608 our own names
# Connections are kept by version: a change closes those of the former one.
_SET = sql.statement(f"""
UPDATE relays SET {", ".join(f"{name} = :{name}" for name in COLUMNS)},
    version = version + 1, updated_at = :now
WHERE tenant_id = :tenant_id AND id = :id
""")  # noqa: S608 our own names
_GET = sql.statement("SELECT * FROM relays WHERE tenant_id = :tenant_id AND id = :id")
_LOCKED = sql.statement(
    "SELECT * FROM relays WHERE tenant_id = :tenant_id AND id = :id {{lock}}"
)
_PAGE = sql.statement("""
SELECT * FROM relays WHERE tenant_id = :tenant_id AND id > :after
ORDER BY id LIMIT :limit
""")
_NOTE_OPTION = sql.statement("""
UPDATE relays SET from_option = :server WHERE tenant_id = :tenant_id AND id = :id
""")
_REMOVE = sql.statement("DELETE FROM relays WHERE tenant_id = :tenant_id AND id = :id")
_UNFINISHED = sql.statement("""
SELECT count(*) AS count FROM messages
WHERE tenant_id = :tenant_id AND relay_id = :id AND final_at IS NULL
""")


def empty(tenant_id: str, relay_id: str, host: str) -> database.Row:
    """Return the columns of a new relay that says nothing else."""
    defaults = {one.name: one.default for one in (*relay.FIELDS, *relay.LIMITS)}
    return {
        # Flags are numbers: SQLite has no other ones.
        **{
            name: int(value) if isinstance(value, bool) else value
            for name, value in defaults.items()
        },
        "tenant_id": tenant_id,
        "id": relay_id,
        "host": host,
        "port": PORTS[relay.TLS.default],
        "managed": 0,
    }


def add(tx: database.Transaction, row: database.Row, now: int) -> None:
    """Write a new relay: `tenant_id`, `id` and COLUMNS.

    Raises:
        Conflict: the id is taken, or there is no such tenant.
    """
    tx.run(_ADD, now=now, **row)


def change(tx: database.Transaction, row: database.Row, now: int) -> None:
    """Write all COLUMNS of a relay."""
    wanted = {name: row[name] for name in ("tenant_id", "id", *COLUMNS)}
    tx.run(_SET, now=now, **wanted)


def get(
    tx: database.Transaction, tenant_id: str, relay_id: str, lock: bool = False
) -> database.Row | None:
    """Return a relay; with `lock`, nobody else changes it until the commit."""
    return tx.row(_LOCKED if lock else _GET, tenant_id=tenant_id, id=relay_id)


def note_option(
    tx: database.Transaction, tenant_id: str, relay_id: str, server: str
) -> None:
    """Write down that the option --smtp has given a relay its server."""
    tx.run(_NOTE_OPTION, tenant_id=tenant_id, id=relay_id, server=server)


def page(
    tx: database.Transaction, tenant_id: str, after: str, limit: int
) -> list[database.Row]:
    """Return a tenant's relays in the order of their ids."""
    return tx.rows(_PAGE, tenant_id=tenant_id, after=after, limit=limit)


def unfinished(tx: database.Transaction, tenant_id: str, relay_id: str) -> int:
    """Return how many messages of a relay are not final."""
    row = tp.cast(database.Row, tx.row(_UNFINISHED, tenant_id=tenant_id, id=relay_id))
    return int(row["count"])


def remove(tx: database.Transaction, tenant_id: str, relay_id: str) -> None:
    """Remove a relay."""
    tx.run(_REMOVE, tenant_id=tenant_id, id=relay_id)


def secret_row(tenant_id: str, relay_id: str) -> str:
    """Return the name under which the vault keeps a relay's password."""
    return f"relay {tenant_id} {relay_id}"
