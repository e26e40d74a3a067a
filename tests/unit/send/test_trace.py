# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Timelines, keys and bounds of a trace."""

import pytest

from exordos_mail.send import clock
from exordos_mail.send.content import identity, message
from exordos_mail.send.events.records import EventRow
from exordos_mail.send.queue import keys
from exordos_mail.send.storage import sqlite
from exordos_mail.send.trace import records, timeline
from exordos_mail.send.trace.search import END, TraceSearch
from tests.unit.send import memory_database
from tests.unit.send.memory_database import accepted

NOW = 1_800_000_000_000


def event(
    seq: int, kind: str, at: int, to: str | None = "a@b.c", more: str = "{}"
) -> EventRow:
    return EventRow(seq, NOW + at, kind, "m", to, "service", more)


def happened(at: int) -> str:
    return f'{{"queue_id": "q", "happened_at": "{clock.text(NOW + at)}"}}'


def order(*rows: EventRow) -> list[tuple[str, str, int]]:
    return [(one.row.type, one.stage, one.at - NOW) for one in timeline.entries(rows)]


def test_a_timeline_is_in_the_order_of_what_happened() -> None:
    assert order(
        event(1, "accepted", 0, None, '{"request": "r"}'),
        event(2, "deferred", 10),
        event(3, "sent", 20),
        # The call about a complaint came before the node told of the delivery.
        event(4, "complained", 90, None),
        event(5, "delivered", 99, more=happened(30)),
    ) == [
        ("accepted", "accepted", 0),
        ("deferred", "queue", 10),
        ("sent", "sent", 20),
        ("delivered", "outcome", 30),
        ("complained", "feedback", 90),
    ]


def test_nothing_comes_of_a_message_before_it_was_sent() -> None:
    # A clock elsewhere is slow, or far ahead of the moment of our own commit.
    found = order(event(1, "sent", 20), event(2, "bounced", 99, more=happened(-500)))
    assert found == [("sent", "sent", 20), ("bounced", "outcome", 20)]
    other = event(2, "bounced", 99, "x@y.z", happened(5))
    assert order(event(1, "sent", 20), other)[0] == ("bounced", "outcome", 5)


def test_expiry_is_of_the_queue_or_of_the_node() -> None:
    assert order(event(1, "expired", 1)) == [("expired", "queue", 1)]
    found = order(event(1, "sent", 1), event(2, "expired", 2))
    assert found[1] == ("expired", "outcome", 2)


def test_what_is_no_moment_is_the_one_when_it_was_noted() -> None:
    rows = event(1, "delivered", 7, more='{"happened_at": "yesterday"}')
    assert order(rows) == [("delivered", "outcome", 7)]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Your  order\t1", " your ORDER 1 ", True),
        ("Straße", "STRASSE", True),
        ("a\u0308", "\u00e4", True),
        ("Your order", "Your orders", False),
        ("x" * 200 + "a", "x" * 200 + "b", True),
        ("", " ", True),
    ],
)
def test_subjects_are_the_same_whatever_their_case(
    left: str, right: str, same: bool
) -> None:
    one = keys.Keys("t")
    assert (one.of_subject(left) == one.of_subject(right)) is same
    assert one.of_subject(left) != keys.Keys("u").of_subject(left)


def test_keys_of_one_text_differ_by_what_it_is() -> None:
    one = keys.Keys("t")
    made = {one.of("a@b.c"), one.of_subject("a@b.c"), one.of_message_id("a@b.c")}
    assert len(made) == 3
    assert one.of_message_id(" <A@b> ") == one.of_message_id("A@b")
    assert one.of_message_id("a@b") != one.of_message_id("A@b")
    assert all(-(2**63) <= key < 2**63 for key in made)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (b"From: a@b.c\r\nMessage-ID: <x@y>\r\n", "<x@y>"),
        (b"message-id:\r\n <x@y>\r\nFrom: a@b.c\r\n", "<x@y>"),
        (b"From: a@b.c\r\nX-Message-ID: <x@y>\r\n", None),
        (b"From: a@b.c\r\n", None),
        (b"Message-ID:\r\nFrom: a@b.c\r\n", None),
    ],
)
def test_the_message_id_of_a_whole_message(header: bytes, found: str | None) -> None:
    raw = header + b"\r\nMessage-ID: <body@y>\r\n"
    content = message.Content(from_=("", "a@b.c"), raw=raw)
    assert identity.given(content) == found
    assert identity.of(content, "id") == (found or "<id@b.c>")


def search(
    tx: sqlite.SqliteTransaction, cursor: str = END, limit: int = 2, **wanted: str
) -> tuple[list[str], str | None]:
    found = records.search(tx, "default", TraceSearch(**wanted), cursor, limit)  # type: ignore[arg-type]
    return [row.id for row in found.rows], found.next


def test_a_search_ends_after_so_many_candidates_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "_FIRST", 2)
    monkeypatch.setattr(records, "_LARGEST", 2)
    monkeypatch.setattr(records, "CANDIDATES_MAX", 4)
    monkeypatch.setattr(records, "UNFINISHED_MAX", 2)
    with memory_database.transaction() as tx:
        first = accepted(tx, NOW, to="ann@example.net")
        for number in range(12):
            accepted(tx, NOW + 1 + number)
        last = accepted(tx, NOW + 99, to="ann@example.net")
        parts, cursor = [], END
        while True:
            found, following = search(tx, cursor, recipient="ann@example.net")
            parts.append(found)
            if following is None:
                break
            cursor = following
        assert parts[0] == [last]
        assert [one for part in parts for one in part] == [last, first]
        assert len(parts) == 4
        # Two indexes have the same message: it is there once.
        both = accepted(tx, NOW + 100, from_="me@example.com", to="me@example.com")
        assert search(tx, address="me@example.com", limit=5)[0] == [both]
