# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Claims: a worker takes messages of one lane."""

import collections
import dataclasses
import time

import msgspec

from exordos_mail.send.queue import contents, limits, pause, settle, states
from exordos_mail.send.queue.job import Job, Lane
from exordos_mail.send.queue.relay import Relay
from exordos_mail.send.storage import database, sql

#: A message whose claim was lost this often is a suspect. Each dead worker held up to a
#: hundred claims, so we cannot tell which message killed it; from now on this one is
#: claimed alone.
SUSPECT = 3
#: After so many it was this one. The difference is deaths with no other suspect of
#: its lane in hand. It is large, because a worker that something else kills again
#: and again soon after its start may meet the same message a few times.
ORPHANED_MAX = 13


@dataclasses.dataclass
class Claim:
    """What a claim found."""

    jobs: list[Job]
    #: Set when limits allow nothing now: ask again at this moment.
    again_at: int | None = None
    #: The relay as it is now; None: gone or inactive.
    relay: Relay | None = None
    #: Recipients whose messages the claim has ended, by their state.
    ended: collections.Counter[str] = dataclasses.field(
        default_factory=collections.Counter
    )


# Lanes with due work and the highest priority of it.  One probe of the queue's
# index for each priority of a relay, however long the queue is.
READY = sql.statement(f"""
SELECT r.tenant_id, r.id AS relay_id, p.priority
FROM relays r
JOIN tenants t ON t.id = r.tenant_id AND t.active = 1
CROSS JOIN (
    SELECT 0 AS priority UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3
) p
WHERE {pause.NONE} AND EXISTS (
    SELECT 1 FROM messages m
    WHERE m.tenant_id = r.tenant_id AND m.relay_id = r.id
      AND m.priority = p.priority AND m.due_at <= :now
      AND m.state IN ('queued', 'scheduled', 'deferred')
)
ORDER BY p.priority
""")  # noqa: S608 our own text
_RELAY = sql.statement("""
SELECT r.*, t.limit_minute AS tenant_limit_minute,
       t.limit_hour AS tenant_limit_hour, t.limit_day AS tenant_limit_day
FROM relays r JOIN tenants t ON t.id = r.tenant_id AND t.active = 1
WHERE r.tenant_id = :tenant_id AND r.id = :relay_id
""")
# Two claims that count against the same limit come one after the other.
_LOCK = sql.statement("SELECT id FROM tenants WHERE id = :tenant_id {{lock}}")
# One priority at a time: the index ends the search at the first that is not due.
# Materialized: PostgreSQL must not run the locking part twice.
_TAKE = """
WITH taken AS MATERIALIZED (
    SELECT m.id FROM messages m
    WHERE m.tenant_id = :tenant_id AND m.relay_id = :relay_id
      AND m.due_at <= :now AND {which}
      AND m.state IN ('queued', 'scheduled', 'deferred')
      AND NOT EXISTS (
          SELECT 1 FROM suspensions s
          WHERE s.tenant_id = m.tenant_id
            AND (s.batch = '' OR s.batch = m.batch)
      )
    ORDER BY {order} LIMIT :limit {{{{skip_locked}}}}
)
UPDATE messages
SET state = 'sending', worker_id = :worker_id, attempts = attempts + 1,
    updated_at = :now
WHERE tenant_id = :tenant_id AND id IN (SELECT id FROM taken)
RETURNING id, sender, priority, attempts, orphaned, created_at, expires_at, due_at,
    suppression_override, test
"""
_TAKE_MOST = sql.statement(
    _TAKE.format(
        which=f"m.priority = :priority AND m.orphaned < {SUSPECT}",
        order="m.due_at, m.id",
    )
)
# The least suspect first: they are sent before the one that it is kills again.
_TAKE_SUSPECT = sql.statement(
    _TAKE.format(
        order="m.orphaned, m.priority, m.due_at, m.id",
        which=f"""m.priority <= :priority AND m.orphaned >= {SUSPECT}
      AND NOT EXISTS (
          SELECT 1 FROM messages h
          WHERE h.worker_id = :worker_id AND h.tenant_id = :tenant_id
            AND h.relay_id = :relay_id AND h.orphaned >= {SUSPECT}
      )""",  # noqa: S608 our own number
    )
)
_RECIPIENTS = sql.statement("""
SELECT message_id, position, address FROM recipients
WHERE message_id IN ({{each :ids}}) AND state = 'waiting'
ORDER BY message_id, position
""")


