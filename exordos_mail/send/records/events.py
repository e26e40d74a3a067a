# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Events: what happened, numbered per tenant without gaps.

An event is written in the transaction of the change it tells of.  The numbers
of a tenant become visible in their order, because the counter's row is locked
until the commit; so a reader that remembers the last number misses nothing.
"""

import collections.abc as abc
import typing as tp

import msgspec

from exordos_mail.send.records.standing import NOTHING, Standing
from exordos_mail.send.storage import database, sql

#: Types and the members of their details.
TYPES = {
    # Of a message.
    "accepted": "state, recipients; suppression_override, resend_of when given",
    "cancelled": "reason when no call asked for it",
    "rescheduled": "due_at",
    "released": "reason: given back to the queue without a result (a claim)",
    # Of a recipient: code, enhanced and reply are the server's.
    "sent": "attempt, code, enhanced, reply, server",
    "deferred": "attempt, reason, code, enhanced, reply, server, due_at",
    "failed": "attempt, reason, code, enhanced, reply, server",
    "expired": "attempt, reason",
    "suppressed": "reason; attempt when it was about to be tried",
    # Of a tenant.
    "batch_suspended": "batch; empty: every message",
    "batch_resumed": "batch; empty: every message",
    "webhook_disabled": "reason: gone, failing",
}

#: Who did what no call asked for.
SERVICE = "service"


class Event(tp.NamedTuple):
    """One event that is to be written."""

    type: str
    message_id: str | None = None
    recipient: str | None = None
    details: abc.Mapping[str, object] = {}


# Numbers up to the new `last` are this transaction's.
_TAKE = sql.statement("""
INSERT INTO event_counters (tenant_id, last, messages, octets)
VALUES (:tenant_id, :count, :messages, :octets)
ON CONFLICT (tenant_id) DO UPDATE
SET last = event_counters.last + excluded.last,
    messages = event_counters.messages + excluded.messages,
    octets = event_counters.octets + excluded.octets
RETURNING last, messages, octets
""")
_ADD = sql.statement("""
INSERT INTO events (tenant_id, seq, at, type, message_id, recipient, actor, details)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
""")
_AFTER = sql.statement("""
SELECT seq, at, type, message_id, recipient, actor, details FROM events
WHERE tenant_id = :tenant_id AND seq > :after ORDER BY seq LIMIT :limit
""")
_OF_MESSAGE = sql.statement("""
SELECT seq, at, type, message_id, recipient, actor, details FROM events
WHERE message_id = :message_id AND tenant_id = :tenant_id ORDER BY seq
""")
_LAST = sql.statement("SELECT last FROM event_counters WHERE tenant_id = :tenant_id")

_encode = msgspec.json.Encoder().encode


def add(
    tx: database.Transaction,
    tenant_id: str,
    found: list[Event],
    now: int,
    actor: str = SERVICE,
    change: Standing = NOTHING,
) -> Standing:
    """Write a tenant's events, the last statements of a transaction.

    Last, because the counter stays locked from here to the commit; a
    transaction of several tenants writes them in the order of their ids.

    Args:
        change: what this transaction adds to the messages that wait, or takes away.

    Returns:
        What the tenant has waiting then; NOTHING if there was nothing to write.
    """
    if not found and change == NOTHING:
        return NOTHING
    taken = tp.cast(
        database.Row,
        tx.row(_TAKE, tenant_id=tenant_id, count=len(found), **change._asdict()),
    )
    first = taken["last"] - len(found) + 1
    tx.run_many(
        _ADD,
        [
            (
                tenant_id,
                first + index,
                now,
                event.type,
                event.message_id,
                event.recipient,
                actor,
                _encode(event.details).decode() if event.details else "{}",
            )
            for index, event in enumerate(found)
        ],
    )
    if found:
        tx.ring()
    return Standing(taken["messages"], taken["octets"])


def after(
    tx: database.Transaction, tenant_id: str, seq: int, limit: int
) -> list[database.Row]:
    """Return a tenant's next events after number `seq`; details is JSON text."""
    return tx.rows(_AFTER, tenant_id=tenant_id, after=seq, limit=limit)


def of_message(
    tx: database.Transaction, tenant_id: str, message_id: str
) -> list[database.Row]:
    """Return a message's events in their order; details is JSON text."""
    return tx.rows(_OF_MESSAGE, tenant_id=tenant_id, message_id=message_id)


def last(tx: database.Transaction, tenant_id: str) -> int:
    """Return the number of a tenant's last event, 0 before the first."""
    row = tx.row(_LAST, tenant_id=tenant_id)
    return 0 if row is None else int(row["last"])
