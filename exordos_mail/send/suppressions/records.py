# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The suppression list, as it is shown and changed (queue/suppressions.py asks it)."""

import collections.abc as abc

import msgspec

from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import typed


class SuppressionRow(msgspec.Struct, frozen=True):
    """An address that gets nothing; moments in milliseconds since 1970."""

    address: str
    reason: str
    source: str
    created_at: int
    expires_at: int | None


_REMOVE = sql.statement(
    "DELETE FROM suppressions WHERE tenant_id = :tenant_id AND address = :address"
)
_GET = sql.statement("""
SELECT address, reason, source, created_at, expires_at FROM suppressed
WHERE tenant_id = :tenant_id AND address = :address
ORDER BY CASE WHEN source = 'managed' THEN 0 ELSE 1 END
""")
_PAGE = sql.statement("""
SELECT address, reason, source, created_at, expires_at FROM suppressed s
WHERE tenant_id = :tenant_id AND address > :after
  AND (source = 'managed' OR NOT EXISTS (
      SELECT 1 FROM managed_suppressions m
      WHERE m.tenant_id = s.tenant_id AND m.address = s.address
  ))
ORDER BY address LIMIT :limit
""")
_MANAGED = sql.statement("""
SELECT address, reason, created_at, expires_at FROM managed_suppressions
WHERE tenant_id = :tenant_id
""")
_PUT_MANAGED = sql.statement("""
INSERT INTO managed_suppressions (tenant_id, address, reason, created_at, expires_at)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, address) DO UPDATE
SET reason = excluded.reason, created_at = excluded.created_at,
    expires_at = excluded.expires_at
""")
_REMOVE_MANAGED = sql.statement("""
DELETE FROM managed_suppressions
WHERE tenant_id = :tenant_id AND address IN ({{each :addresses}})
""")


def remove(tx: database.Transaction, tenant_id: str, address: str) -> bool:
    """Take an address off the list; False when it is not on it."""
    return tx.run(_REMOVE, tenant_id=tenant_id, address=address) > 0


def get(
    tx: database.Transaction, tenant_id: str, address: str
) -> SuppressionRow | None:
    """Return an entry; of two for one address, the control plane's."""
    found = typed(SuppressionRow, tx.rows(_GET, tenant_id=tenant_id, address=address))
    return found[0] if found else None


def page(
    tx: database.Transaction, tenant_id: str, after: str, limit: int
) -> list[SuppressionRow]:
    """Return entries in the order of their addresses, from after `after`."""
    rows = tx.rows(_PAGE, tenant_id=tenant_id, after=after, limit=limit)
    return typed(SuppressionRow, rows)


def replace_managed(
    tx: database.Transaction,
    tenant_id: str,
    wanted: abc.Mapping[str, tuple[str, int, int | None]],
) -> None:
    """Have these entries of the control plane and no other of its.

    Args:
        wanted: by address in normal form: reason, and the moments of creation and
            expiry in milliseconds since 1970.
    """
    there = {
        row["address"]: (row["reason"], row["created_at"], row["expires_at"])
        for row in tx.rows(_MANAGED, tenant_id=tenant_id)
    }
    gone = there.keys() - wanted.keys()
    if gone:
        addresses = sql.json_list(gone)
        tx.run(_REMOVE_MANAGED, tenant_id=tenant_id, addresses=addresses)
    # Most of a long list stays as it is.
    new = [
        (tenant_id, address, *entry)
        for address, entry in wanted.items()
        if there.get(address) != entry
    ]
    if new:
        tx.run_many(_PUT_MANAGED, new)
