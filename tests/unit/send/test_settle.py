# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What an attempt came to, written to a real database."""

import collections.abc as abc
import typing as tp

import pytest

from exordos_mail.send import backoff
from exordos_mail.send.events import records as events
from exordos_mail.send.messages import records as messages
from exordos_mail.send.queue import claim, settle, suppressions, upkeep
from exordos_mail.send.queue.job import Job, Outcome, Result, deferred
from exordos_mail.send.storage import sql, sqlite
from tests.unit.send import memory_database
from tests.unit.send.memory_database import LANE

NOW = 1_800_000_000_000
_RECIPIENTS = sql.statement("SELECT address, state FROM recipients ORDER BY position")


@pytest.fixture
def tx() -> abc.Iterator[sqlite.SqliteTransaction]:
    with memory_database.transaction() as found:
        yield found


def _claimed(tx: sqlite.SqliteTransaction, *to: str, worker_id: str = "me") -> Job:
    memory_database.accepted(tx, NOW, to=list(to))
    (job,) = claim.claim(tx, LANE, worker_id, 1, 3, NOW).jobs
    return job


def _settle(
    tx: sqlite.SqliteTransaction, job: Job, *results: Result, worker_id: str = "me"
) -> dict[str, int]:
    outcome = Outcome(job, results, "server:25", worker_id)
    schedule = backoff.Backoff((60.0,))
    (found,) = settle.settle(tx, LANE.tenant_id, [outcome], schedule, NOW)
    return dict(found)


def _state(tx: sqlite.SqliteTransaction, job: Job) -> tuple[str, dict[str, str]]:
    row = messages.get(tx, LANE.tenant_id, job.id)
    assert row is not None
    found = {one["address"]: one["state"] for one in tx.rows(_RECIPIENTS)}
    return row.state, found


def _types(tx: sqlite.SqliteTransaction) -> list[str]:
    return [event.type for event in events.after(tx, LANE.tenant_id, 0, 100)]


def test_each_recipient_has_its_own_result(tx: sqlite.SqliteTransaction) -> None:
    job = _claimed(tx, "a@example.net", "b@example.net", "c@example.net")
    results = (
        Result(0, "a@example.net", "sent"),
        Result(1, "b@example.net", "failed", "recipient_refused", 550, "5.7.1", "no"),
        Result(2, "c@example.net", "deferred", "timeout"),
    )
    assert _settle(tx, job, *results) == {"sent": 1, "failed": 1, "deferred": 1}
    state, recipients = _state(tx, job)
    assert state == "deferred"
    assert list(recipients.values()) == ["sent", "failed", "waiting"]
    (again,) = claim.claim(tx, LANE, "me", 1, 3, NOW + 100_000).jobs
    assert (again.attempt, again.recipients) == (2, [(2, "c@example.net")])
    _settle(tx, again, Result(2, "c@example.net", "sent"))
    assert _state(tx, job)[0] == "partial"
    assert _types(tx) == ["accepted", "sent", "failed", "deferred", "sent"]


def test_what_is_final_is_not_written_again(tx: sqlite.SqliteTransaction) -> None:
    job = _claimed(tx, "a@example.net", "b@example.net")
    first, other = Result(0, "a@example.net", "sent"), deferred(job, "timeout")[1]
    _settle(tx, job, first, other)
    # As one that was declared dead does, with what it knew.
    _settle(tx, job, Result(0, "a@example.net", "failed"), other, worker_id="late")
    assert _state(tx, job)[1]["a@example.net"] == "sent"


@pytest.mark.parametrize("kind", ["sent", "deferred"])
def test_claim_of_another_worker_stays(tx: sqlite.SqliteTransaction, kind: str) -> None:
    job = _claimed(tx, "a@example.net")
    upkeep.release(tx, "me", True, NOW)
    (theirs,) = claim.claim(tx, LANE, "other", 1, 3, NOW).jobs
    assert theirs.id == job.id
    _settle(tx, job, Result(0, "a@example.net", kind, "timeout"))
    row = messages.get(tx, LANE.tenant_id, job.id)
    assert row is not None and row.state == "sending"
    _settle(tx, theirs, Result(0, "a@example.net", "sent"), worker_id="other")
    assert _state(tx, job)[0] == "sent"


def test_reply_is_kept_as_far_as_it_is_of_use(tx: sqlite.SqliteTransaction) -> None:
    job = _claimed(tx, "a@example.net")
    long = "x" * (settle.REPLY_MAX + 1)
    _settle(tx, job, Result(0, "a@example.net", "failed", "r", 550, None, long))
    event = events.after(tx, LANE.tenant_id, 0, 100)[-1]
    assert f'"{long[:-1]}"' in event.details
    assert long not in event.details


def test_messages_that_are_gone_tell_nobody(tx: sqlite.SqliteTransaction) -> None:
    job = _claimed(tx, "a@example.net")
    upkeep.remove(tx, [{"tenant_id": LANE.tenant_id, "id": job.id}])
    assert _settle(tx, job, Result(0, "a@example.net", "sent")) == {}
    assert "sent" not in _types(tx)


# --- the suppression list ------------------------------------------------------------


def _listed(tx: sqlite.SqliteTransaction, *addresses: str) -> set[str]:
    return set(suppressions.among(tx, LANE.tenant_id, addresses, NOW))


@pytest.mark.parametrize("hard", [True, False])
def test_address_that_does_not_exist_gets_nothing_more(
    tx: sqlite.SqliteTransaction, hard: bool
) -> None:
    job = _claimed(tx, "A@example.net")
    _settle(tx, job, Result(0, "A@example.net", "failed", hard=hard))
    assert _listed(tx, "a@example.net", "b@example.net") == (
        {"a@example.net"} if hard else set()
    )


def test_refused_star_stops_nobody_else(tx: sqlite.SqliteTransaction) -> None:
    job = _claimed(tx, "*@example.net")
    _settle(tx, job, Result(0, "*@example.net", "failed", hard=True))
    assert _listed(tx, "a@example.net", "*@example.net") == set()


def test_entry_of_a_domain_stands_for_its_addresses(
    tx: sqlite.SqliteTransaction,
) -> None:
    manual = suppressions.MANUAL
    suppressions.add(tx, LANE.tenant_id, "*@example.net", "left", manual, NOW)
    asked = "a@example.net", "a@sub.example.net", "a@example.com"
    assert _listed(tx, *asked) == {"a@example.net"}


@pytest.mark.parametrize("override", [False, True])
def test_what_was_listed_after_the_claim_is_held_back(
    tx: sqlite.SqliteTransaction, override: bool
) -> None:
    more: dict[str, tp.Any] = {"override_suppression": "why"} if override else {}
    jobs = []
    for to in (["a@example.net", "b@example.net"], ["b@example.net"]):
        memory_database.accepted(tx, NOW, to=to, **more)
        jobs += claim.claim(tx, LANE, "me", 1, 3, NOW).jobs
    suppressions.add(tx, LANE.tenant_id, "b@example.net", "x", "manual", NOW)
    left = settle.withhold(tx, jobs, "me", NOW)
    if override:
        assert left == jobs
        return
    assert [(job.id, job.recipients) for job in left] == [
        (jobs[0].id, [(0, "a@example.net")])
    ]
    # The other one has its end here.
    row = messages.get(tx, LANE.tenant_id, jobs[1].id)
    assert row is not None and row.state == "suppressed"
