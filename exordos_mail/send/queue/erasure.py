# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Erasures: an address is taken out of what the service keeps of a tenant's mail.

An erasure goes on piece by piece, each in a transaction that also says how far it has
come, as a sweep does (sweep.py). What waits for the address is cancelled for it; what
is being sent, or waits for others too, is waited for. Then the messages are found by
their keys, and lose them: what was done is not met again, whoever was killed when.
"""

import typing as tp

import msgspec

from exordos_mail.send import ids
from exordos_mail.send.queue import (
    erasing,
    events,
    standing,
    states,
    suppressions,
    upkeep,
)
from exordos_mail.send.queue.keys import Keys
from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import RowTable

#: Why recipients were cancelled.
_WHY = {"reason": "erased"}
#: Messages that one piece erases; unfinished messages and events that it looks at.
_CHUNK, _WINDOW = 100, 5000
#: Milliseconds until it looks again at what it waits for.
_AGAIN = 30_000
#: Milliseconds for which one that has ended can be asked about.
_KEPT = 30 * 24 * 3600 * 1000
_NOT_BEGUN = -1


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure; moments in milliseconds since 1970."""

    id: str
    tenant_id: str
    #: In normal form; empty when it has ended.
    address: str
    actor: str
    #: The last message that is meant.
    last: str
    #: The last message that this pass through the unfinished ones has looked at, and
    #: how many of them have to end first.
    position: str = ""
    waiting: int = 0
    #: The last event that it has looked at, and the last that is meant.
    seq: int = 0
    last_seq: int = _NOT_BEGUN
    #: How many were changed.
    messages: int = 0
    events: int = 0
    #: The address is on the suppression list, where it stays.
    suppressed: bool
    due_at: int
    created_at: int
    updated_at: int
    ended_at: int | None = None

    @property
    def pseudonym(self) -> str:
        """Return what stands for the address."""
        return erasing.pseudonym(self.id)


_TABLE = RowTable("erasures", Erasure, "id")
_OPEN = sql.statement("""
SELECT id FROM erasures
WHERE tenant_id = :tenant_id AND address = :address AND ended_at IS NULL
""")
_NEWEST = sql.statement(
    "SELECT max(id) AS id FROM messages WHERE tenant_id = :tenant_id"
)
_LAST_EVENT = sql.statement("""
SELECT coalesce(max(last), 0) AS last FROM event_counters WHERE tenant_id = :tenant_id
""")
_UNFINISHED = sql.statement("""
SELECT id FROM messages {{unfinished}}
WHERE tenant_id = :tenant_id AND final_at IS NULL AND id > :position AND id <= :last
ORDER BY id LIMIT :limit
""")
# Not EXISTS: PostgreSQL would read all recipients, for a hash of them.
_CONCERNED = sql.statement("""
SELECT m.id, m.state, m.octets FROM messages m {{unfinished}}
WHERE m.tenant_id = :tenant_id AND m.final_at IS NULL
  AND m.id > :position AND m.id <= :reach
  AND (m.sender_key = :key OR (
      SELECT max(1) FROM recipients r
      WHERE r.message_id = m.id AND r.address_key = :key
  ) = 1)
ORDER BY m.id LIMIT :limit {{lock_m}}
""")
_RECIPIENTS = sql.statement("""
SELECT message_id, position, state FROM recipients
WHERE message_id IN ({{each :ids}}) AND address_key = :key
""")
_CANCEL = sql.statement("""
UPDATE recipients SET state = 'cancelled', updated_at = ?
WHERE message_id = ? AND position = ? AND state = 'waiting'
""")
_STATES = sql.statement("""
SELECT message_id, state FROM recipients WHERE message_id IN ({{each :ids}})
""")
_END = sql.statement("""
UPDATE messages SET state = ?, updated_at = ?, final_at = ?
WHERE tenant_id = ? AND id = ?
""")
#: Final messages of the address, by either end of them.
FINAL: tp.Final = tuple(
    sql.statement(text)
    for text in (
        """
        SELECT id FROM messages
        WHERE sender_key = :key AND final_at IS NOT NULL AND tenant_id = :tenant_id
          AND id <= :last LIMIT :limit
        """,
        """
        SELECT m.id FROM recipients r CROSS JOIN messages m
        WHERE r.address_key = :key AND r.state <> 'waiting'
          AND r.message_id <= :last AND m.tenant_id = :tenant_id
          AND m.id = r.message_id AND m.final_at IS NOT NULL LIMIT :limit
        """,
    )
)
_NEXT = sql.statement("""
SELECT m.id FROM erasures m WHERE m.ended_at IS NULL AND m.due_at <= :now
ORDER BY m.due_at LIMIT 1 {{skip_locked}}
""")
_FORGET = sql.statement("DELETE FROM erasures WHERE ended_at <= :before")


def begin(
    tx: database.Transaction, tenant_id: str, address: str, actor: str, now: int
) -> Erasure:
    """Begin an erasure with its first piece, or go on with the one there is.

    Args:
        address: in normal form.

    Raises:
        Conflict: there is no such tenant, or another call has just begun with it.
    """
    known = tx.row(_OPEN, tenant_id=tenant_id, address=address)
    if known is not None and (found := step(tx, known["id"], now)) is not None:
        return found
    newest = tp.cast(database.Row, tx.row(_NEWEST, tenant_id=tenant_id))["id"]
    made = Erasure(
        id=ids.generator.one(now),
        tenant_id=tenant_id,
        address=address,
        actor=actor,
        last=newest or "",
        suppressed=False,
        due_at=now,
        created_at=now,
        updated_at=now,
    )
    _TABLE.add(tx, made, now)
    return _piece(tx, made, now)


