# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Suspension: a batch, or everything of a tenant, waits until it is resumed."""

import msgspec

from exordos_mail.send.queue import events, states
from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import typed


class SuspensionRow(msgspec.Struct, frozen=True):
    """A suspended batch; since when, in milliseconds since 1970."""

    batch: str
    created_at: int


#: Stands for every message of the tenant.
EVERYTHING = ""

_ADD = sql.statement("""
INSERT INTO suspensions (tenant_id, batch, created_at)
VALUES (:tenant_id, :batch, :now) ON CONFLICT (tenant_id, batch) DO NOTHING
""")
_REMOVE = sql.statement(
    "DELETE FROM suspensions WHERE tenant_id = :tenant_id AND batch = :batch"
)
_OF_TENANT = sql.statement("""
SELECT batch, created_at FROM suspensions
WHERE tenant_id = :tenant_id AND batch > :after ORDER BY batch LIMIT :limit
""")
_EVERYTHING = sql.statement("""
SELECT created_at FROM suspensions WHERE tenant_id = :tenant_id AND batch = ''
""")
# Out of the queue's index, so that a claim need not step over them.
_SUSPEND = sql.statement("""
UPDATE messages SET state = 'suspended', updated_at = :now
WHERE tenant_id = :tenant_id AND (:batch = '' OR batch = :batch)
  AND state IN ('queued', 'scheduled', 'deferred')
""")
# What was due meanwhile is due now: it has not been late.
_RESUME = sql.statement(f"""
UPDATE messages
SET state = CASE WHEN due_at > :now THEN 'scheduled' ELSE 'queued' END,
    due_at = CASE WHEN due_at > :now THEN due_at ELSE :now END, updated_at = :now
WHERE tenant_id = :tenant_id AND state = 'suspended'
  AND NOT {states.HELD}
""")  # noqa: S608 our own text


def suspend(
    tx: database.Transaction, tenant_id: str, batch: str, actor: str, now: int
) -> int:
    """Suspend a batch or EVERYTHING; return how many waiting messages it holds.

    What is being sent at the moment is sent; what is accepted later waits too.
    """
    if tx.run(_ADD, tenant_id=tenant_id, batch=batch, now=now) == 0:
        return 0
    held = tx.run(_SUSPEND, tenant_id=tenant_id, batch=batch, now=now)
    event = events.Event("batch_suspended", details={"batch": batch, "messages": held})
    events.add(tx, tenant_id, [event], now, actor)
    return held


def resume(
    tx: database.Transaction, tenant_id: str, batch: str, actor: str, now: int
) -> int | None:
    """Undo a suspension; return how many messages go on, None if there was none.

    What another suspension holds as well keeps waiting.
    """
    if tx.run(_REMOVE, tenant_id=tenant_id, batch=batch) == 0:
        return None
    resumed = tx.run(_RESUME, tenant_id=tenant_id, now=now)
    details = {"batch": batch, "messages": resumed}
    events.add(
        tx, tenant_id, [events.Event("batch_resumed", details=details)], now, actor
    )
    return resumed


def is_everything(tx: database.Transaction, tenant_id: str) -> bool:
    """Tell whether everything of a tenant is suspended."""
    return tx.row(_EVERYTHING, tenant_id=tenant_id) is not None


def page(
    tx: database.Transaction, tenant_id: str, after: str, limit: int
) -> list[SuspensionRow]:
    """Return the suspended batches in the order of their codes."""
    rows = tx.rows(_OF_TENANT, tenant_id=tenant_id, after=after, limit=limit)
    return typed(SuspensionRow, rows)
