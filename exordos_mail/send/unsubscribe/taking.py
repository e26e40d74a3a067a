# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What follows when somebody unsubscribes: an entry on the list, an event."""

from exordos_mail.send.content import address
from exordos_mail.send.queue import events, suppressions
from exordos_mail.send.storage import database, sql
from exordos_mail.send.unsubscribe.links import Subscription

EVENT = "unsubscribed"
#: Who did it, for the event.
ACTOR = "recipient"
_REASON = "unsubscribed by the link in a message"
# So that it is not removed before the commit.
_TENANT = sql.statement("SELECT id FROM tenants WHERE id = :tenant_id {{share}}")
_KNOWN = sql.statement("""
SELECT 1 AS found FROM events
WHERE message_id = :message_id AND tenant_id = :tenant_id AND type = 'unsubscribed'
  AND recipient = :recipient LIMIT 1
""")


def is_tenant(tx: database.Transaction, tenant_id: str) -> bool:
    """Tell whether the tenant is there."""
    return tx.row(_TENANT, tenant_id=tenant_id) is not None


def take(tx: database.Transaction, found: Subscription, now: int) -> bool | None:
    """Suppress an address for good; return whether the list changed.

    None: there is no such tenant. An event comes once for a message and recipient, and
    each time that the list changes.
    """
    if not is_tenant(tx, found.tenant_id):
        return None
    # Also when it changes nothing it keeps others from this entry until the commit.
    changed = suppressions.add(
        tx,
        found.tenant_id,
        address.normal(found.recipient),
        _REASON,
        suppressions.UNSUBSCRIBE,
        now,
    )
    if changed or tx.row(_KNOWN, **found._asdict()) is None:
        event = events.Event(EVENT, found.message_id, found.recipient)
        events.add(tx, found.tenant_id, [event], now, ACTOR)
    return changed
