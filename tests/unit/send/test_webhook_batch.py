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

"""Batches: their size, their age, their bytes."""

import json
import typing as tp

import pytest

from exordos_mail.send.webhooks import batch
from exordos_mail.send.webhooks.settings import Settings

NOW = 1_800_000_000_000
SETTINGS = Settings(events=3, bytes=1000, wait=500)


def event(seq: int, at: int = NOW, text: str = "") -> dict[str, tp.Any]:
    return {
        "seq": seq,
        "at": at,
        "type": "sent",
        "message_id": "m",
        "recipient": "r@example.net",
        "actor": "service",
        "details": json.dumps({"reply": text}),
    }


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


def test_an_event_larger_than_a_batch_goes_alone() -> None:
    rows = [event(1, text="x" * 5000), event(2)]
    assert batch.cut(rows, SETTINGS) == rows[:1]


def test_body() -> None:
    found = batch.Batch("acme", "b1", 2, [event(1), event(2)], 0, "http://h/", b"s")
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
                }
                for seq in (1, 2)
            ],
        },
    }
    assert "secret" not in repr(found)
