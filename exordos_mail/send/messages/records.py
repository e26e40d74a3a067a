# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Messages as their callers see and change them."""

import dataclasses

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.queue import contents, events, filters, states, upkeep
from exordos_mail.send.queue.keys import Keys
from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import typed


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message; moments in milliseconds since 1970."""

    tenant_id: str
    id: str
    relay_id: str
    batch: str | None
    priority: int
    state: str
    sender: str
    subject: str
    due_at: int
    expires_at: int
    attempts: int
    octets: int
    created_at: int
    updated_at: int
    final_at: int | None


class RecipientRow(msgspec.Struct, frozen=True):
    """One recipient and what became of the message there."""

    address: str
    state: str
    code: int | None
    enhanced: str | None
    reply: str | None
    outcome: str | None
    updated_at: int


_COLUMNS = ", ".join(MessageRow.__struct_fields__)
_GET = sql.statement(f"""
SELECT {_COLUMNS} FROM messages WHERE tenant_id = :tenant_id AND id = :id
""")  # noqa: S608 our own names
_LOCKED = sql.statement(f"""
SELECT {_COLUMNS} FROM messages WHERE tenant_id = :tenant_id AND id = :id {{{{lock}}}}
""")  # noqa: S608 our own names
_OF_MESSAGES = ", ".join(f"m.{name}" for name in MessageRow.__struct_fields__)
# Newest first.
_PAGE = sql.statement(f"""
SELECT {_OF_MESSAGES} FROM messages m
WHERE m.tenant_id = :tenant_id AND m.id < :before {filters.WHERE}
ORDER BY m.id DESC LIMIT :limit
""")  # noqa: S608 our own names
#: Where those that are labelled so are one stretch of an index, both databases begin.
LABELLED = {
    which: sql.statement(f"""
SELECT {_OF_MESSAGES} FROM {table} l CROSS JOIN messages m
WHERE l.tenant_id = :tenant_id AND l.{which} = :{which} AND l.message_id < :before
  AND m.tenant_id = :tenant_id AND m.id = l.message_id {filters.WHERE}
ORDER BY l.message_id DESC LIMIT :limit
""")  # noqa: S608 our own names
    for which, table in (("reference", "labels"), ("tag", "tags"))
}
_OF_RECIPIENT = f"""
  AND r.address_key = :address_key {filters.WHERE}
ORDER BY r.message_id DESC LIMIT :limit
"""
# Those with an outcome for a recipient are one stretch of an index, in the order of the
# list: from there, and not from the tenant's messages, both databases have to begin.
SETTLED = sql.statement(f"""
SELECT {_OF_MESSAGES} FROM recipients r CROSS JOIN messages m
WHERE r.state <> 'waiting' AND r.message_id < :before
  AND m.tenant_id = :tenant_id AND m.id = r.message_id {_OF_RECIPIENT}
""")  # noqa: S608 our own names
# Those that wait are no more than are counted, and mostly the newest.
WAITING = sql.statement(f"""
SELECT {_OF_MESSAGES} FROM (
    SELECT * FROM messages
    WHERE tenant_id = :tenant_id AND id < :before AND final_at IS NULL
    ORDER BY id DESC LIMIT (
        SELECT coalesce(max(messages), 0) FROM event_counters
        WHERE tenant_id = :tenant_id
    )
) m CROSS JOIN recipients r
WHERE r.message_id = m.id AND r.state = 'waiting' {_OF_RECIPIENT}
""")  # noqa: S608 our own names
_TENANTS = sql.statement("SELECT id FROM tenants")
_COUNTS = sql.statement("""
SELECT state, count(*) AS count FROM messages
WHERE tenant_id = :tenant_id AND (:batch = '' OR batch = :batch)
GROUP BY state
""")
_RECIPIENTS = sql.statement("""
SELECT address, state, code, enhanced, reply, outcome, updated_at FROM recipients
WHERE message_id = :id ORDER BY position
""")
_CANCEL = sql.statement("""
UPDATE messages SET state = 'cancelled', updated_at = :now, final_at = :now
WHERE tenant_id = :tenant_id AND id = :id
""")
_SUSPENDED = sql.statement("""
SELECT 1 AS found FROM suspensions
WHERE tenant_id = :tenant_id AND (batch = '' OR batch = :batch)
""")
_RESCHEDULE = sql.statement("""
UPDATE messages SET state = :state, due_at = :due_at, priority = :priority,
    expires_at = :expires_at, updated_at = :now
WHERE tenant_id = :tenant_id AND id = :id
""")


class NotAtRest(Exception):
    """The message is being sent or is final: it cannot be changed."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class NotFinal(Exception):
    """The message is not final: it cannot be removed."""


def get(tx: database.Transaction, tenant_id: str, message_id: str) -> MessageRow | None:
    """Return a message."""
    found = typed(MessageRow, tx.rows(_GET, tenant_id=tenant_id, id=message_id))
    return found[0] if found else None


