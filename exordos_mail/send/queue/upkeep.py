# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What nobody asks for: orphaned claims, expiry, old rows."""

import collections.abc as abc
import typing as tp

from exordos_mail.send.queue import events, labels, standing, states, workers
from exordos_mail.send.storage import database, sql

#: Messages that one transaction expires or removes, so that others get a turn.
CHUNK = 500

# The due time stays: what is released is due.
_BACK = f"""
UPDATE messages
SET state = CASE WHEN {states.HELD} THEN 'suspended' ELSE 'queued' END,
    worker_id = NULL, updated_at = :now"""  # noqa: S608 our own text
_RELEASE = sql.statement(f"""{_BACK}, attempts = attempts - :unmade,
    orphaned = orphaned + :orphaned
WHERE worker_id = :worker_id
RETURNING tenant_id, id
""")
_RELEASE_SOME = sql.statement(f"""{_BACK}, attempts = attempts - 1
WHERE worker_id = :worker_id AND id IN ({{{{each :ids}}}})
RETURNING tenant_id, id
""")
# The three kinds that wait are the index's; the suspended ones are few.
_OVERDUE = sql.statement("""
WITH overdue AS MATERIALIZED (
    SELECT m.id FROM messages m
    WHERE m.expires_at <= :now AND m.state IN ('queued', 'scheduled', 'deferred')
    ORDER BY m.expires_at LIMIT :limit {{skip_locked}}
)
UPDATE messages
SET state = 'expired', updated_at = :now, final_at = :now
WHERE id IN (SELECT id FROM overdue)
  AND tenant_id IN (SELECT id FROM tenants)
RETURNING tenant_id, id, octets
""")
_OVERDUE_SUSPENDED = sql.statement("""
UPDATE messages
SET state = 'expired', updated_at = :now, final_at = :now
WHERE expires_at <= :now AND state = 'suspended'
RETURNING tenant_id, id, octets
""")
_WAITING = sql.statement("""
SELECT message_id, position, address FROM recipients
WHERE message_id IN ({{each :ids}}) AND state = 'waiting'
""")
_END_RECIPIENTS = sql.statement("""
UPDATE recipients SET state = :state, updated_at = :now
WHERE message_id IN ({{each :ids}}) AND state = 'waiting'
""")
_STATES = sql.statement("""
SELECT message_id, state FROM recipients WHERE message_id IN ({{each :ids}})
""")
_SET_STATE = sql.statement(
    "UPDATE messages SET state = ? WHERE tenant_id = ? AND id = ?"
)


def release(tx: database.Transaction, worker_id: str, orphaned: bool, now: int) -> int:
    """Return all claims of a worker to the queue and forget it; how many.

    Args:
        orphaned: the worker has died with them, perhaps of one of them; if not,
            it leaves and has made no attempt.
    """
    rows = tx.rows(
        _RELEASE,
        worker_id=worker_id,
        orphaned=int(orphaned),
        unmade=int(not orphaned),
        now=now,
    )
    workers.leave(tx, worker_id)
    _released(tx, rows, "worker_lost" if orphaned else "worker_stopped", now)
    return len(rows)


def release_some(
    tx: database.Transaction,
    worker_id: str,
    ids: abc.Iterable[str],
    reason: str,
    now: int,
) -> None:
    """Return claims to the queue for which no attempt was made."""
    rows = tx.rows(_RELEASE_SOME, worker_id=worker_id, ids=sql.json_list(ids), now=now)
    _released(tx, rows, reason, now)


def expire(tx: database.Transaction, now: int) -> int:
    """End what waits and is past its time, a part of it; return how many."""
    rows = tx.rows(_OVERDUE, now=now, limit=CHUNK)
    rows += tx.rows(_OVERDUE_SUSPENDED, now=now)
    end_waiting(tx, rows, states.EXPIRED, {"reason": "expired"}, events.SERVICE, now)
    return len(rows)


