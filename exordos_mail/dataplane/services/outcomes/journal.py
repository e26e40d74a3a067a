# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What was read of exim's log and not told yet: an SQLite file.

How far the log was read is written in the same transaction as what was found there, so
nothing is lost or doubled by a kill between any two steps. A power cut may take the
last transactions back, which only has the same lines read again.
"""

import contextlib
import dataclasses
import json
import logging
import pathlib
import re
import sqlite3
import time
import typing as tp

from exordos_mail.dataplane.services.outcomes import line, log_files
from exordos_mail.protocol import outcomes

LOG = logging.getLogger(__name__)

SEND, ACCOUNTS = "send", "accounts"
#: Outcomes that wait to be told; the oldest go when there are more.
WAITING_MAX = 200_000
#: Milliseconds that a message is remembered that never came to its end.
_FORGOTTEN = 10 * 86_400_000
#: Not looked for at each turn.
_SWEEP = 600.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS places (
    inode INTEGER PRIMARY KEY, offset INTEGER NOT NULL, tail BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS messages (
    queue_id TEXT PRIMARY KEY, accepted_at INTEGER NOT NULL, login TEXT NOT NULL,
    -- See line.Submitted.
    submitter TEXT NOT NULL, message_id TEXT NOT NULL, sender TEXT NOT NULL
) WITHOUT ROWID;
-- Of whom nothing final is known yet. Of deferrals only the first is told.
CREATE TABLE IF NOT EXISTS recipients (
    queue_id TEXT NOT NULL, form TEXT NOT NULL, recipient TEXT NOT NULL,
    is_delayed INTEGER NOT NULL, PRIMARY KEY (queue_id, form)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outcomes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    -- SEND or ACCOUNTS; not before this moment, in seconds since 1970; JSON.
    whom TEXT NOT NULL, due_at REAL NOT NULL DEFAULT 0, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS outcomes_whom ON outcomes (whom, due_at, seq);
"""
_SUBMITTED = """
INSERT OR REPLACE INTO messages
(queue_id, accepted_at, login, submitter, message_id, sender) VALUES (?, ?, ?, ?, ?, ?)
"""
_MESSAGE = """
SELECT queue_id, accepted_at, login, submitter, message_id, sender FROM messages
WHERE queue_id = ?
"""
_EXPECTED = """
INSERT OR IGNORE INTO recipients (queue_id, form, recipient, is_delayed)
VALUES (?, ?, ?, 0)
"""
_DELAYED = """
INSERT OR REPLACE INTO recipients (queue_id, form, recipient, is_delayed)
VALUES (?, ?, ?, 1)
"""
_IS_DELAYED = "SELECT is_delayed FROM recipients WHERE queue_id = ? AND form = ?"
_DECIDED = "DELETE FROM recipients WHERE queue_id = ? AND form = ?"
_LEFT = "SELECT recipient FROM recipients WHERE queue_id = ? ORDER BY form"
_WAITING = """
SELECT seq, body FROM outcomes WHERE whom = ? AND due_at <= ?
ORDER BY due_at, seq LIMIT ?
"""
_OF_NOBODY = """
DELETE FROM recipients WHERE queue_id NOT IN (SELECT queue_id FROM messages)
"""
_OVERFLOW = """
DELETE FROM outcomes WHERE seq <= (
    SELECT seq FROM outcomes ORDER BY seq DESC LIMIT 1 OFFSET ?
)
"""


class Waiting(tp.NamedTuple):
    """An outcome that is to be told; `submitter`: see line.Submitted."""

    seq: int
    submitter: str
    outcome: outcomes.Outcome


def make(path: pathlib.Path) -> None:
    """Make the file if it is not there, or is damaged: the log has it all still.

    Of two that do so at the same time SQLite refuses one: one thread does it for all.

    Raises:
        sqlite3.Error: it cannot be made.
    """
    try:
        _make(path)
    except sqlite3.OperationalError:
        # Locked, or no room: it is not the file's fault.
        raise
    except sqlite3.DatabaseError:
        LOG.warning("The journal of outcomes is damaged, and is made anew")
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        _make(path)


def _make(path: pathlib.Path) -> None:
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)


