# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Sweeps: one pass over a tenant's messages that cancels or removes those meant.

A sweep goes on piece by piece, each in a transaction that also says how far it has
come: first in the call that asked for it, then in whichever process is there. It meets
what was accepted before it began, and each message once: one that is being sent at that
moment is passed over.
"""

import typing as tp

import msgspec

from exordos_mail.send import ids
from exordos_mail.send.queue import filters, states, upkeep
from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import RowTable

CANCEL, REMOVE = "cancel", "remove"
#: Messages that one transaction looks at, where it cancels or removes few of them.
_WINDOW = 5000
#: Milliseconds for which one that has ended can be asked about.
_KEPT = 24 * 3600 * 1000


class Selection(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which messages are meant: those that all of it is true of; empty: any."""

    ids: list[str] = []
    tag: str = ""
    reference: str = ""
    batch: str = ""
    state: str = ""

    @property
    def found_by(self) -> str:
        """Return what leads to the messages; empty: nothing but looking at each."""
        order = ("ids", "reference", "tag", "batch")
        return next((name for name in order if getattr(self, name)), "")


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """A sweep; moments in milliseconds since 1970."""

    id: str
    tenant_id: str
    #: CANCEL or REMOVE.
    action: str
    #: Selection as JSON.
    wanted: str
    actor: str
    #: The last message that it has looked at, and the last that is meant.
    position: str = ""
    last: str
    changed: int = 0
    created_at: int
    updated_at: int
    ended_at: int | None = None


_TABLE = RowTable("sweeps", Sweep, "id")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Selection).decode

_MAY = {
    CANCEL: "m.state IN ('queued', 'scheduled', 'deferred', 'suspended')",
    REMOVE: "m.final_at IS NOT NULL",
}
# From the rows that say it to the messages: an index begins there, on both databases.
_LED = """
{table} l CROSS JOIN messages m
WHERE l.tenant_id = :tenant_id AND l.{name} = :{name}
  AND l.{id} > :position AND l.{id} <= :last
  AND m.tenant_id = :tenant_id AND m.id = l.{id}
"""
_HERE = "messages m WHERE m.tenant_id = :tenant_id"
#: By what leads to the messages: where they are, and the column that they are in the
#: order of.
_SOURCES = {
    # Written so that the primary key is searched for the ids, not for the range.
    "ids": (
        f"{_HERE} AND m.id IN ({{{{each :ids}}}})"
        " AND m.id || '' > :position AND m.id || '' <= :last",
        "m.id",
    ),
    "reference": (
        _LED.format(table="labels", name="reference", id="message_id"),
        "l.message_id",
    ),
    "tag": (_LED.format(table="tags", name="tag", id="message_id"), "l.message_id"),
    "batch": (_LED.format(table="messages", name="batch", id="id"), "l.id"),
    "": (f"{_HERE} AND m.id > :position AND m.id <= :last", "m.id"),
}


def _statements(text: str) -> dict[tuple[str, str], sql.Statement]:
    """Return a statement for each action and each way to the messages."""
    return {
        (action, by): sql.statement(
            text.format(meant=f"{source} AND {may} {filters.WHERE}", order=order)
        )
        for action, may in _MAY.items()
        for by, (source, order) in _SOURCES.items()
    }


# Not the rows that others have locked: what is being claimed is not at rest when the
# lock is ours, and is left out then.
MEANT = _statements("""
SELECT m.tenant_id, m.id, m.octets FROM {meant}
ORDER BY {order} LIMIT :limit {{{{lock_m}}}}
""")
_LEFT = _statements("SELECT count(*) AS count FROM {meant}")
_CANCEL = sql.statement("""
UPDATE messages SET state = 'cancelled', updated_at = :now, final_at = :now
WHERE tenant_id = :tenant_id AND id IN ({{each :ids}})
""")
_NEWEST = sql.statement(
    "SELECT max(id) AS id FROM messages WHERE tenant_id = :tenant_id"
)
# Of the rows that lead to messages, or of the tenant's messages.
_REACH = {
    name: sql.statement(f"""
SELECT max(w.id) AS id FROM (
    SELECT l.{column} AS id FROM {table} l
    WHERE l.tenant_id = :tenant_id AND {which}
      AND l.{column} > :position AND l.{column} <= :last
    ORDER BY l.{column} LIMIT :window
) w
""")  # noqa: S608 our own names
    for name, table, column, which in (
        ("reference", "labels", "message_id", "l.reference = :reference"),
        ("tag", "tags", "message_id", "l.tag = :tag"),
        ("batch", "messages", "id", "l.batch = :batch"),
        ("", "messages", "id", "1 = 1"),
    )
}
_NEXT = sql.statement("""
SELECT m.id FROM sweeps m WHERE m.ended_at IS NULL
ORDER BY m.updated_at LIMIT 1 {{skip_locked}}
""")
_FORGET = sql.statement("DELETE FROM sweeps WHERE ended_at <= :before")