def ready(tx: database.Transaction, now: int) -> dict[Lane, int]:
    """Return the lanes with due work and its highest priority, that first."""
    found: dict[Lane, int] = {}
    for row in tx.rows(READY, now=now):
        lane = Lane(row["tenant_id"], row["relay_id"])
        found.setdefault(lane, row["priority"])
    return found


def claim(
    tx: database.Transaction,
    lane: Lane,
    worker_id: str,
    wanted: int,
    lowest: int,
    now: int,
) -> Claim:
    """Take up to `wanted` due messages of a lane.

    Args:
        lowest: the lowest priority (highest number) to take.
    """
    begun = time.monotonic()
    sender = relay(tx, lane)
    if sender is None or pause.since(tx) is not None:
        return Claim([])
    bound = sender.limits
    over_limit = False
    if bound:
        tx.row(_LOCK, tenant_id=lane.tenant_id)
        allowed = limits.allowance(tx, bound, wanted, now)
        if allowed.count == 0 and sender.over_limit == "defer":
            return Claim([], allowed.again_at, sender)
        over_limit = allowed.count == 0
        wanted = allowed.count or wanted
    ours = {
        "tenant_id": lane.tenant_id,
        "relay_id": lane.relay_id,
        "worker_id": worker_id,
        "now": now,
    }
    rows = tx.rows(_TAKE_SUSPECT, priority=lowest, limit=1, **ours)
    for priority in range(lowest + 1):
        if len(rows) < wanted:
            limit = wanted - len(rows)
            rows += sorted(
                tx.rows(_TAKE_MOST, priority=priority, limit=limit, **ours),
                key=lambda row: (row["due_at"], row["id"]),
            )
    jobs = _jobs(tx, lane, rows, begun)
    if over_limit:
        # The relay is to reject.
        settle.end(tx, jobs, states.FAILED, "rate_limit_exceeded", worker_id, now)
        found = Claim([], None, sender)
        _count(found, jobs, states.FAILED)
        return found
    limits.count(tx, bound, len(jobs), now)
    poison = {row["id"] for row in rows if row["orphaned"] >= ORPHANED_MAX}
    expired = {row["id"] for row in rows if row["expires_at"] <= now} - poison
    found = Claim([job for job in jobs if job.id not in poison | expired], None, sender)
    for ids, state, reason in (
        (poison, states.FAILED, "poison"),
        (expired, states.EXPIRED, "expired"),
    ):
        ending = [job for job in jobs if job.id in ids]
        settle.end(tx, ending, state, reason, worker_id, now)
        _count(found, ending, state)
    claimed = sum(len(job.recipients) for job in found.jobs)
    found.jobs = settle.withhold(tx, found.jobs, worker_id, now)
    withheld = claimed - sum(len(job.recipients) for job in found.jobs)
    if withheld:
        found.ended[states.SUPPRESSED] += withheld
    return found


def relay(tx: database.Transaction, lane: Lane) -> Relay | None:
    """Return a lane's relay with the limits of its tenant; None: it sends nothing."""
    row = tx.row(_RELAY, tenant_id=lane.tenant_id, relay_id=lane.relay_id)
    return None if row is None else msgspec.convert(row, Relay, strict=False)


def _jobs(
    tx: database.Transaction, lane: Lane, rows: list[database.Row], begun: float
) -> list[Job]:
    if not rows:
        return []
    ids = sql.json_list(row["id"] for row in rows)
    recipients: dict[str, list[tuple[int, str]]] = {row["id"]: [] for row in rows}
    bodies = contents.small(tx, recipients)
    for row in tx.rows(_RECIPIENTS, ids=ids):
        recipients[row["message_id"]].append((row["position"], row["address"]))
    return [
        Job(
            lane=lane,
            id=row["id"],
            sender=row["sender"],
            priority=row["priority"],
            attempt=row["attempts"],
            created_at=row["created_at"],
            due_at=row["due_at"],
            expires_at=row["expires_at"],
            recipients=recipients[row["id"]],
            body=bodies.get(row["id"]),
            suspect=row["orphaned"] >= SUSPECT,
            override=bool(row["suppression_override"]),
            is_test=bool(row["test"]),
            claimed_at=begun,
        )
        for row in rows
    ]


def _count(found: Claim, ended: list[Job], state: str) -> None:
    if ended:
        found.ended[state] += sum(len(job.recipients) for job in ended)
