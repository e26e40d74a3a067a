# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Metrics: bounded labels, and what is counted when."""

import pathlib
import sqlite3
import typing as tp

import pytest

from exordos_mail.send import backoff, clock, seed
from exordos_mail.send.content import check, request
from exordos_mail.send.events import records as events
from exordos_mail.send.metrics import counters, gauges, lanes
from exordos_mail.send.queue import accept, claim, settle
from exordos_mail.send.queue.job import Job, Lane, Outcome, Result
from exordos_mail.send.storage import sqlite

_RECIPIENTS = "exordos_mail_send_recipients_total"
_SECONDS = "exordos_mail_send_accepted_to_sent_seconds_sum"


@pytest.fixture
def tx(tmp_path: pathlib.Path) -> sqlite.SqliteTransaction:
    base = sqlite.SqliteDatabase(tmp_path / "db")
    base.migrate()
    base.close()
    connection = sqlite3.connect(tmp_path / "db", isolation_level=None)
    connection.row_factory = lambda cursor, row: {
        column[0]: value for column, value in zip(cursor.description, row, strict=True)
    }
    found = sqlite.SqliteTransaction(connection)
    seed.seed(found, ("127.0.0.1", 25))
    return found


def _count(name: str, tenant: str, **more: str) -> float:
    labels = {"tenant": tenant, "relay": "main", **more}
    return counters.REGISTRY.get_sample_value(name, labels) or 0


def _job(tenant: str, **more: tp.Any) -> Job:
    given = {
        "lane": Lane(tenant, "main"),
        "id": "1",
        "sender": "a@example.com",
        "priority": 3,
        "attempt": 1,
        "created_at": 1_000,
        "due_at": 1_000,
        "expires_at": 10**9,
        "recipients": [(0, "b@example.net"), (1, "c@example.net")],
        "body": b"",
    }
    return Job(**{**given, **more})


def _accept(tx: sqlite.SqliteTransaction, count: int = 1, **more: tp.Any) -> None:
    given = request.MessageIn(
        from_="a@example.com", to="b@example.net", text="x", **more
    )
    drafts = [check.check(given, clock.now()) for _ in range(count)]
    accept.accept(tx, "default", drafts, True, "admin", clock.now())


def test_lanes_beyond_the_most_share_one_series() -> None:
    made = []

    def make(labels: tuple[str, str]) -> str:
        made.append(labels)
        return "/".join(labels)

    found = lanes.Lanes(make, most=2)
    names = [found.get(name, "main") for name in ("a", "b", "c", "d", "a")]
    assert names == ["a/main", "b/main", "_other/_other", "_other/_other", "a/main"]
    assert made == [("a", "main"), ("b", "main"), (lanes.OTHER, lanes.OTHER)]


def test_gauges_beyond_the_most_are_added_up_or_the_highest() -> None:
    table: gauges.Table = {
        (f"t{number}", "main"): (number, 1, 10 - number) for number in range(5)
    }
    found = gauges.bounded(table, (sum, sum, max), most=2)
    assert found == {
        ("t4", "main"): (4, 1, 6),
        ("t3", "main"): (3, 1, 7),
        (lanes.OTHER, lanes.OTHER): (3, 3, 10),
    }
    assert gauges.bounded(table, (sum, sum, max), most=5) == table


def test_accepted_counts_messages_and_what_is_suppressed() -> None:
    outs = [
        accept.Accepted("1", "queued", "main", []),
        accept.Accepted("2", "suppressed", "main", ["a@example.net", "b@example.net"]),
        accept.Repeated("1", "queued", "main", []),
        accept.Refused("unknown_relay", "relay", "no such relay"),
    ]
    counters.accepted("accepting", outs)
    assert _count("exordos_mail_send_messages_accepted_total", "accepting") == 2
    assert _count(_RECIPIENTS, "accepting", result="suppressed") == 2
    # All series of a lane begin together.
    assert _count(_RECIPIENTS, "accepting", result="sent") == 0


