# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Messages by what is known of them: the rows of a trace.

A search goes down an index from the newest id, a stretch at a time, and ends when it
has enough messages or has looked at enough candidates: then it says where to go on.
"""

import collections.abc as abc
import functools
import typing as tp

import msgspec

from exordos_mail.send.content import identity, message
from exordos_mail.send.messages.records import MessageRow
from exordos_mail.send.queue import contents, states
from exordos_mail.send.queue.keys import Keys
from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import typed
from exordos_mail.send.trace.search import TraceSearch

#: Candidates of the first stretch and of the largest, and of one call by each index.
_FIRST, _LARGEST = 100, 1000
CANDIDATES_MAX = 1000
#: Messages that are not final, which one call looks at.
UNFINISHED_MAX = 1000

_STRETCH = "{id} < :before AND {id} >= :first ORDER BY {id} DESC LIMIT :window"


def _candidates(text: str, column: str = "id") -> sql.Statement:
    return sql.statement(f"{text} AND {_STRETCH.format(id=column)}")


#: What is final has indexes by its keys.
CANDIDATES: tp.Final = {
    "recipient": _candidates(
        "SELECT r.message_id AS id FROM recipients r"
        " WHERE r.address_key = :key AND r.state <> 'waiting'",
        "r.message_id",
    ),
    "sender": _candidates(
        "SELECT id FROM messages WHERE sender_key = :key AND final_at IS NOT NULL"
    ),
    "subject": _candidates(
        "SELECT id FROM messages WHERE subject_key = :key AND final_at IS NOT NULL"
    ),
    "message_id": _candidates("SELECT id FROM messages WHERE message_key = :key"),
    "all": _candidates("SELECT id FROM messages WHERE tenant_id = :tenant_id"),
}
# What is not final has one index, and is looked at: how far, and what is meant there.
REACH: tp.Final = sql.statement(f"""
SELECT min(w.id) AS id, count(*) AS count FROM (
    SELECT id FROM messages {{{{unfinished}}}}
    WHERE tenant_id = :tenant_id AND final_at IS NULL
      AND {_STRETCH.format(id="id")}
) w
""")  # noqa: S608 our own text
_OPEN = """
FROM {tables}
WHERE m.tenant_id = :tenant_id AND m.final_at IS NULL
  AND m.id < :before AND m.id >= :reach AND {which} ORDER BY m.id DESC
"""
UNFINISHED: tp.Final = {
    "recipient": sql.statement(
        "SELECT DISTINCT m.id"
        + _OPEN.format(
            tables="messages m {{unfinished}} CROSS JOIN recipients r",
            which="r.message_id = m.id AND r.address_key = :key",
        )
    ),
    "sender": sql.statement(
        "SELECT m.id"
        + _OPEN.format(tables="messages m {{unfinished}}", which="m.sender_key = :key")
    ),
    "subject": sql.statement(
        "SELECT m.id"
        + _OPEN.format(tables="messages m {{unfinished}}", which="m.subject_key = :key")
    ),
}
_COLUMNS = ", ".join(f"m.{name}" for name in MessageRow.__struct_fields__)
# Not EXISTS: PostgreSQL would read all recipients, for a hash of them.
_TO = "(SELECT max(1) FROM recipients r WHERE r.message_id = m.id AND {which}) = 1"
_OPTIONAL = "(CAST(:{name} AS BIGINT) IS NULL OR {condition})"
_CONDITIONS: tp.Final = {
    "sender": "m.sender_key = :sender",
    "subject": "m.subject_key = :subject",
    "recipient": _TO.format(which="r.address_key = :recipient"),
    "address": (
        f"(m.sender_key = :address OR {_TO.format(which='r.address_key = :address')})"
    ),
}
MATCHING: tp.Final = sql.statement(
    f"""
