# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Cursors: how far each tenant's webhook has come, and who delivers.

One worker at a time holds a tenant's row.  Who is gone from `workers` holds
nothing any more.  What is written after an attempt names the worker and the
batch: a worker that was declared dead, or whose batch was taken back by a
replay, changes nothing.
"""

import typing as tp

from exordos_mail.send import ids
from exordos_mail.send.events import records as event_records
from exordos_mail.send.queue import events, labels
from exordos_mail.send.storage import database, sql
from exordos_mail.send.webhooks import batch as batches
from exordos_mail.send.webhooks.answer import Kind, WebhookVerdict
from exordos_mail.send.webhooks.batch import Batch
from exordos_mail.send.webhooks.settings import WebhookSettings

#: Why a webhook is switched off.
GONE = "gone"
FAILING = "failing"

# An event that is not there any more was removed with its message.
_DUE = sql.statement("""
SELECT t.id AS tenant_id, coalesce(w.failures, 0) AS failures
FROM tenants t
JOIN event_counters c ON c.tenant_id = t.id
LEFT JOIN webhooks w ON w.tenant_id = t.id
WHERE t.callback_url IS NOT NULL AND c.last > coalesce(w.cursor, 0)
  AND (w.tenant_id IS NULL OR w.url <> t.callback_url
       OR (w.disabled_at IS NULL AND w.due_at <= :now))
  AND NOT EXISTS (
      SELECT 1 FROM workers k WHERE k.id = w.worker_id AND k.id <> :worker_id
  )
  AND (c.last - coalesce(w.cursor, 0) >= :events
       OR :before >= coalesce((
           SELECT e.at FROM events e
           WHERE e.tenant_id = t.id AND e.seq > coalesce(w.cursor, 0)
           ORDER BY e.seq LIMIT 1
       ), 0))
""")
_NEXT_DUE = sql.statement("""
SELECT min(due_at) AS at FROM webhooks WHERE disabled_at IS NULL AND due_at > :now
""")
_MAKE = sql.statement("""
INSERT INTO webhooks (tenant_id, cursor, url, failures, due_at)
SELECT id, 0, '', 0, 0 FROM tenants WHERE id = :tenant_id
ON CONFLICT (tenant_id) DO NOTHING
""")
_HOLD = sql.statement("""
UPDATE webhooks SET worker_id = :worker_id
WHERE tenant_id = :tenant_id
  AND EXISTS (SELECT 1 FROM workers k WHERE k.id = :worker_id)
  AND (worker_id = :worker_id
       OR NOT EXISTS (SELECT 1 FROM workers k WHERE k.id = webhooks.worker_id))
""")
_RELEASE = sql.statement("""
UPDATE webhooks SET worker_id = NULL
WHERE tenant_id = :tenant_id AND worker_id = :worker_id
""")
# The counter before the events: what it counts is there to be read after it.
_HELD = sql.statement("""
SELECT w.*, t.callback_url, t.callback_secret, c.last
FROM webhooks w
JOIN tenants t ON t.id = w.tenant_id
JOIN event_counters c ON c.tenant_id = w.tenant_id
WHERE w.tenant_id = :tenant_id
""")
_NEW_ADDRESS = sql.statement("""
UPDATE webhooks SET url = :url, failures = 0, failing_since = NULL,
    last_error = NULL, due_at = 0, disabled_at = NULL, disabled_reason = NULL
WHERE tenant_id = :tenant_id
""")
_BEGIN = sql.statement("""
UPDATE webhooks SET batch_id = :batch_id, batch_last = :batch_last
WHERE tenant_id = :tenant_id
""")
_SKIP = sql.statement("""
UPDATE webhooks SET cursor = :cursor, batch_id = NULL, batch_last = NULL
WHERE tenant_id = :tenant_id
""")
_TAKEN = sql.statement("""
UPDATE webhooks SET cursor = batch_last, batch_id = NULL, batch_last = NULL,
    failures = 0, failing_since = NULL, last_error = NULL, delivered_at = :now,
    due_at = :due_at
WHERE tenant_id = :tenant_id AND worker_id = :worker_id AND batch_id = :batch_id
""")
# upkeep.py has left them for us.
_FORGET = sql.statement("""
DELETE FROM events
WHERE tenant_id = :tenant_id AND seq BETWEEN :first AND :last
  AND message_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM messages m
      WHERE m.tenant_id = events.tenant_id AND m.id = events.message_id
  )
RETURNING message_id
""")
_FAILED = sql.statement("""
UPDATE webhooks SET failures = failures + 1,
    failing_since = coalesce(failing_since, :since), last_error = :reason,
    due_at = :due_at
