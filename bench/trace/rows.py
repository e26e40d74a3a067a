# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Millions of messages with their events, written by COPY.

Each message has one recipient and four events. Of a hundred, one is not final; five
have a Message-ID of the caller's; one goes to an address that many go to.
"""

import collections.abc as abc
import json
import typing as tp

import psycopg

from exordos_mail.send import clock, ids
from exordos_mail.send.queue.keys import Keys

TENANT = "default"
POPULAR = "everybody@example.net"
EVENTS = 4
_DAY = 24 * 3600 * 1000
#: Days over which messages are spread, the last ending an hour ago.
DAYS = 20
#: Messages that are made and copied at a time.
_PART = 100_000
_MESSAGE = (
    "tenant_id, id, relay_id, priority, state, sender, subject, sender_key,"
    " subject_key, message_key, octets, due_at, expires_at, attempts, orphaned,"
    " created_at, updated_at, final_at"
)
_RECIPIENT = (
    "message_id, position, address, address_key, state, code, outcome, updated_at"
)
_EVENT = "tenant_id, seq, at, type, message_id, recipient, actor, details"
Rows = list[tuple[tp.Any, ...]]


def recipient(number: int, count: int) -> str:
    """Return whom a message goes to; five go to the same one."""
    return POPULAR if number % 100 == 7 else f"r{number % (count // 5)}@example.net"


def sender(number: int) -> str:
    """Return whom a message is from: one of twenty, and seldom somebody else."""
    name = f"rare{number // 50_000}" if number % 50_000 == 9 else f"s{number % 20}"
    return f"{name}@example.com"


def subject(number: int) -> str:
    """Return a subject: of half of the messages one of their own."""
    return f"Your order {number}" if number % 2 else f"News of week {number % 52}"


def own_id(number: int) -> str | None:
    """Return the Message-ID that the caller has made; None: none."""
    return f"<order-{number}@shop.example.com>" if number % 20 == 3 else None


def is_open(number: int) -> bool:
    """Tell whether a message is not final."""
    return number % 100 == 50


def fill(url: str, count: int, say: tp.Callable[[str], None]) -> None:
    """Write so many messages into an empty database of the service."""
    with psycopg.connect(url, autocommit=True) as connection:
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes"
            " WHERE tablename IN ('messages', 'recipients', 'events')"
            " AND indexdef NOT LIKE 'CREATE UNIQUE%'"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}".encode())
        end = clock.now() - 3600 * 1000
        for start in range(0, count, _PART):
            _copy(connection, range(start, min(start + _PART, count)), count, end)
            say(f"  {min(start + _PART, count):,} messages")
        connection.execute(
            "INSERT INTO event_counters (tenant_id, last, messages, octets)"
            " VALUES (%s, %s, %s, 0)",
            (TENANT, EVENTS * count, sum(map(is_open, range(count)))),
        )
        for name, text in indexes:
            say(f"  index {name}")
            connection.execute(text.encode())
        connection.execute("VACUUM ANALYZE")


def moment(number: int, count: int, end: int) -> int:
    """Return when a message was accepted, milliseconds since 1970."""
    return end - DAYS * _DAY + number * DAYS * _DAY // count


def _copy(
    connection: psycopg.Connection[tp.Any], part: range, count: int, end: int
) -> None:
    keys = Keys(TENANT)
    messages: Rows = []
    recipients: Rows = []
    events: Rows = []
    for number in part:
        at = moment(number, count, end)
        _add(keys, messages, recipients, events, number, at, count)
    for table, columns, rows in (
        ("messages", _MESSAGE, messages),
        ("recipients", _RECIPIENT, recipients),
        ("events", _EVENT, events),
    ):
        text = f"COPY {table} ({columns}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(text.encode()) as copy:
            for row in rows:
                copy.write_row(row)


def _add(
    keys: Keys,
    messages: Rows,
    recipients: Rows,
    events: Rows,
    number: int,
    at: int,
    count: int,
) -> None:
    one = ids.generator.one(at)
    to, by, about, own = (
        recipient(number, count),
        sender(number),
        subject(number),
        own_id(number),
    )
    waits = is_open(number)
    messages.append(
        (
            TENANT,
            one,
            "default",
            2,
            "scheduled" if waits else "sent",
            by,
            about,
            keys.of(by),
            keys.of_subject(about),
            None if own is None else keys.of_message_id(own),
            0,
            at + 400 * _DAY if waits else at,
            at + 500 * _DAY,
            1,
            0,
            at,
            at,
            None if waits else at,
        )
    )
    state, code = ("waiting", None) if waits else ("sent", 250)
    outcome = None if waits else "delivered"
    recipients.append((one, 0, to, keys.of(to), state, code, outcome, at))
    for place, (kind, details) in enumerate(_happened()):
        whose = None if kind == "accepted" else to
        seq = EVENTS * number + place + 1
        at += 700
        events.append((TENANT, seq, at, kind, one, whose, "service", details))


def _happened() -> abc.Iterator[tuple[str, str]]:
    reply = {"attempt": 1, "code": 250, "reply": "250 2.0.0 ok", "server": "mx:25"}
    yield "accepted", '{"state":"queued","recipients":1}'
    yield "deferred", '{"attempt":1,"code":451,"reason":"recipient_refused"}'
    yield "sent", json.dumps(reply)
    yield "delivered", json.dumps({**reply, "queue_id": "1xXnG6-00001W-1V"})