SELECT {_COLUMNS} FROM messages m
WHERE m.tenant_id = :tenant_id AND m.id {{{{among :ids}}}}
  AND (:state = '' OR m.state = :state
    OR :outcome <> '' AND {_TO.format(which="r.outcome = :outcome")})
  AND """  # noqa: S608 our own text
    + "\n  AND ".join(
        _OPTIONAL.format(name=name, condition=condition)
        for name, condition in _CONDITIONS.items()
    )
    + "\nORDER BY m.id DESC LIMIT :limit"
)
_TENANTS = sql.statement(
    "SELECT id FROM tenants WHERE id >= :after ORDER BY id LIMIT :limit"
)


class _Stretch(tp.NamedTuple):
    """Ids of candidates, the highest first."""

    ids: list[str]
    #: What was looked down to; None: to the end.
    reached: str | None
    #: How many were looked at.
    looked: int


#: Returns candidates below an id, so many at the most.
_Source = tp.Callable[[str, int], _Stretch]


class Found(tp.NamedTuple):
    """Messages, the newest first."""

    rows: list[MessageRow]
    #: What the next part is below; None: there is none.
    next: str | None


def search(
    tx: database.Transaction,
    tenant_id: str,
    wanted: TraceSearch,
    cursor: str,
    limit: int,
) -> Found:
    """Return the newest of a tenant's messages that are meant.

    Args:
        cursor: `next` of the part before, or END.
        limit: how many at the most; fewer do not mean that there are no more.
    """
    keys = _keys(tenant_id, wanted)
    before = wanted.before(cursor)
    match = functools.partial(_matching, tx, tenant_id, wanted, keys, limit)
    parts = [
        _walk(source, match, before, limit)
        for source in _sources(tx, tenant_id, wanted, keys)
    ]
    # What lies below may be missing in one of them.
    reached = max(part.next or "" for part in parts)
    rows = {row.id: row for part in parts for row in part.rows if row.id >= reached}
    newest = sorted(rows.values(), key=lambda one: one.id, reverse=True)
    if len(newest) > limit:
        return Found(newest[:limit], newest[limit - 1].id)
    return Found(newest, reached or None)


def tenants(tx: database.Transaction, first: str, limit: int) -> list[str]:
    """Return tenants in the order of their ids, from `first` on."""
    return [row["id"] for row in tx.rows(_TENANTS, after=first, limit=limit)]


def message_ids(
    tx: database.Transaction, found: abc.Sequence[MessageRow]
) -> dict[str, str]:
    """Return the Message-IDs of messages whose contents are there, and are small."""
    bodies = contents.small(tx, (row.id for row in found))
    return {one: identity.of(message.unpack(body), one) for one, body in bodies.items()}


class _Keys(msgspec.Struct):
    """Keys of what is wanted; None: any."""

    message_id: int | None
    address: int | None
    subject: int | None
    sender: int | None
    recipient: int | None


def _keys(tenant_id: str, wanted: TraceSearch) -> _Keys:
    keys = Keys(tenant_id)
    made = {
        "message_id": keys.of_message_id,
        "address": keys.of,
        "subject": keys.of_subject,
        "sender": keys.of,
        "recipient": keys.of,
    }
    return _Keys(
        **{
            name: make(text) if (text := getattr(wanted, name)) else None
            for name, make in made.items()
        }
    )


def _sources(
    tx: database.Transaction, tenant_id: str, wanted: TraceSearch, keys: _Keys
) -> list[_Source]:
    of = {"tenant_id": tenant_id, "first": wanted.first}
    by = functools.partial(_by, tx, of)
    # It comes first: what ends between the two is found by the index then.
    among = functools.partial(_unfinished, tx, of)
    match wanted.lead:
        case "id":
            return [_fixed([wanted.id], wanted.first)]
        case "message_id":
            own = identity.own([wanted.message_id])
            return [_fixed(own, wanted.first), by("message_id", keys.message_id)]
        case "address":
            ends = ("recipient", "sender")
            key = keys.address
            return [make(end, key) for make in (among, by) for end in ends]
        case "recipient" | "sender" | "subject" as name:
            return [make(name, getattr(keys, name)) for make in (among, by)]
    return [by("all", None)]


def _fixed(ids: list[str], first: str) -> _Source:
    def below(before: str, window: int) -> _Stretch:
        found = (one for one in ids if first <= one < before)
        return _Stretch(sorted(found, reverse=True), None, len(ids))

    return below


def _by(
    tx: database.Transaction, of: dict[str, str], name: str, key: int | None
) -> _Source:
    """Return those that an index leads to."""

    def below(before: str, window: int) -> _Stretch:
        wanted = {**of, "key": key, "before": before, "window": window}
        ids = [row["id"] for row in tx.rows(CANDIDATES[name], **wanted)]
        return _Stretch(ids, ids[-1] if len(ids) == window else None, window)

    return below


def _unfinished(
    tx: database.Transaction, of: dict[str, str], name: str, key: int | None
) -> _Source:
    """Return those that are meant among the ones that are not final."""

    def below(before: str, window: int) -> _Stretch:
        wanted = {**of, "key": key, "before": before, "window": UNFINISHED_MAX}
        # First how far: what is accepted meanwhile is above.
        row = tp.cast(database.Row, tx.row(REACH, **wanted))
        if not row["count"]:
            return _Stretch([], None, 0)
        rows = tx.rows(UNFINISHED[name], reach=row["id"], **wanted)
        reached = None if row["count"] < UNFINISHED_MAX else row["id"]
        return _Stretch([one["id"] for one in rows], reached, UNFINISHED_MAX)

    return below


def _walk(
    source: _Source,
    match: tp.Callable[[list[str]], list[MessageRow]],
    before: str,
    limit: int,
) -> Found:
    """Go down a source until there is enough, or enough was looked at."""
    rows: list[MessageRow] = []
    looked, window = 0, max(_FIRST, limit)
    while looked < CANDIDATES_MAX:
        ids, reached, count = source(before, window)
        for start in range(0, len(ids), window):
            rows += match(ids[start : start + window])
            if len(rows) >= limit:
                return Found(rows[:limit], rows[limit - 1].id)
        if reached is None:
            return Found(rows, None)
        before, looked = reached, looked + count
        window = min(_LARGEST, 4 * window)
    return Found(rows, before)


def _matching(
    tx: database.Transaction,
    tenant_id: str,
    wanted: TraceSearch,
    keys: _Keys,
    limit: int,
    ids: list[str],
) -> list[MessageRow]:
    parameters = msgspec.structs.asdict(keys)
    del parameters["message_id"]
    if wanted.lead in parameters:
        # That is true of every candidate.
        parameters[wanted.lead] = None
    rows = tx.rows(
        MATCHING,
        tenant_id=tenant_id,
        ids=sql.json_list(ids),
        state=wanted.state,
        outcome=wanted.state if wanted.state in states.OUTCOMES else "",
        limit=limit,
        **parameters,
    )
    return typed(MessageRow, rows)
