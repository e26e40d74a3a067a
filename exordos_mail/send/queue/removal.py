# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Relays that were taken away while messages wait for them.

Their messages are cancelled, a part at a time.  Until the last one is at its
end, `removed_relays` remembers the relay, also over a restart.
"""

from exordos_mail.send.queue import events, states, upkeep
from exordos_mail.send.storage import database, sql

#: Why the messages have ended.
REASON = "relay_removed"

_ADD = sql.statement("""
INSERT INTO removed_relays (tenant_id, id) VALUES (:tenant_id, :id)
ON CONFLICT (tenant_id, id) DO NOTHING
""")
_FORGET = sql.statement(
    "DELETE FROM removed_relays WHERE tenant_id = :tenant_id AND id = :id"
)
# In the order in which events are written.
_EVERY = sql.statement(
    "SELECT tenant_id, id FROM removed_relays ORDER BY tenant_id, id"
)
_CANCEL = sql.statement("""
WITH waiting AS MATERIALIZED (
    SELECT m.id FROM messages m
    WHERE m.tenant_id = :tenant_id AND m.relay_id = :id
      AND m.state IN ('queued', 'scheduled', 'deferred', 'suspended')
    LIMIT :limit {{skip_locked}}
)
UPDATE messages SET state = 'cancelled', updated_at = :now, final_at = :now
WHERE tenant_id = :tenant_id AND id IN (SELECT id FROM waiting)
RETURNING tenant_id, id, octets
""")
# Those that are being sent come back, or end by themselves.
_LEFT = sql.statement("""
SELECT 1 AS found FROM messages
WHERE tenant_id = :tenant_id AND relay_id = :id AND final_at IS NULL LIMIT 1
""")


def begin(tx: database.Transaction, tenant_id: str, relay_id: str) -> None:
    """Remember a relay that is removed in this transaction."""
    tx.run(_ADD, tenant_id=tenant_id, id=relay_id)


def undo(tx: database.Transaction, tenant_id: str, relay_id: str) -> None:
    """Forget it: there is a relay of this id again."""
    tx.run(_FORGET, tenant_id=tenant_id, id=relay_id)


def settle(tx: database.Transaction, now: int) -> int:
    """Cancel a part of what waits for removed relays; return how many."""
    room = upkeep.CHUNK
    for relay in tx.rows(_EVERY):
        rows = tx.rows(_CANCEL, limit=room, now=now, **relay)
        details: dict[str, object] = {"reason": REASON}
        upkeep.end_waiting(tx, rows, states.CANCELLED, details, events.SERVICE, now)
        room -= len(rows)
        if room == 0:
            break
        if tx.row(_LEFT, **relay) is None:
            tx.run(_FORGET, **relay)
    return upkeep.CHUNK - room
