# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Events as they are read, and as others see them: in the API and in webhooks."""

import msgspec

from exordos_mail.send import clock, members
from exordos_mail.send.content import labels, simulator
from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import typed

# Labels are found here and not copied into each event: writing is what has to be fast.
# In the same statement, so that a batch that is sent again has the same bytes.
AFTER = sql.statement("""
SELECT e.seq, e.at, e.type, e.message_id, e.recipient, e.actor, e.details,
    l.body AS labels
FROM events e LEFT JOIN labels l
  ON l.tenant_id = e.tenant_id AND l.message_id = e.message_id
WHERE e.tenant_id = :tenant_id AND e.seq > :after ORDER BY e.seq LIMIT :limit
""")
# Without labels: they are one message's, and the events may be thousands.
OF_MESSAGE = sql.statement("""
SELECT seq, at, type, message_id, recipient, actor, details FROM events
WHERE message_id = :message_id AND tenant_id = :tenant_id ORDER BY seq LIMIT :limit
""")
_EVERY = 2**31
# Which tenant's a message is, or was: each has an event, which may outlive it.
_TENANT = sql.statement("""
SELECT tenant_id FROM events WHERE message_id = :message_id LIMIT 1
""")
_LAST = sql.statement("SELECT last FROM event_counters WHERE tenant_id = :tenant_id")


class EventRow(msgspec.Struct, frozen=True):
    """An event; `at` in milliseconds since 1970, `details` JSON, `labels` packed."""

    seq: int
    at: int
    type: str
    message_id: str | None
    recipient: str | None
    actor: str
    details: str
    #: Of its message; None: it has none, or who reads the row has them.
    labels: bytes | None = None


class EventOut(msgspec.Struct):
    """Something that happened; `events.py` has the types and their details."""

    seq: int
    at: str
    type: str
    message_id: str | None
    recipient: str | None
    actor: str
    details: msgspec.Raw
    #: Of its message: what the caller wrote on it.
    reference: str | None
    tags: list[str]
    metadata: dict[str, str]
    #: Of a message of a test key, or of a recipient at the simulator: it says nothing
    #: of a server or a person.
    test: bool


def event_out(row: EventRow, written: labels.Labels = labels.NONE) -> EventOut:
    """Return what is shown of an event.

    Args:
        written: on its message, if the row does not have it.
    """
    raw = msgspec.Raw(row.details.encode())
    if row.labels is not None:
        written = labels.unpack(row.labels)
    shown = labels.members(written)
    if row.recipient is not None and simulator.is_address(row.recipient):
        shown["test"] = True
    return members.out(EventOut, row, at=clock.text(row.at), details=raw, **shown)


def after(
    tx: database.Transaction, tenant_id: str, seq: int, limit: int
) -> list[EventRow]:
    """Return a tenant's next events after number `seq`."""
    rows = tx.rows(AFTER, tenant_id=tenant_id, after=seq, limit=limit)
    return typed(EventRow, rows)


def of_message(
    tx: database.Transaction, tenant_id: str, message_id: str, limit: int = _EVERY
) -> list[EventRow]:
    """Return a message's first events in their order, without labels."""
    wanted = {"tenant_id": tenant_id, "message_id": message_id, "limit": limit}
    rows = tx.rows(OF_MESSAGE, **wanted)
    return typed(EventRow, rows)


def tenant_of(tx: database.Transaction, message_id: str) -> str | None:
    """Return whose message it is, or was; None: nobody's."""
    row = tx.row(_TENANT, message_id=message_id)
    return None if row is None else str(row["tenant_id"])


def last(tx: database.Transaction, tenant_id: str) -> int:
    """Return the number of a tenant's last event, 0 before the first."""
    row = tx.row(_LAST, tenant_id=tenant_id)
    return 0 if row is None else int(row["last"])
