# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What people do with a webhook: look at it, replay it, switch it off and on."""

import msgspec

from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import typed

# What is known of another address (k) says nothing of this one.
_STATUS = sql.statement("""
SELECT t.id AS tenant_id, t.callback_url AS url, coalesce(c.last, 0) AS last,
    coalesce(w.cursor, 0) AS cursor,
    (SELECT e.at FROM events e
     WHERE e.tenant_id = t.id AND e.seq > coalesce(w.cursor, 0)
     ORDER BY e.seq LIMIT 1) AS oldest_at,
    coalesce(k.failures, 0) AS failures, k.last_error,
    coalesce(k.due_at, 0) AS due_at, k.delivered_at, k.disabled_at, k.disabled_reason
FROM tenants t
LEFT JOIN event_counters c ON c.tenant_id = t.id
LEFT JOIN webhooks w ON w.tenant_id = t.id
LEFT JOIN webhooks k ON k.tenant_id = t.id AND k.url = t.callback_url
WHERE t.id = :tenant_id
""")
_MAKE = sql.statement("""
INSERT INTO webhooks (tenant_id, cursor, url, failures, due_at)
SELECT id, 0, coalesce(callback_url, ''), 0, 0 FROM tenants WHERE id = :tenant_id
ON CONFLICT (tenant_id) DO NOTHING
""")
# Not the batch that is under way: its answer must not move the cursor again.
_REPLAY = sql.statement("""
UPDATE webhooks SET cursor = :cursor, batch_id = NULL, batch_last = NULL
WHERE tenant_id = :tenant_id
""")
_FIRST_SINCE = sql.statement("""
SELECT seq FROM events WHERE tenant_id = :tenant_id AND at >= :at
ORDER BY seq LIMIT 1
""")
_RESUME = sql.statement("""
UPDATE webhooks SET disabled_at = NULL, disabled_reason = NULL, failures = 0,
    failing_since = NULL, due_at = 0
WHERE tenant_id = :tenant_id
""")
# Of the tenant's present address, which the row may not know yet.
_DISABLE = sql.statement("""
UPDATE webhooks SET disabled_at = :now, disabled_reason = :reason, failures = 0,
    failing_since = NULL, last_error = NULL, due_at = 0,
    url = (SELECT coalesce(callback_url, '') FROM tenants WHERE id = :tenant_id)
WHERE tenant_id = :tenant_id
""")
#: Why a webhook is switched off, beside what cursor.py finds.
ASKED = "asked"


class Status(msgspec.Struct, frozen=True):
    """Where a tenant's webhook stands; moments in milliseconds since 1970."""

    tenant_id: str
    url: str | None
    #: Numbers of the last event taken by the receiver, and of the last one at all.
    cursor: int
    last: int
    #: When the first event happened that is not taken.
    oldest_at: int | None
    failures: int
    last_error: str | None
    #: The next attempt is not before.
    due_at: int
    delivered_at: int | None
    disabled_at: int | None
    disabled_reason: str | None

    @property
    def waiting(self) -> int:
        """Return the lag in events."""
        return self.last - self.cursor

    def age(self, now: int) -> int:
        """Return the lag in milliseconds: the age of the first event waiting."""
        return 0 if self.oldest_at is None else max(0, now - self.oldest_at)


class OutOfRange(Exception):
    """There is no event of this number yet."""


def status(tx: database.Transaction, tenant_id: str) -> Status | None:
    """Return where a tenant's webhook stands."""
    found = typed(Status, tx.rows(_STATUS, tenant_id=tenant_id))
    return found[0] if found else None


def replay(tx: database.Transaction, tenant_id: str, seq: int) -> Status | None:
    """Make event `seq` the next one that is sent; return what follows of it.

    It goes forward too: what lies between is left out then.

    Raises:
        OutOfRange: `seq` is above the next event's number.
    """
    tx.run(_MAKE, tenant_id=tenant_id)
    tx.run(_REPLAY, tenant_id=tenant_id, cursor=seq - 1)
    tx.ring()
    found = status(tx, tenant_id)
    if found is not None and found.cursor > found.last:
        raise OutOfRange(found.last)
    return found


def replay_since(tx: database.Transaction, tenant_id: str, at: int) -> Status | None:
    """Send again what happened since a moment, in milliseconds since 1970."""
    before = status(tx, tenant_id)
    if before is None:
        return None
    row = tx.row(_FIRST_SINCE, tenant_id=tenant_id, at=at)
    return replay(tx, tenant_id, before.last + 1 if row is None else row["seq"])


def resume(tx: database.Transaction, tenant_id: str) -> Status | None:
    """Switch a webhook on again; what waits is sent now."""
    tx.run(_RESUME, tenant_id=tenant_id)
    tx.ring()
    return status(tx, tenant_id)


def disable(tx: database.Transaction, tenant_id: str, now: int) -> Status | None:
    """Switch a webhook off; what happens meanwhile waits."""
    tx.run(_MAKE, tenant_id=tenant_id)
    tx.run(_DISABLE, tenant_id=tenant_id, reason=ASKED, now=now)
    return status(tx, tenant_id)
