# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Results: what an attempt came to is written, with its events, at once."""

import collections
import collections.abc as abc
import dataclasses

from exordos_mail.send import backoff, clock
from exordos_mail.send.content import address, simulator
from exordos_mail.send.queue import events, standing, states, suppressions
from exordos_mail.send.queue.job import Job, Outcome, Result, same_for_all
from exordos_mail.send.storage import database, sql

#: Seconds after the first, second, … attempt that was deferred; the last one repeats.
DELAYS = (30, 120, 300, 900, 1800, 3600, 7200, 14400, 21600)
#: Characters of a server's answer that are kept.
REPLY_MAX = 500

_RECIPIENT = sql.statement("""
UPDATE recipients
SET state = ?, code = ?, enhanced = ?, reply = ?, updated_at = ?
WHERE message_id = ? AND position = ? AND state = 'waiting'
""")
# With what decides whether this attempt ends the message.
_STATES = sql.statement("""
SELECT r.message_id, r.state, m.worker_id, m.octets
FROM recipients r
JOIN messages m ON m.tenant_id = :tenant_id AND m.id = r.message_id
WHERE r.message_id IN ({{each :ids}}) {{lock_m}}
""")
# Only the worker whose claim it is may end it: one that was declared dead
# leaves the message to the next.
_FINISH = sql.statement("""
UPDATE messages
SET state = ?, worker_id = NULL, updated_at = ?, final_at = ?
WHERE tenant_id = ? AND id = ? AND worker_id = ?
""")
# It may have been suspended while it was being sent.
_DEFER = sql.statement(f"""
UPDATE messages
SET state = CASE WHEN {states.HELD} THEN 'suspended' ELSE 'deferred' END,
    worker_id = NULL, updated_at = ?, due_at = ?
WHERE tenant_id = ? AND id = ? AND worker_id = ?
""")  # noqa: S608 our own text


@dataclasses.dataclass
class _Left:
    """A message that is still there, after its recipients were written."""

    #: Whose claim it is now; None: nobody's.
    worker_id: str | None
    octets: int
    #: Of all its recipients.
    states: set[str] = dataclasses.field(default_factory=set)


#: Writes what else comes of outcomes of one tenant, at a moment, once their results
#: are written; returns the events of it.
Follow = abc.Callable[
    [database.Transaction, str, abc.Sequence[Outcome], int], list[events.Event]
]


def nothing(*_: object) -> list[events.Event]:
    """Return no events."""
    return []


def settle(
    tx: database.Transaction,
    tenant_id: str,
    outcomes: abc.Sequence[Outcome],
    schedule: backoff.Backoff,
    now: int,
    follow: Follow = nothing,
) -> list[collections.Counter[str]]:
    """Write what attempts of one tenant came to; count the events of each one."""
    due = {
        outcome.job.id: schedule.due_at(outcome.job.attempt, now)
        for outcome in outcomes
    }
    return _write(tx, tenant_id, outcomes, due, now, follow)


def end(
    tx: database.Transaction,
    jobs: abc.Sequence[Job],
    state: str,
    reason: str,
    worker_id: str,
    now: int,
) -> None:
    """End messages of one tenant that will never be sent.

    Args:
        state: of the recipients that still wait: states.FAILED or states.EXPIRED.
    """
    if jobs:
        outcomes = [
            Outcome(job, same_for_all(job, state, reason), "", worker_id)
            for job in jobs
        ]
        _write(tx, jobs[0].lane.tenant_id, outcomes, {}, now)


def withhold(
    tx: database.Transaction, jobs: abc.Sequence[Job], worker_id: str, now: int
) -> list[Job]:
    """Ask the suppression list about messages of one tenant that are to be sent.

    Recipients that are on it get nothing. A message without any other recipient has
    its end here.

    Returns:
        The messages that are still to be sent, with the recipients they go to.
    """
    asked = [job for job in jobs if not job.override]
    wanted = [address.normal(to) for job in asked for _, to in job.recipients]
    if not wanted:
        return list(jobs)
    tenant_id = asked[0].lane.tenant_id
    listed = suppressions.among(tx, tenant_id, wanted, now)
    if not listed:
        return list(jobs)
    outcomes = []
    kept = [job for job in jobs if job.override]
    for job in asked:
        held = [
            Result(at, to, states.SUPPRESSED, listed[address.normal(to)])
            for at, to in job.recipients
            if address.normal(to) in listed
        ]
        left = [one for one in job.recipients if address.normal(one[1]) not in listed]
        if held:
            outcomes.append(Outcome(job, held, "", worker_id))
        if left:
            kept.append(dataclasses.replace(job, recipients=left))
    if outcomes:
        _write(tx, tenant_id, outcomes, {}, now)
    order = {job.id: number for number, job in enumerate(jobs)}
    return sorted(kept, key=lambda job: order[job.id])


