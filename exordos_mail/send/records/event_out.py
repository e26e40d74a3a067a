#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
