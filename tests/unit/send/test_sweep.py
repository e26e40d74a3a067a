# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Sweeps meet the messages that are meant, each once, and no other."""

import collections.abc as abc
import typing as tp

import pytest

from exordos_mail.send.messages import records as messages
from exordos_mail.send.queue import claim, states, sweep, upkeep
from exordos_mail.send.queue.sweep import CANCEL, REMOVE, Selection, Sweep
from exordos_mail.send.storage import sqlite
from exordos_mail.send.tenants import records as tenants
from tests.unit.send import memory_database
from tests.unit.send.memory_database import LANE, accepted

NOW = 1_800_000_000_000
LATER = NOW / 1000 + 3600


@pytest.fixture
def tx() -> abc.Iterator[sqlite.SqliteTransaction]:
    with memory_database.transaction() as found:
        yield found


def swept(
    tx: sqlite.SqliteTransaction, action: str, **wanted: tp.Any
) -> tuple[Sweep, int]:
    """Sweep to the end; return the sweep and how many pieces that took."""
    found = sweep.begin(tx, "default", action, Selection(**wanted), "key:k", NOW)
    pieces = 1
    while found.ended_at is None:
        again = sweep.step(tx, found.id, NOW)
        assert again is not None
        found, pieces = again, pieces + 1
    return found, pieces


def state(tx: sqlite.SqliteTransaction, message_id: str) -> str | None:
    row = messages.get(tx, "default", message_id)
    return None if row is None else row.state


def standing(tx: sqlite.SqliteTransaction) -> int:
    rows = tx._connection.execute("SELECT messages FROM event_counters").fetchall()
    return int(rows[0]["messages"])


@pytest.mark.parametrize(
    ("wanted", "met"),
    [
        ({"tag": "a"}, [0, 2]),
        ({"reference": "r"}, [0, 1]),
        ({"batch": "b"}, [1, 2]),
        ({"tag": "a", "batch": "b"}, [2]),
        ({"tag": "a", "reference": "r", "batch": "none"}, []),
        ({"state": "scheduled"}, [0, 1, 2, 3]),
        ({"state": "queued"}, [4]),
        ({"state": "suspended"}, []),
        ({"batch": "b", "state": "queued"}, []),
        ({"tag": "'"}, []),
    ],
)
def test_those_that_are_meant_are_cancelled(
    tx: sqlite.SqliteTransaction, wanted: tp.Any, met: list[int]
) -> None:
    made = [
        accepted(tx, NOW, send_at=LATER, tags=["a"], reference="r"),
        accepted(tx, NOW, send_at=LATER, batch="b", reference="r"),
        accepted(tx, NOW, send_at=LATER, batch="b", tags=["a", "c"]),
        accepted(tx, NOW, send_at=LATER),
        accepted(tx, NOW),
    ]
    found, _ = swept(tx, CANCEL, **wanted)
    ended = [index for index, one in enumerate(made) if state(tx, one) == "cancelled"]
    assert (ended, found.changed) == (met, len(met))
    assert standing(tx) == len(made) - len(met)


def test_ids_are_met_where_they_are_the_tenants(tx: sqlite.SqliteTransaction) -> None:
    one, two = accepted(tx, NOW), accepted(tx, NOW)
    found, _ = swept(tx, CANCEL, ids=[one, one, "none"])
    assert (found.changed, state(tx, one), state(tx, two)) == (1, "cancelled", "queued")
    tenants.add(tx, tenants.TenantRow(id="other", name="o"), NOW)
    foreign = sweep.begin(tx, "other", CANCEL, Selection(ids=[two]), "admin", NOW)
    assert (foreign.changed, state(tx, two)) == (0, "queued")
    assert sweep.get(tx, "other", found.id) is None


