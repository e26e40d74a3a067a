# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Rows from which an address is taken out, and what stays in its place."""

import typing as tp

import msgspec

from exordos_mail.send.content import address as addresses
from exordos_mail.send.content.labels import unpack
from exordos_mail.send.queue.keys import Keys
from exordos_mail.send.storage import database, sql

_MESSAGES = sql.statement("""
UPDATE messages SET subject = '', subject_key = NULL, message_key = NULL,
    sender = CASE WHEN sender_key = :key THEN :pseudonym ELSE sender END,
    sender_key = CASE WHEN sender_key = :key THEN :other_key ELSE sender_key END
WHERE tenant_id = :tenant_id AND id IN ({{each :ids}})
""")
_CONTENTS = sql.statement("DELETE FROM contents WHERE message_id IN ({{each :ids}})")
_RECIPIENTS = sql.statement("""
UPDATE recipients
SET address = :pseudonym, address_key = :other_key, reply = NULL
WHERE message_id IN ({{each :ids}}) AND address_key = :key
""")
_REPLIES = sql.statement("""
SELECT message_id, position, reply FROM recipients
WHERE message_id IN ({{each :ids}}) AND reply IS NOT NULL
""")
_NO_REPLY = sql.statement(
    "UPDATE recipients SET reply = NULL WHERE message_id = ? AND position = ?"
)
_BATCHES = sql.statement("""
SELECT id, batch FROM messages
WHERE tenant_id = :tenant_id AND id IN ({{each :ids}}) AND batch IS NOT NULL
""")
_NO_BATCH = sql.statement(
    "UPDATE messages SET batch = NULL WHERE tenant_id = ? AND id = ?"
)
_LABELS = sql.statement("""
SELECT message_id, body FROM labels
WHERE tenant_id = :tenant_id AND message_id IN ({{each :ids}})
""")
_NO_LABELS: tp.Final = tuple(
    sql.statement(
        f"DELETE FROM {table}"  # noqa: S608 our own names
        " WHERE tenant_id = :tenant_id AND message_id IN ({{each :ids}})"
    )
    for table in ("labels", "tags")
)
_EVENTS = sql.statement("""
SELECT seq, recipient, details FROM events
WHERE message_id IN ({{each :ids}}) AND tenant_id = :tenant_id
""")
_EVENT = sql.statement(
    "UPDATE events SET recipient = ?, details = ? WHERE tenant_id = ? AND seq = ?"
)
_REACH = sql.statement("""
SELECT max(w.seq) AS seq FROM (
    SELECT seq FROM events
    WHERE tenant_id = :tenant_id AND seq > :seq AND seq <= :last
    ORDER BY seq LIMIT :limit
) w
""")
_LEFT = sql.statement("""
SELECT e.seq, e.recipient, e.details FROM events e
WHERE e.tenant_id = :tenant_id AND e.seq > :seq AND e.seq <= :last
  AND e.message_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM messages m WHERE m.tenant_id = e.tenant_id AND m.id = e.message_id
  )
""")
#: What servers and people say of a recipient, in words of their own.
_SAID = ("reply", "cause")
_encode = msgspec.json.Encoder().encode


#: The domain of every pseudonym; nobody has it (RFC 6761 section 6.4).
_DOMAIN = "@erased.invalid"


def pseudonym(erasure_id: str) -> str:
    """Return what stands for an address; nothing leads from it to the address."""
    return f"erased-{erasure_id[-12:]}{_DOMAIN}"


def is_pseudonym(address: str) -> bool:
    """Tell whether an address stands for one that was erased."""
    return address.endswith(_DOMAIN)


class Subject(tp.NamedTuple):
    """Whose data it is."""

    tenant_id: str
    #: In normal form.
    address: str
    pseudonym: str

    def is_in(self, text: object) -> bool:
        """Tell whether a text names the address."""
        return isinstance(text, str) and self.address in addresses.normal(text)


def messages(tx: database.Transaction, subject: Subject, ids: list[str]) -> int:
    """Take the address out of final messages; return how many events that changes.

    Their subjects and contents go, whoever else has got them.
    """
    keys = Keys(subject.tenant_id)
    wanted = {
        "tenant_id": subject.tenant_id,
        "ids": sql.json_list(ids),
        "key": keys.of(subject.address),
        "pseudonym": subject.pseudonym,
        "other_key": keys.of(subject.pseudonym),
    }
    for statement in (_MESSAGES, _CONTENTS, _RECIPIENTS):
        tx.run(statement, **wanted)
    replies = (
        (row["message_id"], row["position"])
        for row in tx.rows(_REPLIES, **wanted)
        if subject.is_in(row["reply"])
    )
    tx.run_many(_NO_REPLY, list(replies))
    _callers_own(tx, subject, wanted)
    return _events(tx, subject, tx.rows(_EVENTS, **wanted))


def left_events(
    tx: database.Transaction, subject: Subject, seq: int, last: int, limit: int
) -> tuple[int, int]:
    """Take the address out of events whose messages are gone.

    Args:
        seq, last: after which number, and up to which one.
        limit: how many events to look at.

    Returns:
        The number of the last event that was looked at, and how many were changed.
    """
    stretch = {"tenant_id": subject.tenant_id, "seq": seq, "last": last}
    row = tp.cast(database.Row, tx.row(_REACH, limit=limit, **stretch))
    reach = last if row["seq"] is None else row["seq"]
    rows = tx.rows(_LEFT, **{**stretch, "last": reach})
    return reach, _events(tx, subject, rows)


def _callers_own(
    tx: database.Transaction, subject: Subject, wanted: dict[str, tp.Any]
) -> None:
    """Take away what callers wrote on messages if it names the address."""
    batches = (
        (subject.tenant_id, row["id"])
        for row in tx.rows(_BATCHES, **wanted)
        if subject.is_in(row["batch"])
    )
    tx.run_many(_NO_BATCH, list(batches))
    named = [
        row["message_id"]
        for row in tx.rows(_LABELS, **wanted)
        if _names(subject, msgspec.structs.asdict(unpack(row["body"])))
    ]
    if named:
        for statement in _NO_LABELS:
            own = {"tenant_id": subject.tenant_id, "ids": sql.json_list(named)}
            tx.run(statement, **own)


def _names(subject: Subject, value: tp.Any) -> bool:
    if isinstance(value, dict):
        return any(_names(subject, one) for pair in value.items() for one in pair)
    if isinstance(value, list | tuple):
        return any(_names(subject, one) for one in value)
    return subject.is_in(value)


def _events(
    tx: database.Transaction, subject: Subject, rows: list[database.Row]
) -> int:
    changed = []
    for row in rows:
        found = event(subject, row["recipient"], row["details"])
        if found != (row["recipient"], row["details"]):
            changed.append((*found, subject.tenant_id, row["seq"]))
    tx.run_many(_EVENT, changed)
    return len(changed)


def event(
    subject: Subject, recipient: str | None, details: str
) -> tuple[str | None, str]:
    """Return recipient and details of an event without the address.

    Args:
        details: JSON object; of an event of the address, what others said of it goes.
    """
    own = recipient is not None and addresses.normal(recipient) == subject.address
    known = msgspec.json.decode(details)
    kept = {
        name: value
        for name, value in known.items()
        if not (own and name in _SAID) and not _names(subject, value)
    }
    text = details if kept == known else _encode(kept).decode()
    return subject.pseudonym if own else recipient, text
