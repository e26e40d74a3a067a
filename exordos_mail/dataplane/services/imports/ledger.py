# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What was handed over to a mailbox from one source, so that nothing is twice.

A message is known by its folder and the SHA-256 of its text, and by how many there are
of it: numbers and UIDVALIDITY of a source may change, and its folders come again. It is
noted before it is put in place, under the name that its file gets; who is killed in
between finds the file or not, and goes on.
"""

import collections.abc as abc
import hashlib
import pathlib
import sqlite3
import typing as tp

_TABLES = """
CREATE TABLE IF NOT EXISTS handed (
    folder BLOB, digest BLOB, number INTEGER, file TEXT, target TEXT, done INTEGER,
    PRIMARY KEY (folder, digest, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pending ON handed (folder) WHERE NOT done;
-- Of the mirror, and forgotten with it.
CREATE TABLE IF NOT EXISTS digests (
    folder BLOB, guid TEXT, digest BLOB, PRIMARY KEY (folder, guid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS complete (folder BLOB PRIMARY KEY, state TEXT);
"""


class Entry(tp.NamedTuple):
    """A message that is on its way: its text, the how-manieth, file and folder."""

    digest: bytes
    number: int
    file: str
    target: str


class Ledger:
    """The book of a source, in its directory."""

    def __init__(self, path: pathlib.Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("PRAGMA synchronous = FULL;" + _TABLES)

    def close(self) -> None:
        """Close it."""
        self._db.close()

    def forget_mirror(self) -> None:
        """Forget what belongs to a mirror that is gone."""
        self._db.executescript("DELETE FROM digests; DELETE FROM complete;")

    # --- folders that are complete ----------------------------------------------

    def is_complete(self, folder: bytes, state: object) -> bool:
        """Return whether a folder was copied when the source said this of it."""
        query = "SELECT 1 FROM complete WHERE folder = ? AND state = ?"
        return self._db.execute(query, (folder, repr(state))).fetchone() is not None

    def complete(self, folder: bytes, state: object) -> None:
        """Note that it was."""
        self._db.execute("REPLACE INTO complete VALUES (?, ?)", (folder, repr(state)))

    # --- messages ---------------------------------------------------------------

    def digest(self, folder: bytes, guid: str) -> bytes | None:
        """Return the digest of a message of the mirror, if it was taken."""
        query = "SELECT digest FROM digests WHERE folder = ? AND guid = ?"
        found = self._db.execute(query, (folder, guid)).fetchone()
        return found[0] if found else None

    def note_digests(
        self, folder: bytes, found: abc.Iterable[tuple[str, bytes]]
    ) -> None:
        """Note digests by their messages of the mirror."""
        rows = ((folder, guid, digest) for guid, digest in found)
        self._change("REPLACE INTO digests VALUES (?, ?, ?)", rows)

    def count(self, folder: bytes) -> int:
        """Return how many messages of a folder were handed over."""
        query = "SELECT count(*) FROM handed WHERE folder = ? AND done"
        return int(self._db.execute(query, (folder,)).fetchone()[0])

    def known(self, folder: bytes) -> set[tuple[bytes, int]]:
        """Return the messages that were handed over: the text, and the how-manieth."""
        query = "SELECT digest, number FROM handed WHERE folder = ? AND done"
        return set(self._db.execute(query, (folder,)))

    def pending(self, folder: bytes) -> list[Entry]:
        """Return those of which nobody knows whether they are in place."""
        query = "SELECT digest, number, file, target FROM handed WHERE folder = ?"
        rows = self._db.execute(query + " AND NOT done", (folder,))
        return [Entry(*row) for row in rows]

    def begin(self, folder: bytes, entries: abc.Iterable[Entry]) -> None:
        """Note messages that are to be put in place now."""
        rows = ((folder, *one) for one in entries)
        self._change("REPLACE INTO handed VALUES (?, ?, ?, ?, ?, 0)", rows)

    def done(self, folder: bytes, entries: abc.Iterable[Entry]) -> None:
        """Note that they are."""
        rows = ((folder, *one) for one in entries)
        self._change("REPLACE INTO handed VALUES (?, ?, ?, ?, ?, 1)", rows)

    def drop(self, folder: bytes, entries: abc.Iterable[Entry]) -> None:
        """Note that they are not."""
        rows = ((folder, one.digest, one.number) for one in entries)
        self._change(
            "DELETE FROM handed WHERE folder = ? AND digest = ? AND number = ?", rows
        )

    def _change(self, statement: str, rows: abc.Iterable[tuple[tp.Any, ...]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(statement, rows)
        self._db.execute("COMMIT")


def file_name(folder: bytes, digest: bytes, number: int, uid: int) -> str:
    """Return the name of a message's file: files of a lower UID come first.

    Dovecot numbers new files by the number that their names begin with.
    """
    whole = hashlib.sha256(b"%d %b %b" % (number, digest, folder)).hexdigest()[:32]
    return f"{uid}.I{whole}.import"
