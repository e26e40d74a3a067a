# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Events as they are read, and as others see them: in the API and in webhooks."""

import msgspec

from exordos_mail.send import clock, members
from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import typed

_AFTER = sql.statement("""
SELECT seq, at, type, message_id, recipient, actor, details FROM events
WHERE tenant_id = :tenant_id AND seq > :after ORDER BY seq LIMIT :limit
""")
_OF_MESSAGE = sql.statement("""
SELECT seq, at, type, message_id, recipient, actor, details FROM events
WHERE message_id = :message_id AND tenant_id = :tenant_id ORDER BY seq
""")
_LAST = sql.statement("SELECT last FROM event_counters WHERE tenant_id = :tenant_id")


class EventRow(msgspec.Struct, frozen=True):
    """The row of an event; `at` in milliseconds since 1970, `details` JSON."""

    seq: int
    at: int
    type: str
    message_id: str | None
    recipient: str | None
    actor: str
    details: str


class EventOut(msgspec.Struct):
    """Something that happened; `events.py` has the types and their details."""

    seq: int
    at: str
    type: str
    message_id: str | None
    recipient: str | None
    actor: str
    details: msgspec.Raw


def event_out(row: EventRow) -> EventOut:
    """Return what is shown of an event."""
    raw = msgspec.Raw(row.details.encode())
    return members.out(EventOut, row, at=clock.text(row.at), details=raw)


def after(
    tx: database.Transaction, tenant_id: str, seq: int, limit: int
) -> list[EventRow]:
    """Return a tenant's next events after number `seq`."""
    rows = tx.rows(_AFTER, tenant_id=tenant_id, after=seq, limit=limit)
    return typed(EventRow, rows)


def of_message(
    tx: database.Transaction, tenant_id: str, message_id: str
) -> list[EventRow]:
    """Return a message's events in their order."""
    rows = tx.rows(_OF_MESSAGE, tenant_id=tenant_id, message_id=message_id)
    return typed(EventRow, rows)


def last(tx: database.Transaction, tenant_id: str) -> int:
    """Return the number of a tenant's last event, 0 before the first."""
    row = tx.row(_LAST, tenant_id=tenant_id)
    return 0 if row is None else int(row["last"])