def begin(
    tx: database.Transaction,
    tenant_id: str,
    action: str,
    wanted: Selection,
    actor: str,
    now: int,
) -> Sweep:
    """Begin a sweep with its first piece.

    Args:
        action: CANCEL or REMOVE.
    """
    newest = tp.cast(database.Row, tx.row(_NEWEST, tenant_id=tenant_id))["id"]
    made = Sweep(
        id=ids.generator.one(now),
        tenant_id=tenant_id,
        action=action,
        wanted=_encode(wanted).decode(),
        actor=actor,
        last=newest or "",
        created_at=now,
        updated_at=now,
    )
    _TABLE.add(tx, made, now)
    return _piece(tx, made, now)


def step(tx: database.Transaction, sweep_id: str, now: int) -> Sweep | None:
    """Do the next piece of a sweep that has not ended; None: it is gone."""
    found = _TABLE.get(tx, sweep_id, lock=True)
    return found if found is None or found.ended_at else _piece(tx, found, now)


def settle(tx: database.Transaction, now: int) -> bool:
    """Do a piece of the sweep that has waited longest; False: none is open."""
    row = tx.row(_NEXT)
    return row is not None and step(tx, row["id"], now) is not None


def get(tx: database.Transaction, tenant_id: str, sweep_id: str) -> Sweep | None:
    """Return a tenant's sweep."""
    found = _TABLE.get(tx, sweep_id)
    return found if found is not None and found.tenant_id == tenant_id else None


def left(tx: database.Transaction, found: Sweep) -> int:
    """Return how many messages are still to be cancelled or removed."""
    if found.ended_at is not None:
        return 0
    wanted = _decode(found.wanted)
    statement = _LEFT[found.action, wanted.found_by]
    row = tx.row(statement, **_parameters(found, wanted), last=found.last)
    return int(tp.cast(database.Row, row)["count"])


def forget(tx: database.Transaction, now: int) -> int:
    """Remove sweeps that ended long ago; return how many."""
    return tx.run(_FORGET, before=now - _KEPT)


def _piece(tx: database.Transaction, found: Sweep, now: int) -> Sweep:
    wanted = _decode(found.wanted)
    reach = _reach(tx, found, wanted)
    rows = tx.rows(
        MEANT[found.action, wanted.found_by],
        **_parameters(found, wanted),
        last=reach,
        limit=upkeep.CHUNK,
    )
    if rows and found.action == CANCEL:
        _cancel(tx, found, rows, now)
    elif rows:
        upkeep.remove(tx, rows)
    ended = not rows and reach == found.last
    done = msgspec.structs.replace(
        found,
        # Without an order: the lock may have taken rows out of it.
        position=max(row["id"] for row in rows) if rows else reach,
        changed=found.changed + len(rows),
        wanted="{}" if ended else found.wanted,
        ended_at=now if ended else None,
    )
    _TABLE.change(tx, done, now)
    return done


def _reach(tx: database.Transaction, found: Sweep, wanted: Selection) -> str:
    """Return how far the next piece looks, so that it does not look for long."""
    if wanted.found_by == "ids":
        return found.last
    here = _parameters(found, wanted) | {"last": found.last, "window": _WINDOW}
    row = tp.cast(database.Row, tx.row(_REACH[wanted.found_by], **here))
    return row["id"] or found.last


def _cancel(
    tx: database.Transaction, found: Sweep, rows: list[database.Row], now: int
) -> None:
    listed = sql.json_list(row["id"] for row in rows)
    tx.run(_CANCEL, tenant_id=found.tenant_id, ids=listed, now=now)
    upkeep.end_waiting(tx, rows, states.CANCELLED, {}, found.actor, now)


def _parameters(found: Sweep, wanted: Selection) -> dict[str, tp.Any]:
    parameters = msgspec.structs.asdict(wanted)
    parameters["ids"] = sql.json_list(wanted.ids)
    more = {"tenant_id": found.tenant_id, "position": found.position, "relay_id": ""}
    return parameters | more