def recipients(tx: database.Transaction, message_id: str) -> list[RecipientRow]:
    """Return a message's recipients with their states."""
    return typed(RecipientRow, tx.rows(_RECIPIENTS, id=message_id))


def page(
    tx: database.Transaction,
    tenant_id: str,
    before: str,
    limit: int,
    wanted: filters.MessageFilter,
) -> list[MessageRow]:
    """Return messages, the newest first, from before the id `before`."""
    parameters = dataclasses.asdict(wanted)
    del parameters["recipient"]
    parameters |= {"tenant_id": tenant_id, "before": before, "limit": limit}
    if wanted.recipient:
        key = Keys(tenant_id).of(wanted.recipient)
        # In this order: what is settled between the two is found by the second.
        found = tx.rows(WAITING, address_key=key, **parameters)
        found += tx.rows(SETTLED, address_key=key, **parameters)
        return _newest(typed(MessageRow, found), limit)
    labelled = (LABELLED[which] for which in LABELLED if parameters[which])
    return typed(MessageRow, tx.rows(next(labelled, _PAGE), **parameters))


def page_of_all(
    tx: database.Transaction, before: str, limit: int, wanted: filters.MessageFilter
) -> list[MessageRow]:
    """Return messages of every tenant, the newest first.

    Tenant by tenant, because ids are in order within a tenant only: no index of its
    own, which each message would pay for.
    """
    found: list[MessageRow] = []
    for tenant in tx.rows(_TENANTS):
        found = _newest(found + page(tx, tenant["id"], before, limit, wanted), limit)
    return found


def _newest(found: list[MessageRow], limit: int) -> list[MessageRow]:
    rows = {one.id: one for one in found}
    return [rows[one] for one in sorted(rows, reverse=True)[:limit]]


def counts(tx: database.Transaction, tenant_id: str, batch: str) -> dict[str, int]:
    """Return how many messages of a tenant are in each state, zeros included."""
    found = dict.fromkeys(states.ALL, 0)
    for row in tx.rows(_COUNTS, tenant_id=tenant_id, batch=batch):
        found[row["state"]] = row["count"]
    return found


def cancel(
    tx: database.Transaction, tenant_id: str, message_id: str, actor: str, now: int
) -> MessageRow | None:
    """End a message that is not sent yet; return it as it is then.

    Raises:
        NotAtRest: it is too late.
    """
    row = _at_rest(tx, tenant_id, message_id)
    if row is None:
        return None
    tx.run(_CANCEL, tenant_id=tenant_id, id=message_id, now=now)
    ended = [{"tenant_id": tenant_id, "id": message_id, "octets": row.octets}]
    upkeep.end_waiting(tx, ended, states.CANCELLED, {}, actor, now)
    return get(tx, tenant_id, message_id)


def reschedule(
    tx: database.Transaction,
    tenant_id: str,
    message_id: str,
    due_at: int | None,
    priority: int | None,
    expires_at: int | None,
    actor: str,
    now: int,
) -> MessageRow | None:
    """Change when and how urgently a message is sent; None: leave it.

    Raises:
        NotAtRest: it is too late.
        ValueError: it would expire before it is due.
    """
    row = _at_rest(tx, tenant_id, message_id)
    if row is None:
        return None
    if due_at is not None and row.attempts == 0:
        contents.date(tx, message_id, due_at)
    # A moment that is past means now, as in a new message.
    due_at = row.due_at if due_at is None else max(due_at, now)
    expires_at = row.expires_at if expires_at is None else expires_at
    if expires_at <= max(due_at, now):
        raise ValueError("it would expire before it is due")
    held = tx.row(_SUSPENDED, tenant_id=tenant_id, batch=row.batch) is not None
    tx.run(
        _RESCHEDULE,
        tenant_id=tenant_id,
        id=message_id,
        state=states.at_rest(due_at, now, held),
        due_at=due_at,
        priority=row.priority if priority is None else priority,
        expires_at=expires_at,
        now=now,
    )
    details = {"due_at": clock.text(due_at)}
    event = events.Event("rescheduled", message_id, None, details)
    events.add(tx, tenant_id, [event], now, actor)
    return get(tx, tenant_id, message_id)


def remove(tx: database.Transaction, tenant_id: str, message_id: str) -> bool:
    """Remove a message that is final; False when there is none.

    Raises:
        NotFinal: something may still happen to it.
    """
    row = _locked(tx, tenant_id, message_id)
    if row is None:
        return False
    if row.final_at is None:
        raise NotFinal
    upkeep.remove(tx, [{"tenant_id": tenant_id, "id": message_id}])
    return True


def _at_rest(
    tx: database.Transaction, tenant_id: str, message_id: str
) -> MessageRow | None:
    row = _locked(tx, tenant_id, message_id)
    if row is not None and row.state not in states.AT_REST:
        raise NotAtRest(row.state)
    return row


def _locked(
    tx: database.Transaction, tenant_id: str, message_id: str
) -> MessageRow | None:
    found = typed(MessageRow, tx.rows(_LOCKED, tenant_id=tenant_id, id=message_id))
    return found[0] if found else None
