# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Cursors on both databases, with a clock of the test's own."""

import asyncio
import collections.abc as abc
import pathlib
import typing as tp

import pytest

from exordos_mail.send.events import records as event_records
from exordos_mail.send.queue import events, workers
from exordos_mail.send.storage import database, postgresql, sql, sqlite
from exordos_mail.send.tenants import records as tenants
from exordos_mail.send.webhooks import cursor, operations
from exordos_mail.send.webhooks.answer import Kind, WebhookVerdict
from exordos_mail.send.webhooks.batch import Batch
from exordos_mail.send.webhooks.settings import DELAYS, WebhookSettings
from tests.integration.send.conftest import Services

NOW = 1_800_000_000_000
DAY = 24 * 3600 * 1000
SETTINGS = WebhookSettings()
FAILED = WebhookVerdict(Kind.FAILED, "the receiver answered 500")
TAKEN = WebhookVerdict(Kind.TAKEN)
HELD = WebhookVerdict(Kind.HELD, "the webhook's secret cannot be decrypted")


class World:
    """A database with two workers and a tenant; `do` runs a unit of work."""

    def __init__(self, base: database.Database) -> None:
        self.base = base

    def do(self, unit: abc.Callable[..., tp.Any], *args: tp.Any) -> tp.Any:
        return asyncio.run(self.base.write(unit, *args))

    def add_events(self, count: int, at: int = NOW, tenant: str = "acme") -> None:
        self.do(events.add, tenant, [events.Event("cancelled")] * count, at)

    def take(self, worker: str = "w1", now: int = NOW + 1000) -> Batch | None:
        return tp.cast(
            "Batch | None", self.do(cursor.take, "acme", worker, SETTINGS, now)
        )

    def must_take(self, worker: str = "w1", now: int = NOW + 1000) -> Batch:
        found = self.take(worker, now)
        assert found is not None
        return found

    def settle(
        self, done: Batch, verdict: WebhookVerdict, now: int, worker: str = "w1"
    ) -> int | None:
        return tp.cast(
            "int | None", self.do(cursor.settle, done, verdict, worker, SETTINGS, now)
        )

    def status(self) -> operations.Status:
        return tp.cast(operations.Status, self.do(operations.status, "acme"))


@pytest.fixture
def world(kind: str, services: Services, tmp_path: pathlib.Path) -> tp.Iterator[World]:
    base: database.Database
    if kind == "sqlite":
        base = sqlite.SqliteDatabase(tmp_path / "send.sqlite3")
    else:
        base = postgresql.PostgresqlDatabase(str(services.database()))
    try:
        base.migrate()
        found = World(base)
        for worker in ("w1", "w2"):
            found.do(workers.enter, worker, workers.this_process())
        for name, url in (("acme", "http://r.example/"), ("quiet", None)):
            row = tenants.TenantRow(id=name, name=name, callback_url=url)
            found.do(tenants.add, row, NOW)
        yield found
    finally:
        base.close()


def test_cursor_moves_only_when_the_batch_is_taken(world: World) -> None:
    world.add_events(3)
    first = world.must_take()
    assert world.status().cursor == 0
    due_at = world.settle(first, FAILED, NOW + 1000)
    assert world.status().cursor == 0
    assert due_at is not None
    assert world.take(now=due_at - 1) is None
    again = world.must_take(now=due_at)
    assert (again.id, again.last, again.body()) == (first.id, 3, first.body())
    world.settle(again, TAKEN, due_at)
    assert world.status().cursor == 3


def test_a_retry_has_no_event_that_came_meanwhile(world: World) -> None:
    world.add_events(3)
    first = world.must_take()
    due_at = world.settle(first, FAILED, NOW + 1000)
    assert due_at is not None
    world.add_events(5)
    assert world.must_take(now=due_at).body() == first.body()


def test_fault_of_our_own_switches_no_webhook_off(world: World) -> None:
    world.add_events(1)
    for day in (0, 4, 8):
        now = NOW + 1000 + day * DAY
        assert world.settle(world.must_take(now=now), HELD, now)
        assert world.status().last_error == HELD.reason
    # The receiver's own time begins with its own first failure.
    for day in (9, 13):
        now = NOW + 1000 + day * DAY
        assert world.settle(world.must_take(now=now), FAILED, now)
    now = NOW + 1000 + 14 * DAY
    assert world.settle(world.must_take(now=now), FAILED, now) == 0