def test_many_are_done_in_bounded_pieces(tx: sqlite.SqliteTransaction) -> None:
    count = 2 * upkeep.CHUNK + 7
    for number in range(count):
        accepted(tx, NOW, send_at=LATER, tags=["all"], batch=f"b{number % 2}")
    begun = sweep.begin(tx, "default", CANCEL, Selection(tag="all"), "key:k", NOW)
    assert (begun.changed, begun.ended_at) == (upkeep.CHUNK, None)
    assert sweep.left(tx, begun) == count - upkeep.CHUNK
    # Who is killed here leaves the rest to any process.
    rounds = 0
    while sweep.settle(tx, NOW):
        rounds += 1
    done = sweep.get(tx, "default", begun.id)
    assert done is not None and done.changed == count
    assert (rounds, done.ended_at, done.wanted) == (3, NOW, "{}")
    assert (sweep.left(tx, done), standing(tx)) == (0, 0)


def test_what_is_accepted_later_is_not_meant(tx: sqlite.SqliteTransaction) -> None:
    for _ in range(upkeep.CHUNK):
        accepted(tx, NOW, tags=["all"])
    begun = sweep.begin(tx, "default", CANCEL, Selection(tag="all"), "admin", NOW)
    late = accepted(tx, NOW + 1, tags=["all"])
    assert begun.ended_at is None
    while sweep.settle(tx, NOW):
        pass
    assert state(tx, late) == "queued"


def test_what_is_being_sent_is_passed_over(tx: sqlite.SqliteTransaction) -> None:
    one = accepted(tx, NOW, batch="b")
    claim.claim(tx, LANE, "me", 10, 3, NOW)
    assert state(tx, one) == states.SENDING
    assert swept(tx, CANCEL, batch="b")[0].changed == 0
    assert swept(tx, REMOVE, batch="b")[0].changed == 0
    assert state(tx, one) == states.SENDING


def test_only_what_is_final_is_removed(tx: sqlite.SqliteTransaction) -> None:
    ended, waits = (accepted(tx, NOW, tags=["a"], reference="r") for _ in range(2))
    messages.cancel(tx, "default", ended, "admin", NOW)
    assert swept(tx, REMOVE, tag="a", state="failed")[0].changed == 0
    assert swept(tx, REMOVE, tag="a", state="cancelled")[0].changed == 1
    assert (state(tx, ended), state(tx, waits)) == (None, "queued")
    assert standing(tx) == 1


@pytest.mark.parametrize("more", [{}, {"tag": "a"}, {"reference": "r"}, {"batch": "b"}])
def test_it_looks_at_so_many_at_a_time(
    tx: sqlite.SqliteTransaction, monkeypatch: pytest.MonkeyPatch, more: tp.Any
) -> None:
    monkeypatch.setattr(sweep, "_WINDOW", 3)
    labels = {"tags": ["a"], "reference": "r", "batch": "b"}
    made = [accepted(tx, NOW, send_at=LATER, **labels) for _ in range(10)]
    made.append(accepted(tx, NOW, **labels))
    found, pieces = swept(tx, CANCEL, state="queued", **more)
    assert (found.changed, state(tx, made[-1])) == (1, "cancelled")
    assert pieces >= 4


def test_an_empty_tenant_is_swept_at_once(tx: sqlite.SqliteTransaction) -> None:
    assert swept(tx, CANCEL, tag="a")[1] == 1


def test_it_is_forgotten_a_day_after_its_end(tx: sqlite.SqliteTransaction) -> None:
    found, _ = swept(tx, CANCEL, tag="a")
    assert sweep.forget(tx, NOW + 24 * 3600 * 1000 - 1) == 0
    assert sweep.forget(tx, NOW + 24 * 3600 * 1000) == 1
    assert sweep.get(tx, "default", found.id) is None
    assert sweep.step(tx, found.id, NOW) is None


def test_it_goes_with_its_tenant(tx: sqlite.SqliteTransaction) -> None:
    for _ in range(upkeep.CHUNK):
        accepted(tx, NOW, batch="b")
    begun = sweep.begin(tx, "default", CANCEL, Selection(batch="b"), "admin", NOW)
    tenants.remove(tx, "default")
    assert not sweep.settle(tx, NOW)
    assert sweep.step(tx, begun.id, NOW) is None
