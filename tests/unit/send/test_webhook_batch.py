# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Batches: their size, their age, their bytes."""

import json

import pytest

from exordos_mail.send.content import labels
from exordos_mail.send.events.records import EventRow
from exordos_mail.send.webhooks import batch
from exordos_mail.send.webhooks.settings import WebhookSettings

NOW = 1_800_000_000_000
SETTINGS = WebhookSettings(events=3, bytes=1000, wait=500)


WRITTEN = labels.Labels("order-4711", ["receipt"], {"customer": "42"})


def event(
    seq: int, at: int = NOW, text: str = "", written: labels.Labels | None = None
) -> EventRow:
    return EventRow(
        seq=seq,
        at=at,
        type="sent",
        message_id="m",
        recipient="r@example.net",
        actor="service",
        details=json.dumps({"reply": text}),
        labels=None if written is None else labels.pack(written),
    )


def test_a_full_batch_is_due_at_once() -> None:
    assert batch.is_due([event(n) for n in range(3)], SETTINGS, NOW)


@pytest.mark.parametrize(("age", "due"), [(0, False), (499, False), (500, True)])
def test_a_small_batch_waits_for_others(age: int, due: bool) -> None:
    rows = [event(1, NOW - age), event(2)]
    assert batch.is_due(rows, SETTINGS, NOW) is due


def test_cut_by_number() -> None:
    rows = [event(n) for n in range(5)]
    assert batch.cut(rows, SETTINGS) == rows[:3]


def test_cut_by_bytes() -> None:
    rows = [event(n, text="x" * 400) for n in range(3)]
    assert batch.cut(rows, SETTINGS) == rows[:1]


def test_cut_counts_what_the_caller_wrote() -> None:
    large = labels.Labels(metadata={"a": "x" * 400})
    rows = [event(n, written=large) for n in range(3)]
    assert batch.cut(rows, SETTINGS) == rows[:1]


def test_an_event_larger_than_a_batch_goes_alone() -> None:
    rows = [event(1, text="x" * 5000), event(2)]
    assert batch.cut(rows, SETTINGS) == rows[:1]


def test_body() -> None:
    rows = [event(1), event(2, written=WRITTEN)]
    found = batch.Batch("acme", "b1", 2, rows, 0, "http://h/", b"s")
    bare = {"reference": None, "tags": [], "metadata": {}, "test": False}
    assert json.loads(found.body()) == {
        "type": "mail.events",
        "timestamp": "2027-01-15T08:00:00.000Z",
        "data": {
            "tenant": "acme",
            "events": [
                {
                    "seq": seq,
                    "at": "2027-01-15T08:00:00.000Z",
                    "type": "sent",
                    "message_id": "m",
                    "recipient": "r@example.net",
                    "actor": "service",
                    "details": {"reply": ""},
                    **shown,
                }
                for seq, shown in ((1, bare), (2, labels.members(WRITTEN)))
            ],
        },
    }
    assert "secret" not in repr(found)