def step(tx: database.Transaction, erasure_id: str, now: int) -> Erasure | None:
    """Do the next piece of an erasure that has not ended; None: it is gone."""
    found = _TABLE.get(tx, erasure_id, lock=True)
    return found if found is None or found.ended_at else _piece(tx, found, now)


def settle(tx: database.Transaction, now: int) -> bool:
    """Do a piece of the erasure that is due longest; False: none is."""
    row = tx.row(_NEXT, now=now)
    return row is not None and step(tx, row["id"], now) is not None


def get(tx: database.Transaction, tenant_id: str, erasure_id: str) -> Erasure | None:
    """Return a tenant's erasure."""
    found = _TABLE.get(tx, erasure_id)
    return found if found is not None and found.tenant_id == tenant_id else None


def forget(tx: database.Transaction, now: int) -> int:
    """Remove erasures that ended long ago; return how many."""
    return tx.run(_FORGET, before=now - _KEPT)


def _piece(tx: database.Transaction, found: Erasure, now: int) -> Erasure:
    done, happened, change = _done(tx, found, now)
    listed = suppressions.among(tx, found.tenant_id, [found.address], now)
    done = msgspec.structs.replace(done, suppressed=bool(listed))
    _TABLE.change(tx, done, now)
    events.add(tx, found.tenant_id, happened, now, found.actor, change)
    return done


_Done = tuple[Erasure, list[events.Event], standing.Standing]


def _done(tx: database.Transaction, found: Erasure, now: int) -> _Done:
    happened: list[events.Event] = []
    change = standing.NOTHING
    found = msgspec.structs.replace(found, due_at=now)
    if found.position < found.last:
        found, happened, change = _walk(tx, found, now)
    # After that look: what it has seen unfinished and is final now is among these.
    final = _final(tx, found)
    if final:
        count = erasing.messages(tx, _subject(found), final)
        found = msgspec.structs.replace(
            found, messages=found.messages + len(final), events=found.events + count
        )
    elif found.position == found.last:
        found = _after_pass(tx, found, now)
    return found, happened, change


def _after_pass(tx: database.Transaction, found: Erasure, now: int) -> Erasure:
    """Go on when no message is left, or when those that are left have ended."""
    change = msgspec.structs.replace
    if found.waiting:
        return change(found, position="", due_at=now + _AGAIN)
    if found.last_seq == _NOT_BEGUN:
        row = tp.cast(database.Row, tx.row(_LAST_EVENT, tenant_id=found.tenant_id))
        found = change(found, last_seq=row["last"])
    if found.seq < found.last_seq:
        stretch = found.seq, found.last_seq
        seq, count = erasing.left_events(tx, _subject(found), *stretch, _WINDOW)
        return change(found, seq=seq, events=found.events + count)
    return change(found, address="", ended_at=now)


def _walk(tx: database.Transaction, found: Erasure, now: int) -> _Done:
    """Look through the next unfinished messages; cancel what waits for the address."""
    rows = tx.rows(
        _UNFINISHED,
        tenant_id=found.tenant_id,
        position=found.position,
        last=found.last,
        limit=_WINDOW,
    )
    looked = [row["id"] for row in rows]
    reach = looked[-1] if len(looked) == _WINDOW else found.last
    concerned = tx.rows(
        _CONCERNED,
        tenant_id=found.tenant_id,
        position=found.position,
        reach=reach,
        key=_key(found),
        limit=upkeep.CHUNK,
    )
    if len(concerned) == upkeep.CHUNK:
        reach = max(row["id"] for row in concerned)
    at_rest = {row["id"]: row for row in concerned if row["state"] in states.AT_REST}
    happened, ended = _cancel(tx, found, list(at_rest), now)
    before = found.waiting if found.position else 0
    found = msgspec.structs.replace(
        found,
        position=reach,
        waiting=before + len(concerned) - len(ended),
    )
    return found, happened, standing.ended([at_rest[one] for one in ended])


def _cancel(
    tx: database.Transaction, found: Erasure, at_rest: list[str], now: int
) -> tuple[list[events.Event], list[str]]:
    """End recipients that wait; return their events, and which messages that ends."""
    listed = sql.json_list(at_rest)
    rows = [
        row
        for row in tx.rows(_RECIPIENTS, ids=listed, key=_key(found))
        if row["state"] == states.RECIPIENT_WAITING
    ]
    tx.run_many(_CANCEL, [(now, row["message_id"], row["position"]) for row in rows])
    # Not with the address: this event is written after its message has lost it.
    happened = [
        events.Event("cancelled", row["message_id"], found.pseudonym, _WHY)
        for row in rows
    ]
    known: dict[str, set[str]] = {}
    cancelled = sql.json_list({row["message_id"] for row in rows})
    for row in tx.rows(_STATES, ids=cancelled):
        known.setdefault(row["message_id"], set()).add(row["state"])
    ended = [one for one in known if states.RECIPIENT_WAITING not in known[one]]
    tx.run_many(
        _END,
        [(states.final(known[one]), now, now, found.tenant_id, one) for one in ended],
    )
    return happened, ended


def _final(tx: database.Transaction, found: Erasure) -> list[str]:
    wanted = {
        "key": _key(found),
        "tenant_id": found.tenant_id,
        "last": found.last,
        "limit": _CHUNK,
    }
    rows = [row for statement in FINAL for row in tx.rows(statement, **wanted)]
    return sorted({row["id"] for row in rows})


def _key(found: Erasure) -> int:
    return Keys(found.tenant_id).of(found.address)


def _subject(found: Erasure) -> erasing.Subject:
    return erasing.Subject(found.tenant_id, found.address, found.pseudonym)
