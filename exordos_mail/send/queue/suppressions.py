# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The suppression list: addresses a tenant must not send to."""

import collections.abc as abc

from exordos_mail.send.storage import database, sql

#: Where an entry comes from.
MANUAL = "manual"
HARD_BOUNCE = "hard_bounce"
COMPLAINT = "complaint"
UNSUBSCRIBE = "unsubscribe"
MANAGED = "managed"
#: What an entry begins with that stands for every address of its domain.
_DOMAIN = "*@"

_AMONG = sql.statement("""
SELECT address, reason FROM suppressed
WHERE tenant_id = :tenant_id AND address IN ({{each :addresses}})
  AND (expires_at IS NULL OR expires_at > :now)
""")
# Most tenants have a short list or none: then the addresses need not be sent.
_ANY = sql.statement(
    "SELECT 1 AS found FROM suppressed WHERE tenant_id = :tenant_id LIMIT 1"
)
# What a person wrote is not replaced by what the service finds out. Who unsubscribes
# does it for good, so that an entry with an end does not stand for that.
_ADD = sql.statement("""
INSERT INTO suppressions (tenant_id, address, reason, source, created_at, expires_at)
VALUES (:tenant_id, :address, :reason, :source, :now, :expires_at)
ON CONFLICT (tenant_id, address) DO UPDATE
SET reason = excluded.reason, source = excluded.source,
    created_at = excluded.created_at, expires_at = excluded.expires_at
WHERE CASE excluded.source
    WHEN 'manual' THEN TRUE
    WHEN 'unsubscribe' THEN
        suppressions.expires_at IS NOT NULL OR suppressions.source = 'hard_bounce'
    WHEN 'hard_bounce' THEN
        suppressions.source NOT IN ('manual', 'unsubscribe')
        OR suppressions.expires_at <= excluded.created_at
    ELSE suppressions.source <> 'manual'
        OR suppressions.expires_at <= excluded.created_at
END
""")
_FORGET = tuple(
    sql.statement(f"DELETE FROM {table} WHERE expires_at <= :now")  # noqa: S608 ours
    for table in ("suppressions", "managed_suppressions")
)


def is_domain(address: str) -> bool:
    """Tell whether an entry for this address would stand for its whole domain."""
    return address.startswith(_DOMAIN)


def read(text: str) -> str:
    """Return what is meant: `@domain` is the entry of that domain."""
    return f"*{text}" if text.startswith("@") else text


def among(
    tx: database.Transaction, tenant_id: str, addresses: abc.Iterable[str], now: int
) -> dict[str, str]:
    """Return those of the addresses, in normal form, that are on the list, and why.

    An address is on it by itself, or by the entry `*@domain` of its domain; a
    domain below that one needs an entry of its own.
    """
    if tx.row(_ANY, tenant_id=tenant_id) is None:
        return {}
    domains = {one: _DOMAIN + one.rpartition("@")[2] for one in addresses}
    wanted = sql.json_list({*domains, *domains.values()})
    rows = tx.rows(_AMONG, tenant_id=tenant_id, addresses=wanted, now=now)
    listed = {row["address"]: row["reason"] for row in rows}
    return {
        one: listed[one] if one in listed else listed[domain]
        for one, domain in domains.items()
        if one in listed or domain in listed
    }


def add(
    tx: database.Transaction,
    tenant_id: str,
    address: str,
    reason: str,
    source: str,
    now: int,
    expires_at: int | None = None,
) -> bool:
    """Put an address, in normal form, on the list; return whether that changed it.

    Only a person closes a whole domain.
    """
    if source != MANUAL and is_domain(address):
        return False
    changed = tx.run(
        _ADD,
        tenant_id=tenant_id,
        address=address,
        reason=reason,
        source=source,
        now=now,
        expires_at=expires_at,
    )
    return changed > 0


def forget(tx: database.Transaction, now: int) -> int:
    """Remove what has expired; return how many."""
    return sum(tx.run(statement, now=now) for statement in _FORGET)
