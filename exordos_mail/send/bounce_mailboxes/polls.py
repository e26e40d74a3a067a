# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How far mailboxes are read, and who reads them.

One worker at a time holds a mailbox, as with webhooks (webhooks/cursor.py). What a poll
writes names the poll: once the mailbox is changed, or its worker was declared dead and
another one reads on, the poll changes nothing.
"""

import collections.abc as abc
import dataclasses
import typing as tp

from exordos_mail.send.bounce_mailboxes import records
from exordos_mail.send.bounce_mailboxes.effect import Counts
from exordos_mail.send.storage import database, sql

#: States of a mail.
DONE, REMOVING, AGAIN = "done", "removing", "again"
#: Mails of one statement.
_CHUNK = 1000

_ADD = sql.statement("""
INSERT INTO bounce_polls (tenant_id, mailbox_id, last_uid, due_at, failures,
    stuck_times, bounces, complaints, others, unread, events)
VALUES (:tenant_id, :mailbox_id, 0, :now, 0, 0, 0, 0, 0, 0, 0)
""")
_DUE = sql.statement("""
SELECT p.tenant_id, p.mailbox_id, p.failures
FROM bounce_polls p
JOIN bounce_mailboxes m ON m.tenant_id = p.tenant_id AND m.id = p.mailbox_id
WHERE m.active = 1 AND p.due_at <= :now
  AND NOT EXISTS (
      SELECT 1 FROM workers k WHERE k.id = p.worker_id AND k.id <> :worker_id
  )
ORDER BY p.due_at LIMIT 1000
""")
_NEXT_DUE = sql.statement("""
SELECT min(p.due_at) AS at FROM bounce_polls p
JOIN bounce_mailboxes m ON m.tenant_id = p.tenant_id AND m.id = p.mailbox_id
WHERE m.active = 1 AND p.due_at > :now
""")
_HOLD = sql.statement("""
UPDATE bounce_polls
SET worker_id = :worker_id, poll_id = :poll_id, attempted_at = :now
WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id AND due_at <= :now
  AND EXISTS (SELECT 1 FROM workers k WHERE k.id = :worker_id)
  AND EXISTS (
      SELECT 1 FROM bounce_mailboxes m
      WHERE m.tenant_id = :tenant_id AND m.id = :mailbox_id AND m.active = 1
  )
  AND (worker_id = :worker_id
       OR NOT EXISTS (SELECT 1 FROM workers k WHERE k.id = bounce_polls.worker_id))
RETURNING uidvalidity, last_uid, failures, stuck_uid, stuck_times
""")
# Locks the row, as whatever changes the mailbox does.
_OURS = sql.statement("""
UPDATE bounce_polls SET last_uid = last_uid
WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id AND poll_id = :poll_id
""")
_DUE_AT = sql.statement("""
SELECT due_at FROM bounce_polls
WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id AND poll_id = :poll_id
""")
_MARKS = sql.statement("""
SELECT uid, state, created_at FROM bounce_mails
WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id
""")
_MARK = sql.statement("""
INSERT INTO bounce_mails (tenant_id, mailbox_id, uid, state, created_at)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, mailbox_id, uid) DO UPDATE SET state = excluded.state
""")
_FORGET = sql.statement("""
DELETE FROM bounce_mails
WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id
  AND uid IN ({{each :uids}})
""")
_FORGET_ALL = sql.statement("""
DELETE FROM bounce_mails WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id
""")
_BEGIN_FOLDER = sql.statement("""
UPDATE bounce_polls SET uidvalidity = :uidvalidity, last_uid = 0, stuck_uid = NULL,
    stuck_times = 0
WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id
""")
_GO_ON = sql.statement("""
UPDATE bounce_polls SET
    last_uid = CASE WHEN last_uid < :last_uid THEN :last_uid ELSE last_uid END,
    bounces = bounces + :bounces, complaints = complaints + :complaints,
    others = others + :others, unread = unread + :unread, events = events + :events
WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id
""")
_WELL = sql.statement("""
UPDATE bounce_polls SET failures = 0, last_error = NULL, polled_at = :now,
    due_at = :due_at, stuck_uid = NULL, stuck_times = 0
WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id
""")
_FAILED = sql.statement("""
UPDATE bounce_polls SET failures = failures + 1, last_error = :error,
    due_at = :due_at,
    stuck_times = CASE WHEN stuck_uid = :stuck_uid THEN stuck_times + 1 ELSE 1 END,
    stuck_uid = :stuck_uid
WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id
""")
_RELEASE = sql.statement("""
UPDATE bounce_polls SET worker_id = NULL, poll_id = NULL
WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id AND poll_id = :poll_id
""")
_CHANGED = sql.statement("""
UPDATE bounce_polls SET poll_id = NULL, worker_id = NULL, due_at = :now,
    failures = 0, last_error = NULL
WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id
""")
_ASKED = sql.statement("""
UPDATE bounce_polls SET due_at = :now
WHERE tenant_id = :tenant_id AND mailbox_id = :mailbox_id AND due_at > :now
""")


class Lost(Exception):
    """The mailbox was changed or removed, or another worker reads it."""


class Mark(tp.NamedTuple):
    """What is known of a mail."""

    state: str
    #: Since when, in milliseconds since 1970.
    created_at: int


class HeldMailbox(tp.NamedTuple):
    """A poll that is ours."""

    mailbox: records.BounceMailboxRow
    poll_id: str
    uidvalidity: int | None
    last_uid: int
    failures: int
    stuck_uid: str | None
    stuck_times: int

    @property
    def key(self) -> dict[str, tp.Any]:
        """Return the parameters that name the row."""
        return {"tenant_id": self.mailbox.tenant_id, "mailbox_id": self.mailbox.id}


def add(tx: database.Transaction, tenant_id: str, mailbox_id: str, now: int) -> None:
    """Have a new mailbox read."""
    tx.run(_ADD, tenant_id=tenant_id, mailbox_id=mailbox_id, now=now)


def due(
    tx: database.Transaction, worker_id: str, now: int
) -> tuple[list[database.Row], int | None]:
    """Return who is due (tenant_id, mailbox_id, failures), and when the next one is."""
    row = tx.row(_NEXT_DUE, now=now)
    rows = tx.rows(_DUE, worker_id=worker_id, now=now)
    return rows, None if row is None else row["at"]


def take(
    tx: database.Transaction,
    tenant_id: str,
    mailbox_id: str,
    worker_id: str,
    poll_id: str,
    now: int,
) -> HeldMailbox | None:
    """Hold a mailbox; None: it is not due, or another worker reads it."""
    row = tx.row(
        _HOLD,
        tenant_id=tenant_id,
        mailbox_id=mailbox_id,
        worker_id=worker_id,
        poll_id=poll_id,
        now=now,
    )
    mailbox = records.get(tx, tenant_id, mailbox_id)
    if row is None or mailbox is None:
        return None
    return HeldMailbox(mailbox, poll_id, **row)


def check(tx: database.Transaction, held: HeldMailbox) -> None:
    """Begin a step of a poll.

    Raises:
        Lost: it is not ours any more.
    """
    if tx.run(_OURS, poll_id=held.poll_id, **held.key) == 0:
        raise Lost


def due_at(tx: database.Transaction, held: HeldMailbox) -> int | None:
    """Return when a mailbox is due; None: it is not ours any more."""
    row = tx.row(_DUE_AT, poll_id=held.poll_id, **held.key)
    return None if row is None else row["due_at"]


def marks(tx: database.Transaction, held: HeldMailbox) -> dict[str, Mark]:
    """Return what is known of single mails."""
    rows = tx.rows(_MARKS, **held.key)
    return {row["uid"]: Mark(row["state"], row["created_at"]) for row in rows}


def begin_folder(tx: database.Transaction, held: HeldMailbox, uidvalidity: int) -> None:
    """Read a folder from its beginning, whose numbers are new."""
    check(tx, held)
    tx.run(_FORGET_ALL, **held.key)
    tx.run(_BEGIN_FOLDER, uidvalidity=uidvalidity, **held.key)


class Unwritten(tp.Protocol):
    """What a poll has to write."""

    @property
    def counts(self) -> Counts:
        """What was read."""

    @property
    def states(self) -> abc.Mapping[str, str]:
        """States of single mails, by their ids."""

    @property
    def gone(self) -> abc.Sequence[str]:
        """Ids of mails that are to be forgotten."""


def go_on(
    tx: database.Transaction,
    held: HeldMailbox,
    last_uid: int,
    found: Unwritten,
    now: int,
) -> None:
    """Write down what was read.

    Args:
        last_uid: all mails up to this UID are read, or have a state.
    """
    counts = dataclasses.asdict(found.counts)
    tx.run(_GO_ON, last_uid=last_uid, **counts, **held.key)
    key = (held.mailbox.tenant_id, held.mailbox.id)
    tx.run_many(_MARK, [(*key, uid, state, now) for uid, state in found.states.items()])
    for start in range(0, len(found.gone), _CHUNK):
        some = sql.json_list(found.gone[start : start + _CHUNK])
        tx.run(_FORGET, uids=some, **held.key)


def well(
    tx: database.Transaction, held: HeldMailbox, due_at: int, now: int, release: bool
) -> None:
    """End a poll that went well; without `release` it is held for the next one."""
    check(tx, held)
    tx.run(_WELL, due_at=due_at, now=now, **held.key)
    if release:
        tx.run(_RELEASE, poll_id=held.poll_id, **held.key)


def failed(
    tx: database.Transaction,
    held: HeldMailbox,
    error: str,
    stuck_uid: str | None,
    due_at: int,
) -> None:
    """End a poll that has failed, at the mail `stuck_uid` if that is known."""
    check(tx, held)
    tx.run(_FAILED, error=error, stuck_uid=stuck_uid, due_at=due_at, **held.key)
    tx.run(_RELEASE, poll_id=held.poll_id, **held.key)


def release(tx: database.Transaction, held: HeldMailbox) -> None:
    """Let others read the mailbox, if it is still ours."""
    tx.run(_RELEASE, poll_id=held.poll_id, **held.key)


def changed(
    tx: database.Transaction, tenant_id: str, mailbox_id: str, other: bool, now: int
) -> None:
    """Read a mailbox anew that was changed; a poll under way changes nothing more.

    Args:
        other: it is another folder.
    """
    key = {"tenant_id": tenant_id, "mailbox_id": mailbox_id}
    tx.run(_CHANGED, now=now, **key)
    if other:
        tx.run(_FORGET_ALL, **key)
        tx.run(_BEGIN_FOLDER, uidvalidity=None, **key)


def asked(tx: database.Transaction, tenant_id: str, mailbox_id: str, now: int) -> None:
    """Have a mailbox read now."""
    tx.run(_ASKED, tenant_id=tenant_id, mailbox_id=mailbox_id, now=now)
