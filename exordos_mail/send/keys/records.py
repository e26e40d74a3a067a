# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""API keys: how a tenant's programs say who they are."""

import collections.abc as abc

import msgspec

from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import RowTable, typed
from exordos_mail.standards.api_key import digest


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A key; moments in milliseconds since 1970."""

    id: str
    tenant_id: str
    name: str
    #: digest of the key.
    hash: str
    #: With blanks between.
    scopes: str
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    managed: bool = False
    #: Nothing that it submits is ever sent.
    test: bool = False
    #: Id of the key that has made it; None: the admin or the control plane.
    made_by: str | None = None


def scopes_of(given: abc.Iterable[str]) -> str:
    """Return scopes as a row has them, each once."""
    return " ".join(dict.fromkeys(given))


_TABLE = RowTable("api_keys", KeyRow, "tenant_id", "id")
get, page = _TABLE.get, _TABLE.page

_FORGET_MANAGED = sql.statement(
    "DELETE FROM api_keys WHERE tenant_id = :tenant_id AND managed = 1"
)
_FIND = sql.statement("""
SELECT k.* FROM api_keys k
WHERE k.hash = :hash AND k.revoked_at IS NULL
  AND (k.expires_at IS NULL OR k.expires_at > :now)
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
SELECT * FROM api_keys
WHERE tenant_id = :tenant_id AND id = :id AND revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > :now)
""")


def add(tx: database.Transaction, row: KeyRow) -> None:
    """Write a new key.

    Raises:
        Conflict: its digest is another key's, or there is no such tenant.
    """
    _TABLE.add(tx, row, row.created_at)


def replace_managed(
    tx: database.Transaction, tenant_id: str, rows: abc.Iterable[KeyRow]
) -> None:
    """Have these keys of the control plane and no other of its.

    Raises:
        Conflict: a key is in use already.
    """
    tx.run(_FORGET_MANAGED, tenant_id=tenant_id)
    for one in rows:
        add(tx, one)


def find(tx: database.Transaction, key: str, now: int) -> KeyRow | None:
    """Return a key that is in force."""
    found = typed(KeyRow, tx.rows(_FIND, hash=digest(key), now=now))
    return found[0] if found else None


def active(
    tx: database.Transaction, tenant_id: str, key_id: str, now: int
) -> KeyRow | None:
    """Return a tenant's key by its id, if it is neither revoked nor expired."""
    found = typed(KeyRow, tx.rows(_ACTIVE, tenant_id=tenant_id, id=key_id, now=now))
    return found[0] if found else None


def revoke(tx: database.Transaction, tenant_id: str, key_id: str, now: int) -> bool:
    """Revoke a key, and the keys that it has made; False: no active key has this id.

    The tenant is to be locked: else a key could be made at the same moment.
    """
    return tx.run(_REVOKE, tenant_id=tenant_id, id=key_id, now=now) > 0
