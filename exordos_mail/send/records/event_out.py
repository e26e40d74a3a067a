# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An event as others see it: in the API and in webhooks."""

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.storage import database


class EventOut(msgspec.Struct):
    """Something that happened; `events.py` has the types and their details."""

    seq: int
    at: str
    type: str
    message_id: str | None
    recipient: str | None
    actor: str
    details: msgspec.Raw


def event_out(row: database.Row) -> EventOut:
    """Return what is shown of an event's row."""
    return EventOut(
        seq=row["seq"],
        at=clock.text(row["at"]),
        type=row["type"],
        message_id=row["message_id"],
        recipient=row["recipient"],
        actor=row["actor"],
        details=msgspec.Raw(row["details"].encode()),
    )
