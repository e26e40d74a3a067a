# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""API keys: how a tenant's programs say who they are."""

import collections.abc as abc

from exordos_mail.send.storage import database, sql
from exordos_mail.standards.api_key import MANAGE, READ, SCOPES, SEND, digest, new

__all__ = [
    "MANAGE",
    "READ",
    "SCOPES",
    "SEND",
    "active",
    "add",
    "digest",
    "find",
    "get",
    "new",
    "page",
    "replace_managed",
    "revoke",
    "row",
]

_ADD = sql.statement("""
INSERT INTO api_keys (
    id, tenant_id, name, hash, scopes, created_at, expires_at, managed, made_by
) VALUES (
    :id, :tenant_id, :name, :hash, :scopes, :created_at, :expires_at, :managed, :made_by
)
""")
_FORGET_MANAGED = sql.statement(
    "DELETE FROM api_keys WHERE tenant_id = :tenant_id AND managed = 1"
)
_FIND = sql.statement("""
SELECT k.id, k.tenant_id, k.scopes FROM api_keys k
WHERE k.hash = :hash AND k.revoked_at IS NULL
  AND (k.expires_at IS NULL OR k.expires_at > :now)
""")
_OF_TENANT = sql.statement("""
SELECT id, name, scopes, created_at, expires_at, revoked_at, managed, made_by
FROM api_keys
WHERE tenant_id = :tenant_id AND id > :after ORDER BY id LIMIT :limit
""")
_GET = sql.statement("""
SELECT id, name, scopes, created_at, expires_at, revoked_at, managed, made_by
FROM api_keys
WHERE tenant_id = :tenant_id AND id = :id
""")
# UNION, not UNION ALL: it also ends if keys had made each other. The statement begins
# with UPDATE, because Python counts no rows of SQLite's others.
_REVOKE = sql.statement("""
UPDATE api_keys SET revoked_at = :now
WHERE revoked_at IS NULL AND id IN (
    WITH RECURSIVE made (id) AS (
        SELECT id FROM api_keys
        WHERE tenant_id = :tenant_id AND id = :id AND revoked_at IS NULL
        UNION
        SELECT k.id FROM api_keys k JOIN made ON k.made_by = made.id
        WHERE k.tenant_id = :tenant_id
    )
    SELECT id FROM made
)
""")
_ACTIVE = sql.statement("""
SELECT id, expires_at FROM api_keys
WHERE tenant_id = :tenant_id AND id = :id AND revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > :now)
""")


def row(
    tenant_id: str,
    key_id: str,
    name: str,
    key_digest: str,
    scopes: abc.Iterable[str],
    created_at: int,
    expires_at: int | None,
    managed: bool = False,
    made_by: str | None = None,
) -> database.Row:
    """Return the columns of an active key.

    Args:
        key_digest: `digest` of the key.
        created_at, expires_at: milliseconds since 1970.
        made_by: id of the key that has made it; None: the admin or the control plane.
    """
    return {
        "id": key_id,
        "tenant_id": tenant_id,
        "name": name,
        "hash": key_digest,
        "scopes": " ".join(dict.fromkeys(scopes)),
        "created_at": created_at,
        "expires_at": expires_at,
        "managed": int(managed),
        "made_by": made_by,
    }


def add(tx: database.Transaction, row: database.Row) -> None:
    """Write a new key, as `row` returns it.

    Raises:
        Conflict: its digest is another key's, or there is no such tenant.
    """
    tx.run(_ADD, **row)


def replace_managed(
    tx: database.Transaction, tenant_id: str, rows: abc.Iterable[database.Row]
) -> None:
    """Have these keys of the control plane and no other of its.

    Raises:
        Conflict: a key is in use already.
    """
    tx.run(_FORGET_MANAGED, tenant_id=tenant_id)
    for one in rows:
        add(tx, one)


def find(tx: database.Transaction, key: str, now: int) -> database.Row | None:
    """Return id, tenant_id and scopes of a key that is in force."""
    return tx.row(_FIND, hash=digest(key), now=now)


def page(
    tx: database.Transaction, tenant_id: str, after: str, limit: int
) -> list[database.Row]:
    """Return a tenant's keys in the order they were made."""
    return tx.rows(_OF_TENANT, tenant_id=tenant_id, after=after, limit=limit)


def get(tx: database.Transaction, tenant_id: str, key_id: str) -> database.Row | None:
    """Return one key of a tenant."""
    return tx.row(_GET, tenant_id=tenant_id, id=key_id)


def active(
    tx: database.Transaction, tenant_id: str, key_id: str, now: int
) -> database.Row | None:
    """Return id and expires_at of a key, if it is neither revoked nor expired."""
    return tx.row(_ACTIVE, tenant_id=tenant_id, id=key_id, now=now)


def revoke(tx: database.Transaction, tenant_id: str, key_id: str, now: int) -> bool:
    """Revoke a key, and the keys that it has made; False: no active key has this id.

    The tenant is to be locked: else a key could be made at the same moment.
    """
    return tx.run(_REVOKE, tenant_id=tenant_id, id=key_id, now=now) > 0
