# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How far a tenant's webhook has come, on a real database."""

import collections.abc as abc

import msgspec
import pytest

from exordos_mail.send import backoff
from exordos_mail.send.events import records as event_records
from exordos_mail.send.queue import events, upkeep, workers
from exordos_mail.send.storage import sqlite
from exordos_mail.send.tenants import records as tenants
from exordos_mail.send.webhooks import answer, cursor
from exordos_mail.send.webhooks.batch import Batch
from exordos_mail.send.webhooks.settings import WebhookSettings
from tests.unit.send import memory_database

NOW = 1_800_000_000_000
TENANT = memory_database.LANE.tenant_id
SETTINGS = WebhookSettings(events=3, wait=0, delays=backoff.Backoff((60.0,)))
TAKEN = answer.WebhookVerdict(answer.Kind.TAKEN)
FAILED = answer.WebhookVerdict(answer.Kind.FAILED, "500")


@pytest.fixture
def tx() -> abc.Iterator[sqlite.SqliteTransaction]:
    """Give a database with a webhook, two workers, and no event."""
    with memory_database.transaction() as found:
        for worker_id in ("me", "other"):
            workers.enter(found, worker_id, workers.this_process())
        _change(found, callback_url="https://example.net/")
        yield found


def _change(tx: sqlite.SqliteTransaction, **values: object) -> None:
    tenant = tenants.get(tx, TENANT)
    assert tenant is not None
    tenants.change(tx, msgspec.structs.replace(tenant, **values), NOW)


def _happen(tx: sqlite.SqliteTransaction, count: int) -> None:
    events.add(tx, TENANT, [events.Event("batch_suspended")] * count, NOW)


def _take(
    tx: sqlite.SqliteTransaction,
    worker_id: str = "me",
    now: int = NOW,
    settings: WebhookSettings = SETTINGS,
) -> Batch | None:
    return cursor.take(tx, TENANT, worker_id, settings, now)


def _numbers(batch: Batch | None) -> list[int]:
    return [] if batch is None else [row.seq for row in batch.rows]


def _settle(
    tx: sqlite.SqliteTransaction,
    batch: Batch | None,
    verdict: answer.WebhookVerdict,
    worker_id: str = "me",
    now: int = NOW,
) -> int | None:
    assert batch is not None
    return cursor.settle(tx, batch, verdict, worker_id, SETTINGS, now)


def test_events_go_in_their_order_each_once(tx: sqlite.SqliteTransaction) -> None:
    _happen(tx, 7)
    found = []
    while (batch := _take(tx)) is not None:
        found.append(_numbers(batch))
        assert _settle(tx, batch, TAKEN) is None
    assert found == [[1, 2, 3], [4, 5, 6], [7]]


def test_batch_that_is_tried_again_is_the_same(tx: sqlite.SqliteTransaction) -> None:
    _happen(tx, 2)
    first = _take(tx)
    due_at = _settle(tx, first, FAILED)
    assert due_at is not None and due_at >= NOW + 60_000
    _happen(tx, 5)
    assert _take(tx, now=due_at - 1) is None
    again = _take(tx, now=due_at)
    assert first is not None and again is not None
    assert (again.id, again.body(), again.failures) == (first.id, first.body(), 1)
    _settle(tx, again, TAKEN)
    assert _numbers(_take(tx)) == [3, 4, 5]


def test_two_workers_do_not_deliver_at_the_same_time(
    tx: sqlite.SqliteTransaction,
) -> None:
    _happen(tx, 1)
    batch = _take(tx)
    assert _take(tx, "other") is None
    assert cursor.due(tx, "other", SETTINGS, NOW) == []
    assert cursor.due(tx, "me", SETTINGS, NOW) != []
    # It is declared dead: who takes over begins with the same batch.
    upkeep.release(tx, "me", True, NOW)
    taken_over = _take(tx, "other")
    assert batch is not None and taken_over is not None
    assert taken_over.id == batch.id
    # What the former one has to say changes nothing any more.
    assert _settle(tx, batch, FAILED) is None
    assert _take(tx, "me") is None
    _settle(tx, taken_over, TAKEN, "other")
    assert _take(tx, "other") is None


def test_few_events_wait_for_others(tx: sqlite.SqliteTransaction) -> None:
    _happen(tx, 1)
    patient = WebhookSettings(events=3, wait=5000, delays=SETTINGS.delays)
    for now, due in ((NOW + 4999, False), (NOW + 5000, True)):
        assert bool(cursor.due(tx, "me", patient, now)) == due
        assert (_take(tx, now=now, settings=patient) is not None) == due


def test_another_address_begins_anew(tx: sqlite.SqliteTransaction) -> None:
    _happen(tx, 1)
    _settle(tx, _take(tx), FAILED)
    assert _take(tx) is None
    _change(tx, callback_url="https://example.org/")
    batch = _take(tx)
    assert batch is not None
    assert (batch.url, batch.failures) == ("https://example.org/", 0)


def test_receiver_that_says_gone_gets_nothing_more(
    tx: sqlite.SqliteTransaction,
) -> None:
    _happen(tx, 1)
    assert _settle(tx, _take(tx), answer.WebhookVerdict(answer.Kind.GONE, "410")) == 0
    assert _take(tx, now=NOW + 10**9) is None
    assert cursor.due(tx, "me", SETTINGS, NOW + 10**9) == []
    last = event_records.after(tx, TENANT, 0, 100)[-1]
    assert last.type == "webhook_disabled"


def test_without_an_address_nothing_goes(tx: sqlite.SqliteTransaction) -> None:
    _happen(tx, 1)
    _change(tx, callback_url=None)
    assert cursor.due(tx, "me", SETTINGS, NOW) == []
    assert _take(tx) is None
