# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A batch: some events that follow each other, in one request."""

import dataclasses

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.events import records as events
from exordos_mail.send.webhooks.settings import WebhookSettings

#: Types of payloads: events, and a test without any.
TYPE = "mail.events"
TEST = "mail.test"


class Data(msgspec.Struct):
    """Whose events, in their order."""

    tenant: str
    events: list[events.EventOut]


class Payload(msgspec.Struct):
    """The body (Standard Webhooks 1.0.0, "Payload structure").

    Nothing in it depends on the attempt: a retry has the same bytes.
    """

    type: str
    #: Of the last event; of a test, its own.
    timestamp: str
    data: Data


@dataclasses.dataclass(frozen=True)
class Batch:
    """What one request carries, and where it goes."""

    tenant_id: str
    #: The same at each attempt.
    id: str
    #: Number of the last event.
    last: int
    rows: list[events.EventRow]
    #: Attempts that have failed.
    failures: int
    url: str
    #: As the row keeps it (callback_auth.py).
    secret: bytes | None = dataclasses.field(repr=False)

    def body(self) -> bytes:
        """Return the payload as JSON."""
        found = [events.event_out(row) for row in self.rows]
        payload = Payload(TYPE, found[-1].at, Data(self.tenant_id, found))
        return msgspec.json.encode(payload)


@dataclasses.dataclass(frozen=True)
class Trial:
    """A test of a receiver: authenticated as a batch is, without events."""

    tenant_id: str
    id: str
    #: Milliseconds since 1970.
    at: int
    url: str
    #: As the row keeps it (callback_auth.py).
    secret: bytes | None = dataclasses.field(repr=False)

    def body(self) -> bytes:
        """Return the payload as JSON."""
        payload = Payload(TEST, clock.text(self.at), Data(self.tenant_id, []))
        return msgspec.json.encode(payload)


def is_due(rows: list[events.EventRow], settings: WebhookSettings, now: int) -> bool:
    """Tell whether events need not wait for others to go with them."""
    return len(rows) >= settings.events or rows[0].at <= now - settings.wait


def cut(
    rows: list[events.EventRow], settings: WebhookSettings
) -> list[events.EventRow]:
    """Return the first events, as many as a batch may have."""
    size = 0
    for index, row in enumerate(rows):
        size += len(msgspec.json.encode(events.event_out(row)))
        if index and size > settings.bytes:
            return rows[:index]
    return rows[: settings.events]