def test_repeated_message_is_known_as_such(tx: sqlite.SqliteTransaction) -> None:
    given = request.MessageIn(
        from_="a@example.com", to="b@example.net", text="x", idempotency_key="k"
    )
    drafts = [check.check(given, clock.now()) for _ in range(2)]
    verdicts = accept.accept(tx, "default", drafts, True, "admin", clock.now())
    verdicts += accept.accept(tx, "default", drafts[:1], True, "admin", clock.now())
    assert [type(one) for one in verdicts] == [
        accept.Accepted,
        accept.Repeated,
        accept.Repeated,
    ]


@pytest.mark.parametrize(
    ("attempt", "due_at", "label", "seconds"),
    [(1, 1_000, "first", 9), (1, 6_000, "first", 4), (2, 6_000, "later", 9)],
)
def test_time_is_since_acceptance_or_the_time_it_was_for(
    attempt: int, due_at: int, label: str, seconds: float
) -> None:
    def total() -> float:
        labels = {"priority": "low", "attempt": label}
        return counters.REGISTRY.get_sample_value(_SECONDS, labels) or 0

    before = total()
    job = _job("timing", attempt=attempt, due_at=due_at)
    counters.settled(job, {"sent": 2}, 10_000)
    assert total() - before == pytest.approx(seconds)


def test_attempt_that_sends_nothing_has_no_time() -> None:
    def count() -> float:
        return sum(
            sample.value
            for family in counters.REGISTRY.collect()
            for sample in family.samples
            if sample.name == "exordos_mail_send_accepted_to_sent_seconds_count"
        )

    before = count()
    counters.settled(_job("failing"), {"failed": 1, "deferred": 1}, 10_000)
    assert count() == before
    assert _count(_RECIPIENTS, "failing", result="failed") == 1
    assert _count(_RECIPIENTS, "failing", result="deferred") == 1


@pytest.mark.parametrize(
    ("expires_in", "wanted"),
    [(10**9, {"sent": 1, "deferred": 1}), (1, {"sent": 1, "expired": 1})],
)
def test_settling_says_what_is_counted(
    tx: sqlite.SqliteTransaction, expires_in: int, wanted: dict[str, int]
) -> None:
    now = clock.now()
    job = _job("default", expires_at=now + expires_in)
    results = [
        Result(0, "b@example.net", "sent", code=250),
        Result(1, "c@example.net", "deferred", "greylisted", 451),
    ]
    tx._connection.execute(
        "INSERT INTO messages (tenant_id, id, relay_id, priority, state, sender,"
        " subject, due_at, expires_at, attempts, orphaned, created_at, updated_at)"
        " VALUES ('default', ?, 'default', 2, 'sending', '', '', 0, 0, 1, 0, 0, 0)",
        [job.id],
    )
    tx._connection.executemany(
        "INSERT INTO recipients (message_id, position, address, state, updated_at)"
        " VALUES (?, ?, ?, 'waiting', 0)",
        [(job.id, one.position, one.address) for one in results],
    )
    schedule = backoff.parse("30")
    outcome = Outcome(job, results, "", "me")
    assert settle.settle(tx, "default", [outcome], schedule, now) == [wanted]


def test_settling_of_a_message_that_was_removed_tells_nobody(
    tx: sqlite.SqliteTransaction,
) -> None:
    results = [Result(0, "b@example.net", "failed", code=550, hard=True)]
    job, now = _job("default"), clock.now()
    schedule = backoff.parse("30")
    outcome = Outcome(job, results, "", "me")
    assert settle.settle(tx, "default", [outcome], schedule, now) == [{}]
    assert events.after(tx, job.lane.tenant_id, 0, 10) == []


def test_claim_counts_what_it_rejects_and_what_has_expired(
    tx: sqlite.SqliteTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = Lane("default", "default")
    tx._connection.execute("UPDATE relays SET limit_hour = 1, over_limit = 'reject'")
    _accept(tx, expires_at=clock.now() / 1000 + 60)
    later = clock.now() + 61_000
    monkeypatch.setattr(clock, "now", lambda: later)
    assert claim.claim(tx, lane, "me", 10, 3, later).ended == {"expired": 1}
    _accept(tx, count=3)
    found = claim.claim(tx, lane, "me", 10, 3, later)
    assert found.ended == {"failed": 3}
    counters.claimed(Lane("rejecting", "main"), found)
    assert _count(_RECIPIENTS, "rejecting", result="failed") == 3