class Journal:
    """The file, which is there; each thread has its own object."""

    def __init__(self, path: pathlib.Path) -> None:
        """Open it.

        Raises:
            sqlite3.Error: it cannot be used.
        """
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._swept = 0.0

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def places(self) -> dict[int, log_files.Place]:
        """Return how far the files were read, by inode."""
        rows = self._connection.execute("SELECT inode, offset, tail FROM places")
        return {row["inode"]: log_files.Place(*row) for row in rows}

    def take(self, read: log_files.Read) -> int:
        """Write what lines tell and how far they go; return how much is to be told."""
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            found = sum(map(self._take, read.lines))
            connection.execute("DELETE FROM places")
            insert = "INSERT INTO places (inode, offset, tail) VALUES (?, ?, ?)"
            connection.executemany(insert, read.places)
            self._sweep()
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        return found

    def waiting(self, whom: str, limit: int) -> list[Waiting]:
        """Return what is to be told now, the oldest first."""
        rows = self._connection.execute(_WAITING, (whom, time.time(), limit))
        return [_waiting(row) for row in rows]

    def told(self, seqs: tp.Iterable[int]) -> None:
        """Forget what was told."""
        given = [(one,) for one in seqs]
        self._connection.executemany("DELETE FROM outcomes WHERE seq = ?", given)

    def put_off(self, seqs: tp.Iterable[int], seconds: float) -> None:
        """Tell these again later."""
        due_at = time.time() + seconds
        given = [(due_at, one) for one in seqs]
        self._connection.executemany(
            "UPDATE outcomes SET due_at = ? WHERE seq = ?", given
        )

    def _take(self, octets: bytes) -> bool:
        """Take one line; return whether there is something to tell."""
        try:
            event = line.read(octets)
            if isinstance(event, outcomes.Outcome):
                return self._add(event)
        except ValueError as exc:
            # One odd line must not keep all later ones from being read.
            LOG.error("a line of exim's log is left out: %s", type(exc).__name__)
            return False
        if isinstance(event, line.Submitted):
            self._connection.execute(_SUBMITTED, event)
        elif isinstance(event, line.Taken):
            self._expect(event)
        elif isinstance(event, line.Dropped):
            whom = (event.queue_id, _form(event.recipient))
            self._connection.execute(_DECIDED, whom)
        elif isinstance(event, line.Removed):
            self._forget("recipients", event.queue_id)
        elif event is not None:
            return self._complete(event)
        return False

    def _expect(self, event: line.Taken) -> None:
        # A bounce of exim's own is nobody's to hear of.
        if self._connection.execute(_MESSAGE, (event.queue_id,)).fetchone():
            rows = [(event.queue_id, _form(one), one) for one in event.recipients]
            self._connection.executemany(_EXPECTED, rows)

    def _complete(self, event: line.Completed) -> bool:
        """Take those who are left for delivered: see `line.delivered_unsaid`."""
        left = self._connection.execute(_LEFT, (event.queue_id,)).fetchall()
        is_new = False
        for row in left:
            unsaid = line.delivered_unsaid(event.queue_id, row["recipient"], event.at)
            is_new |= self._add(unsaid)
        for table in ("messages", "recipients"):
            self._forget(table, event.queue_id)
        return is_new

    def _forget(self, table: str, queue_id: str) -> None:
        self._connection.execute(
            f"DELETE FROM {table} WHERE queue_id = ?",  # noqa: S608 our own
            (queue_id,),
        )

    def _add(self, event: outcomes.Outcome) -> bool:
        row = self._connection.execute(_MESSAGE, (event.queue_id,)).fetchone()
        # What exim itself has sent, such as a bounce, is nobody's to hear of.
        if row is None or not self._is_news(event):
            return False
        message = line.Submitted(*row)
        outcome = dataclasses.replace(
            event,
            accepted_at=message.accepted_at,
            login=outcomes.fitted("login", message.login),
            message_id=outcomes.fitted("message_id", message.message_id),
            sender=outcomes.fitted("sender", message.sender),
        )
        body = {**outcome.to_dict(), "submitter": message.submitter}
        added = self._connection.execute(
            "INSERT OR IGNORE INTO outcomes (id, whom, body) VALUES (?, ?, ?)",
            (event.id, ACCOUNTS if message.login else SEND, json.dumps(body)),
        )
        return bool(added.rowcount)

    def _is_news(self, event: outcomes.Outcome) -> bool:
        """Note what is known of a recipient; return whether it is told."""
        whom = (event.queue_id, _form(event.recipient))
        if event.state != "delayed":
            self._connection.execute(_DECIDED, whom)
            return True
        known = self._connection.execute(_IS_DELAYED, whom).fetchone()
        if known is not None and known["is_delayed"]:
            return False
        self._connection.execute(_DELAYED, (*whom, event.recipient))
        return True

    def _sweep(self) -> None:
        now = time.monotonic()
        if self._swept and now < self._swept + _SWEEP:
            return
        self._swept = now
        self._connection.execute(_OVERFLOW, (WAITING_MAX,))
        old = (round(time.time() * 1000) - _FORGOTTEN,)
        self._connection.execute("DELETE FROM messages WHERE accepted_at < ?", old)
        self._connection.execute(_OF_NOBODY)


def _form(recipient: str) -> str:
    """Return an address in the one form that exim's spellings have in common."""
    return re.sub(r'["\\]', "", recipient).lower()


def _waiting(row: sqlite3.Row) -> Waiting:
    body = json.loads(row["body"])
    submitter = body.pop("submitter")
    return Waiting(row["seq"], submitter, outcomes.Outcome(**body))