WHERE tenant_id = :tenant_id AND worker_id = :worker_id AND batch_id = :batch_id
RETURNING failing_since
""")
_DISABLE = sql.statement("""
UPDATE webhooks SET disabled_at = :now, disabled_reason = :reason
WHERE tenant_id = :tenant_id
""")


def due(
    tx: database.Transaction, worker_id: str, settings: WebhookSettings, now: int
) -> list[database.Row]:
    """Return tenant_id and failures of those for whom a batch should go now.

    Those that another worker holds are left out, those of this one are not: it
    may hold a row that it could not let go of, because the database was away.
    """
    return tx.rows(
        _DUE,
        worker_id=worker_id,
        now=now,
        events=settings.events,
        before=now - settings.wait,
    )


def next_due(tx: database.Transaction, now: int) -> int | None:
    """Return when the first webhook that waits for its time is due; None: none does."""
    row = tx.row(_NEXT_DUE, now=now)
    return None if row is None else row["at"]


def take(
    tx: database.Transaction,
    tenant_id: str,
    worker_id: str,
    settings: WebhookSettings,
    now: int,
) -> Batch | None:
    """Hold the tenant's row and return the batch to send.

    None: there is nothing to do, or another worker does it; nothing is held.
    """
    if tx.run(_HOLD, tenant_id=tenant_id, worker_id=worker_id) == 0:
        tx.run(_MAKE, tenant_id=tenant_id)
        if tx.run(_HOLD, tenant_id=tenant_id, worker_id=worker_id) == 0:
            return None
    found = _next(tx, tenant_id, settings, now)
    if found is None:
        release(tx, tenant_id, worker_id)
    return found


def release(tx: database.Transaction, tenant_id: str, worker_id: str) -> None:
    """Let others deliver."""
    tx.run(_RELEASE, tenant_id=tenant_id, worker_id=worker_id)


def settle(
    tx: database.Transaction,
    done: Batch,
    verdict: WebhookVerdict,
    worker_id: str,
    settings: WebhookSettings,
    now: int,
) -> int | None:
    """Write down what an attempt has come to.

    Returns:
        The moment of the next attempt if this one failed, and 0 if the webhook
        is switched off now; None: it was taken, or was not ours to write.
    """
    here = {"tenant_id": done.tenant_id, "worker_id": worker_id, "batch_id": done.id}
    if verdict.kind is Kind.TAKEN:
        if tx.run(_TAKEN, now=now, due_at=verdict.not_before, **here):
            _forget(tx, done)
        return None
    due_at = max(settings.delays.due_at(done.failures + 1, now), verdict.not_before)
    since = None if verdict.kind is Kind.HELD else now
    row = tx.row(_FAILED, since=since, reason=verdict.reason, due_at=due_at, **here)
    if row is None:
        return None
    release(tx, done.tenant_id, worker_id)
    if verdict.kind is Kind.GONE:
        _disable(tx, done.tenant_id, GONE, now)
        return 0
    if since is not None and now - row["failing_since"] >= settings.give_up:
        _disable(tx, done.tenant_id, FAILING, now)
        return 0
    return due_at


def _forget(tx: database.Transaction, done: Batch) -> None:
    """Remove events that are taken, of messages that are removed."""
    gone = tx.rows(
        _FORGET, tenant_id=done.tenant_id, first=done.rows[0].seq, last=done.last
    )
    if gone:
        labels.forget(tx, done.tenant_id, {row["message_id"] for row in gone})


def _next(
    tx: database.Transaction, tenant_id: str, settings: WebhookSettings, now: int
) -> Batch | None:
    row = tx.row(_HELD, tenant_id=tenant_id)
    if row is None or row["callback_url"] is None or row["last"] <= row["cursor"]:
        return None
    if row["url"] != row["callback_url"]:
        tx.run(_NEW_ADDRESS, tenant_id=tenant_id, url=row["callback_url"])
        row |= {"failures": 0, "due_at": 0, "disabled_at": None}
    if row["disabled_at"] is not None or row["due_at"] > now:
        return None
    batch_id, last = row["batch_id"], row["batch_last"]
    most = settings.events if batch_id is None else last - row["cursor"]
    rows = event_records.after(tx, tenant_id, row["cursor"], most)
    if batch_id is not None:
        rows = [event for event in rows if event.seq <= last]
    if not rows:
        # They were removed with their messages.
        gone = row["last"] if batch_id is None else last
        tx.run(_SKIP, tenant_id=tenant_id, cursor=gone)
        return None
    if batch_id is None:
        if not batches.is_due(rows, settings, now):
            return None
        rows = batches.cut(rows, settings)
        batch_id, last = ids.generator.one(now), rows[-1].seq
        tx.run(_BEGIN, tenant_id=tenant_id, batch_id=batch_id, batch_last=last)
    return Batch(
        tenant_id=tenant_id,
        id=batch_id,
        last=last,
        rows=rows,
        failures=row["failures"],
        url=row["callback_url"],
        secret=tp.cast("bytes | None", row["callback_secret"]),
    )


def _disable(tx: database.Transaction, tenant_id: str, reason: str, now: int) -> None:
    tx.run(_DISABLE, tenant_id=tenant_id, reason=reason, now=now)
    event = events.Event("webhook_disabled", details={"reason": reason})
    events.add(tx, tenant_id, [event], now)
