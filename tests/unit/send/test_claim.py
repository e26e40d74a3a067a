# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Claims and dead workers, on a real SQLite database without its threads."""

import asyncio
import pathlib
import sqlite3
import typing as tp

import pytest

from exordos_mail.send import clock, seed
from exordos_mail.send.content import check, request
from exordos_mail.send.delivery import worker
from exordos_mail.send.messages import records as messages
from exordos_mail.send.queue import accept, claim, pause, upkeep, workers
from exordos_mail.send.queue.job import Lane
from exordos_mail.send.storage import sqlite
from exordos_mail.send.suspensions import records as suspensions

_LANE = Lane("default", "default")


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    base = sqlite.SqliteDatabase(tmp_path / "db")
    base.migrate()
    base.close()
    return tmp_path / "db"


@pytest.fixture
def tx(path: pathlib.Path) -> sqlite.SqliteTransaction:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = lambda cursor, row: {
        column[0]: value for column, value in zip(cursor.description, row, strict=True)
    }
    found = sqlite.SqliteTransaction(connection)
    seed.seed(found, ("127.0.0.1", 25))
    return found


def _accept(tx: sqlite.SqliteTransaction, **more: tp.Any) -> str:
    given = request.MessageIn(
        from_="a@example.com", to="b@example.net", text="x", **more
    )
    draft = check.check(given, clock.now())
    verdict = accept.accept(tx, "default", [draft], True, "admin", clock.now())[0]
    assert isinstance(verdict, accept.Accepted)
    return verdict.id


def _claim(tx: sqlite.SqliteTransaction, worker_id: str, lowest: int = 3) -> list[str]:
    found = claim.claim(tx, _LANE, worker_id, 10, lowest, clock.now())
    return [job.id for job in found.jobs]


def test_message_is_claimed_once(tx: sqlite.SqliteTransaction) -> None:
    message_id = _accept(tx)
    assert _claim(tx, "one") == [message_id]
    assert _claim(tx, "two") == []


def test_message_that_kills_its_workers_ends_as_poison(
    tx: sqlite.SqliteTransaction,
) -> None:
    message_id = _accept(tx)
    for number in range(claim.ORPHANED_MAX):
        name = f"worker{number}"
        workers.enter(tx, name, workers.Process("elsewhere", 1, 1))
        assert _claim(tx, name) == [message_id]
        assert upkeep.release(tx, name, True, clock.now()) == 1
    assert _claim(tx, "last") == []
    row = messages.get(tx, "default", message_id)
    assert row is not None
    assert row.state == "failed"
    assert row.final_at is not None


def test_those_that_were_only_near_are_claimed_one_by_one_and_not_condemned(
    tx: sqlite.SqliteTransaction,
) -> None:
    several = [_accept(tx) for _ in range(3)]
    for number in range(claim.SUSPECT):
        name = f"worker{number}"
        workers.enter(tx, name, workers.Process("elsewhere", 1, 1))
        assert _claim(tx, name) == several
        upkeep.release(tx, name, True, clock.now())
    poison = several[0]
    workers.enter(tx, "alone", workers.Process("elsewhere", 1, 1))
    assert _claim(tx, "alone") == [poison]
    assert _claim(tx, "alone") == []
    upkeep.release(tx, "alone", True, clock.now())
    # The others are less suspect now, and go first.
    for name, one in zip(("left", "right"), several[1:], strict=True):
        workers.enter(tx, name, workers.Process("elsewhere", 1, 1))
        assert _claim(tx, name) == [one]
    assert _claim(tx, "last") == [poison]


def test_claim_in_order_of_priority_and_of_acceptance(
    tx: sqlite.SqliteTransaction,
) -> None:
    low, second, urgent = (
        _accept(tx, priority=name) for name in ("low", "high", "immediate")
    )
    third = _accept(tx, priority="high")
    assert _claim(tx, "one", lowest=0) == [urgent]
    assert _claim(tx, "one") == [second, third, low]


def test_moment_that_is_past_means_now(tx: sqlite.SqliteTransaction) -> None:
    before = clock.now()
    ordinary = _accept(tx)
    late = _accept(tx, send_at=0)
    moved = _accept(tx, send_at=clock.now() / 1000 + 60)
    row = messages.reschedule(tx, "default", moved, 1, None, None, "admin", clock.now())
    assert row is not None
    assert row.due_at >= before
    last = _accept(tx, send_at=1)
    assert _claim(tx, "one") == [ordinary, late, moved, last]


def test_what_a_suspension_held_is_due_when_it_ends(
    tx: sqlite.SqliteTransaction,
) -> None:
    message_id = _accept(tx)
    suspensions.suspend(tx, "default", "", "admin", clock.now())
    later = clock.now() + 3_600_000
    suspensions.resume(tx, "default", "", "admin", later)
    row = messages.get(tx, "default", message_id)
    assert row is not None
    assert row.due_at == later


def test_clock_jump_declares_nobody_dead(
    path: pathlib.Path, tx: sqlite.SqliteTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers.enter(tx, "other", workers.Process("elsewhere", 1, 1))
    message_id = _accept(tx)
    assert _claim(tx, "other") == [message_id]

    async def scenario() -> None:
        base = sqlite.SqliteDatabase(path)
        try:
            me = worker.Worker(base)
            await me.enter()
            assert await me.reap() == 0
            ahead = clock.now() + 24 * 3600 * 1000
            monkeypatch.setattr(clock, "now", lambda: ahead)
            assert await me.reap() == 0
            assert me.may_send()
            # By the steady clock the other one stands still for a lease.
            monkeypatch.setattr(worker, "LEASE", 0.0)
            assert await me.reap() == 1
        finally:
            await asyncio.to_thread(base.close)

    asyncio.run(scenario())
    assert _claim(tx, "third") == [message_id]


def test_expired_message_ends_at_the_claim(
    tx: sqlite.SqliteTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = _accept(tx, expires_at=clock.now() / 1000 + 60)
    later = clock.now() + 61_000
    monkeypatch.setattr(clock, "now", lambda: later)
    assert _claim(tx, "one") == []
    row = messages.get(tx, "default", message_id)
    assert row is not None
    assert row.state == "expired"


def test_nothing_is_claimed_while_the_service_is_paused(
    tx: sqlite.SqliteTransaction,
) -> None:
    message_id = _accept(tx)
    for moment in (1, 2):
        pause.begin(tx, moment)
    assert pause.since(tx) == 1
    assert claim.ready(tx, clock.now()) == {}
    assert _claim(tx, "one") == []
    assert pause.end(tx)
    assert not pause.end(tx)
    assert claim.ready(tx, clock.now()) == {_LANE: 2}
    assert _claim(tx, "one") == [message_id]
