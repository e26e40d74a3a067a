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

from exordos_mail.send.queue.standing import NOTHING, Standing
from exordos_mail.send.storage import database, sql

#: Types and the members of their details.
TYPES = {
    # Of a message.
    "accepted": "state, recipients, request: the call's id in the command log;"
    " suppression_override, resend_of when given",
    "cancelled": "reason when no call asked for it",
    "rescheduled": "due_at",
    "released": "reason: given back to the queue without a result (a claim)",
    # Of a recipient: code, enhanced and reply are the server's.
    "sent": "attempt, code, enhanced, reply, server",
    "deferred": "attempt, reason, code, enhanced, reply, server, due_at",
    "failed": "attempt, reason, code, enhanced, reply, server",
    "expired": "attempt, reason; after it was sent: code, enhanced, reply, server",
    "suppressed": "reason; attempt when it was about to be tried",
    # Of a recipient, after it was sent, by the node's log or by mail that came back:
    # code, enhanced, reply and server are of who had it next (docs/send/bounces.md).
    "delivered": "the recipient's server has it",
    "relayed": "the smarthost, or a server that tells nothing more, has it",
    "delayed": "it is still tried; class",
    "bounced": "class; unsure when it is a guess",
    "complained": "class, reply; no recipient when the complaint names none",
    "unsubscribed": "by the link in the message; the address is suppressed",
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