def test_schedule_is_the_published_one(world: World) -> None:
    world.add_events(1)
    now = NOW + 1000
    for delay in (*DELAYS, DELAYS[-1]):
        done = world.must_take(now=now)
        due_at = world.settle(done, FAILED, now)
        assert due_at is not None
        assert delay * 1000 <= due_at - now <= delay * 1200
        now = due_at


def test_five_days_of_failures_switch_it_off(world: World) -> None:
    world.add_events(1)
    world.settle(world.must_take(), FAILED, NOW)
    world.settle(world.must_take(now=NOW + 4 * DAY), FAILED, NOW + 4 * DAY)
    assert world.status().disabled_reason is None
    found = world.must_take(now=NOW + 5 * DAY)
    assert world.settle(found, FAILED, NOW + 5 * DAY) == 0
    assert world.status().disabled_reason == "failing"
    assert world.take(now=NOW + 50 * DAY) is None
    world.do(operations.resume, "acme")
    assert world.must_take(now=NOW + 50 * DAY).id == found.id


def test_a_success_begins_the_five_days_anew(world: World) -> None:
    world.add_events(1)
    world.settle(world.must_take(), FAILED, NOW)
    world.settle(world.must_take(now=NOW + 4 * DAY), TAKEN, NOW + 4 * DAY)
    world.add_events(1)
    world.settle(world.must_take(now=NOW + 5 * DAY), FAILED, NOW + 5 * DAY)
    assert world.status().disabled_reason is None


def test_one_worker_at_a_time(world: World) -> None:
    world.add_events(1)
    found = world.must_take("w1")
    assert world.take("w2") is None
    assert world.do(cursor.due, "w2", SETTINGS, NOW + 1000) == []
    world.do(workers.leave, "w1")
    again = world.must_take("w2")
    assert again.id == found.id
    # The first one is not dead after all: its word has no weight.
    world.settle(found, TAKEN, NOW + 2000, "w1")
    assert world.status().cursor == 0
    world.settle(again, TAKEN, NOW + 2000, "w2")
    assert world.status().cursor == 1


def test_who_listens_is_told_of_events_that_were_committed(world: World) -> None:
    told: list[int] = []
    # In another thread: it sees what is committed.
    last = lambda: asyncio.run(world.base.read(event_records.last, "acme"))  # noqa: E731
    world.base.listen(lambda: told.append(last()))

    def fail(tx: database.Transaction) -> None:
        events.add(tx, "acme", [events.Event("cancelled")], NOW)
        raise LookupError("on purpose")

    with pytest.raises(LookupError):
        world.do(fail)
    world.do(workers.beat, "w1")
    assert told == []
    world.add_events(3)
    assert told == [3]


def test_who_is_declared_dead_takes_nothing(world: World) -> None:
    world.add_events(1)
    world.do(workers.leave, "w1")
    assert world.take("w1") is None


def test_due(world: World) -> None:
    def due(now: int) -> list[str]:
        rows = world.do(cursor.due, "w1", SETTINGS, now)
        return [row["tenant_id"] for row in rows]

    assert due(NOW) == []
    world.add_events(2)
    world.add_events(2, tenant="quiet")
    assert due(NOW) == []
    assert due(NOW + SETTINGS.wait) == ["acme"]
    world.add_events(SETTINGS.events)
    assert due(NOW) == ["acme"]


def test_lag(world: World) -> None:
    def lag() -> tuple[int, int]:
        found = world.status()
        return found.waiting, found.age(NOW + 60_000)

    world.add_events(3)
    world.add_events(2, NOW + 5000)
    assert lag() == (5, 60_000)
    world.do(operations.replay, "acme", 4)
    assert lag() == (2, 55_000)
    world.do(operations.replay, "acme", 6)
    assert lag() == (0, 0)


def test_removed_events_are_stepped_over(world: World) -> None:
    world.add_events(5)
    world.do(lambda tx: tx.run(sql.statement("DELETE FROM events")))
    assert world.take() is None
    assert world.status().waiting == 0