def _write(
    tx: database.Transaction,
    tenant_id: str,
    outcomes: abc.Sequence[Outcome],
    due: abc.Mapping[str, int],
    now: int,
    follow: Follow = nothing,
) -> list[collections.Counter[str]]:
    """Write outcomes.

    Args:
        due: when each message, by its id, that is deferred is tried again; one that
            is not in it, and has recipients that wait, stays claimed.
    """
    rows: list[tuple[object, ...]] = []
    found: list[events.Event] = []
    counts = []
    for outcome in outcomes:
        job = outcome.job
        kinds = []
        for result in outcome.results:
            kind = result.state
            if kind == states.DEFERRED and due[job.id] >= job.expires_at:
                kind = states.EXPIRED
            state = states.RECIPIENT_WAITING if kind == states.DEFERRED else kind
            reply = None if result.reply is None else result.reply[:REPLY_MAX]
            rows.append(
                (
                    state,
                    result.code,
                    result.enhanced,
                    reply,
                    now,
                    job.id,
                    result.position,
                )
            )
            details = _details(job, result, reply, outcome.server)
            if kind == states.DEFERRED:
                details["due_at"] = clock.text(due[job.id])
            found.append(events.Event(kind, job.id, result.address, details))
            # Counted is what servers say.
            if not result.is_simulated:
                kinds.append(kind)
        counts.append(collections.Counter(kinds))
    tx.run_many(_RECIPIENT, rows)
    left = _left(tx, tenant_id, outcomes)
    # Of what was removed meanwhile, with its tenant, there is nobody to tell.
    there = [outcome for outcome in outcomes if outcome.job.id in left]
    change = _release(tx, tenant_id, there, left, due, now)
    _suppress(tx, tenant_id, there, now)
    told = [event for event in found if event.message_id in left]
    told += follow(tx, tenant_id, there, now)
    events.add(tx, tenant_id, told, now, change=change)
    return [
        count if outcome.job.id in left else collections.Counter()
        for outcome, count in zip(outcomes, counts, strict=True)
    ]


def _left(
    tx: database.Transaction, tenant_id: str, outcomes: abc.Sequence[Outcome]
) -> dict[str, _Left]:
    """Return each message that is still there.

    What else is in the database decides: a recipient may be final already.
    """
    found: dict[str, _Left] = {}
    ids = sql.json_list(outcome.job.id for outcome in outcomes)
    for row in tx.rows(_STATES, tenant_id=tenant_id, ids=ids):
        one = found.setdefault(
            row["message_id"], _Left(row["worker_id"], row["octets"])
        )
        one.states.add(row["state"])
    return found


def _release(
    tx: database.Transaction,
    tenant_id: str,
    outcomes: abc.Sequence[Outcome],
    left: abc.Mapping[str, _Left],
    due: abc.Mapping[str, int],
    now: int,
) -> standing.Standing:
    """End the claims: a message is final, or waits for its next attempt.

    Returns:
        What the messages that are final now change of what waits.
    """
    messages = octets = 0
    final: list[tuple[object, ...]] = []
    deferred: list[tuple[object, ...]] = []
    for outcome in outcomes:
        job_id = outcome.job.id
        ours = tenant_id, job_id, outcome.worker_id
        one = left[job_id]
        if states.RECIPIENT_WAITING in one.states:
            if job_id in due:
                deferred.append((now, due[job_id], *ours))
            continue
        final.append((states.final(one.states), now, now, *ours))
        if one.worker_id == outcome.worker_id:
            messages -= 1
            octets -= one.octets
    tx.run_many(_FINISH, final)
    tx.run_many(_DEFER, deferred)
    return standing.Standing(messages, octets)


def _suppress(
    tx: database.Transaction,
    tenant_id: str,
    outcomes: abc.Sequence[Outcome],
    now: int,
) -> None:
    """Put addresses that do not exist on the suppression list."""
    for result in (one for outcome in outcomes for one in outcome.results):
        if result.hard:
            suppressions.add(
                tx,
                tenant_id,
                address.normal(result.address),
                (result.reply or result.reason)[:REPLY_MAX],
                suppressions.HARD_BOUNCE,
                now,
            )


def _details(
    job: Job, result: Result, reply: str | None, server: str
) -> dict[str, object]:
    members = {
        "attempt": job.attempt,
        "reason": result.reason,
        "code": result.code,
        "enhanced": result.enhanced,
        "reply": reply,
        "server": simulator.HOST if result.is_simulated else server,
        "cause": result.cause,
    }
    return {name: value for name, value in members.items() if value not in (None, "")}