def end_waiting(
    tx: database.Transaction,
    rows: list[database.Row],
    state: str,
    details: dict[str, object],
    actor: str,
    now: int,
) -> None:
    """End the recipients of messages that were just ended at rest.

    Args:
        rows: tenant_id, id and octets of messages whose state is `state` already;
            a message that some recipient has got becomes `partial`.
    """
    if not rows:
        return
    tenants = {row["id"]: row["tenant_id"] for row in rows}
    ids = sql.json_list(tenants)
    waiting = tx.rows(_WAITING, ids=ids)
    tx.run(_END_RECIPIENTS, ids=ids, state=state, now=now)
    recipients: dict[str, list[str]] = {}
    for row in tx.rows(_STATES, ids=ids):
        recipients.setdefault(row["message_id"], []).append(row["state"])
    other = [
        (final, tenants[message_id], message_id)
        for message_id, found in recipients.items()
        if (final := states.final(found)) != state
    ]
    tx.run_many(_SET_STATE, other)
    _by_tenant(
        tx,
        (
            (
                tenants[row["message_id"]],
                events.Event(state, row["message_id"], row["address"], details),
            )
            for row in waiting
        ),
        actor,
        now,
        rows,
    )


def _released(
    tx: database.Transaction, rows: list[database.Row], reason: str, now: int
) -> None:
    _by_tenant(
        tx,
        (
            (
                row["tenant_id"],
                events.Event("released", row["id"], None, {"reason": reason}),
            )
            for row in rows
        ),
        events.SERVICE,
        now,
    )


def _by_tenant(
    tx: database.Transaction,
    found: abc.Iterable[tuple[str, events.Event]],
    actor: str,
    now: int,
    ended: abc.Iterable[database.Row] = (),
) -> None:
    """Write events, and what the messages `ended` change, by tenant."""
    tenants: dict[str, list[events.Event]] = {}
    for tenant_id, event in found:
        tenants.setdefault(tenant_id, []).append(event)
    gone: dict[str, list[database.Row]] = {}
    for row in ended:
        gone.setdefault(row["tenant_id"], []).append(row)
    for tenant_id in sorted(tenants.keys() | gone.keys()):
        change = standing.ended(gone.get(tenant_id, []))
        events.add(tx, tenant_id, tenants.get(tenant_id, []), now, actor, change)


_OLD = sql.statement("""
SELECT tenant_id, id FROM messages
WHERE final_at <= :before AND (:tenant_id = '' OR tenant_id = :tenant_id)
LIMIT :limit
""")
_REMOVE: tp.Final = tuple(
    sql.statement(text)
    for text in (
        "DELETE FROM contents WHERE message_id IN ({{each :ids}})",
        "DELETE FROM recipients WHERE message_id IN ({{each :ids}})",
        # What the tenant's webhook still has to bring stays until it has
        # (webhooks/cursor.py).
        """
        DELETE FROM events WHERE message_id IN ({{each :ids}}) AND NOT EXISTS (
            SELECT 1 FROM tenants t LEFT JOIN webhooks w ON w.tenant_id = t.id
            WHERE t.id = events.tenant_id AND t.callback_url IS NOT NULL
              AND w.disabled_at IS NULL AND events.seq > coalesce(w.cursor, 0)
        )
        """,
    )
)
_REMOVE_MESSAGE = sql.statement(
    "DELETE FROM messages WHERE tenant_id = :tenant_id AND id IN ({{each :ids}})"
)


def clean_up(
    tx: database.Transaction, before: int, tenant_id: str = "", limit: int = CHUNK
) -> int:
    """Remove messages that were final before a moment; return how many.

    Args:
        before: milliseconds since 1970.
        tenant_id: only this tenant's; empty: everybody's.
        limit: how many at the most.
    """
    rows = tx.rows(_OLD, before=before, tenant_id=tenant_id, limit=limit)
    remove(tx, rows)
    return len(rows)


def remove(tx: database.Transaction, rows: list[database.Row]) -> None:
    """Remove messages, by tenant_id and id, with everything of theirs."""
    if not rows:
        return
    ids = sql.json_list(row["id"] for row in rows)
    for statement in _REMOVE:
        tx.run(statement, ids=ids)
    for tenant_id in sorted({row["tenant_id"] for row in rows}):
        tx.run(_REMOVE_MESSAGE, tenant_id=tenant_id, ids=ids)
        own = (row["id"] for row in rows if row["tenant_id"] == tenant_id)
        labels.forget(tx, tenant_id, own)
