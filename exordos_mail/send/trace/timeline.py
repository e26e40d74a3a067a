# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One timeline of a message, made of its events."""

import collections.abc as abc

import msgspec

from exordos_mail.send.content import values
from exordos_mail.send.events.records import EventRow

ACCEPTED, QUEUE, SENT = "accepted", "queue", "sent"
OUTCOME, FEEDBACK = "outcome", "feedback"
#: Where a message is when something happens, in the order in which it gets there.
STAGES = (ACCEPTED, QUEUE, SENT, OUTCOME, FEEDBACK)
_STAGE_OF = {
    "accepted": ACCEPTED,
    "sent": SENT,
    **dict.fromkeys(("delivered", "relayed", "delayed", "bounced"), OUTCOME),
    **dict.fromkeys(("complained", "unsubscribed"), FEEDBACK),
}


class _Details(msgspec.Struct):
    """What a timeline reads in the details of events."""

    request: str | None = None
    queue_id: str | None = None
    happened_at: str | None = None


_decode = msgspec.json.Decoder(_Details).decode


class Entry(msgspec.Struct, frozen=True):
    """An event in a timeline."""

    row: EventRow
    stage: str
    #: When it happened, milliseconds since 1970; it may be noted later.
    at: int
    request: str | None
    queue_id: str | None


def entries(rows: abc.Iterable[EventRow]) -> list[Entry]:
    """Return the events of a message in the order in which they happened.

    Args:
        rows: in the order of their numbers.
    """
    found: list[Entry] = []
    #: By recipient, when it was handed over: what comes of that is not before it,
    #: whatever a clock elsewhere says.
    sent: dict[str | None, int] = {}
    for row in rows:
        details = _decode(row.details)
        is_sent = row.recipient in sent
        stage = _STAGE_OF.get(row.type, OUTCOME if is_sent else QUEUE)
        at = _moment(details.happened_at, row.at)
        if stage in (OUTCOME, FEEDBACK):
            at = max(at, sent.get(row.recipient, at))
        elif stage == SENT:
            sent[row.recipient] = at
        found.append(Entry(row, stage, at, details.request, details.queue_id))
    return sorted(found, key=lambda one: (one.at, one.row.seq))


def _moment(text: str | None, otherwise: int) -> int:
    try:
        return otherwise if text is None else values.parse_moment(text)
    except ValueError:
        return otherwise
