# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Named storages of a tenant, where files that messages attach are kept."""

from exordos_mail.send.storage import database, sql

_PUT = sql.statement("""
INSERT INTO storages (tenant_id, name, protocol, config, created_at, updated_at)
VALUES (:tenant_id, :name, :protocol, :config, :now, :now)
ON CONFLICT (tenant_id, name) DO UPDATE
SET protocol = excluded.protocol, config = excluded.config,
    updated_at = excluded.updated_at
""")
_GET = sql.statement(
    "SELECT * FROM storages WHERE tenant_id = :tenant_id AND name = :name"
)
_PAGE = sql.statement("""
SELECT * FROM storages WHERE tenant_id = :tenant_id AND name > :after
ORDER BY name LIMIT :limit
""")
_ALL = sql.statement("SELECT * FROM storages WHERE tenant_id = :tenant_id")
_REMOVE = sql.statement(
    "DELETE FROM storages WHERE tenant_id = :tenant_id AND name = :name"
)


def put(
    tx: database.Transaction,
    tenant_id: str,
    name: str,
    protocol: str,
    config: bytes,
    now: int,
) -> None:
    """Write a storage, new or not.

    Raises:
        Conflict: there is no such tenant.
    """
    tx.run(
        _PUT, tenant_id=tenant_id, name=name, protocol=protocol, config=config, now=now
    )


def get(tx: database.Transaction, tenant_id: str, name: str) -> database.Row | None:
    """Return a storage."""
    return tx.row(_GET, tenant_id=tenant_id, name=name)


def page(
    tx: database.Transaction, tenant_id: str, after: str, limit: int
) -> list[database.Row]:
    """Return a tenant's storages in the order of their names."""
    return tx.rows(_PAGE, tenant_id=tenant_id, after=after, limit=limit)


def every(tx: database.Transaction, tenant_id: str) -> list[database.Row]:
    """Return all storages of a tenant."""
    return tx.rows(_ALL, tenant_id=tenant_id)


def remove(tx: database.Transaction, tenant_id: str, name: str) -> bool:
    """Remove a storage; False when there is none."""
    return tx.run(_REMOVE, tenant_id=tenant_id, name=name) > 0


def secret_row(tenant_id: str, name: str) -> str:
    """Return the name under which the vault keeps a storage's config."""
    return f"storage {tenant_id} {name}"
