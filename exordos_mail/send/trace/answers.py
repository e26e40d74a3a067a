# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A trace as it is answered."""

import typing as tp

import msgspec

from exordos_mail.send import clock, members
from exordos_mail.send.api import common
from exordos_mail.send.content import labels as label
from exordos_mail.send.events import records as events
from exordos_mail.send.messages.records import MessageRow
from exordos_mail.send.queue import labels
from exordos_mail.send.storage import database
from exordos_mail.send.trace import records, timeline
from exordos_mail.send.trace.search import TraceSearch

#: Events of one message that are shown, and those of one answer after which no
#: further message is.
EVENTS_MAX, ENOUGH = 500, 2000


class HappenedOut(msgspec.Struct):
    """Something that happened to a message."""

    seq: int
    #: When it happened, and when the service came to know of it.
    at: str
    noted_at: str
    #: timeline.STAGES has them.
    stage: str
    type: str
    recipient: str | None
    actor: str
    details: msgspec.Raw


class TraceOut(msgspec.Struct, kw_only=True):
    """A message and its timeline."""

    id: str
    #: null, as all of the message itself: it was removed, and its events are left.
    state: str | None
    relay: str | None
    batch: str | None
    sender: str | None
    #: Empty: it has none, or it was erased.
    subject: str | None
    #: Of the call that it came with, in the command log.
    request: str | None
    #: Message-ID; null: the content is large, or is not there any more.
    message_id: str | None
    #: That the node's exim has given it.
    queue_ids: list[str]
    created_at: str | None
    reference: str | None
    tags: list[str]
    metadata: dict[str, str]
    timeline: list[HappenedOut]
    #: There are more events than are shown: GET /v1/messages/{id} has all.
    more: bool


class Traced(tp.NamedTuple):
    """Traces of a tenant's messages, and what the next part is below."""

    traces: list[TraceOut]
    next: str | None
    #: How many events are in it.
    events: int


def of_tenant(
    tx: database.Transaction,
    tenant_id: str,
    wanted: TraceSearch,
    cursor: str,
    limit: int,
) -> Traced:
    """Return traces of a tenant's newest messages that are meant (records.search)."""
    found = records.search(tx, tenant_id, wanted, cursor, limit)
    shown = _Shown(tx, tenant_id, found.rows)
    count, traces = 0, []
    for row in found.rows:
        rows = shown.happened(row.id)
        traces.append(shown.trace(row.id, row, rows))
        count += len(rows)
        if count >= ENOUGH and row is not found.rows[-1]:
            return Traced(traces, row.id, count)
    if not found.rows and wanted.is_id_alone and (rows := shown.happened(wanted.id)):
        traces.append(shown.trace(wanted.id, None, rows))
    return Traced(traces, found.next, count)


class _Shown:
    """What answers say of messages."""

    def __init__(
        self, tx: database.Transaction, tenant_id: str, rows: list[MessageRow]
    ) -> None:
        self._tx, self._tenant_id = tx, tenant_id
        self._message_ids = records.message_ids(tx, rows)
        self._labels = labels.of(tx, tenant_id, (row.id for row in rows))

    def happened(self, message_id: str) -> list[events.EventRow]:
        """Return a message's events, with one more than are shown."""
        return events.of_message(self._tx, self._tenant_id, message_id, EVENTS_MAX + 1)

    def trace(
        self, message_id: str, row: MessageRow | None, rows: list[events.EventRow]
    ) -> TraceOut:
        """Return the trace of a message; without a row it was removed."""
        entries = timeline.entries(rows[:EVENTS_MAX])
        written = self._labels.get(message_id, label.NONE)
        requests = (one.request for one in entries if one.request is not None)
        return TraceOut(
            id=message_id,
            state=None if row is None else row.state,
            relay=None if row is None else row.relay_id,
            batch=None if row is None else row.batch,
            sender=None if row is None else row.sender,
            subject=None if row is None else row.subject,
            request=next(requests, None),
            message_id=self._message_ids.get(message_id),
            queue_ids=list(
                dict.fromkeys(one.queue_id for one in entries if one.queue_id)
            ),
            created_at=common.moment(None if row is None else row.created_at),
            timeline=list(map(_entry, entries)),
            more=len(rows) > EVENTS_MAX,
            reference=written.reference,
            tags=list(written.tags),
            metadata=dict(written.metadata),
        )


def _entry(entry: timeline.Entry) -> HappenedOut:
    return members.out(
        HappenedOut,
        entry.row,
        at=clock.text(entry.at),
        noted_at=clock.text(entry.row.at),
        stage=entry.stage,
        details=msgspec.Raw(entry.row.details.encode()),
    )
