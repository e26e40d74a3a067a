# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The mailbox that is moved into, by doveadm and by the rules of Maildir."""

import pathlib
import typing as tp

from exordos_mail.dataplane.services.imports import doveadm
from exordos_mail.dataplane.services.imports.fault import Fault, FolderFault

_KIB = 1024


class Room(tp.NamedTuple):
    """What the quota leaves: octets and messages; None: no limit."""

    octets: int | None
    messages: int | None

    def without(self, size: int) -> "Room | None":
        """Return what is left after a message of this size; None: it does not fit."""
        octets = None if self.octets is None else self.octets - size
        messages = None if self.messages is None else self.messages - 1
        if (octets is not None and octets < 0) or (
            messages is not None and messages < 0
        ):
            return None
        return Room(octets, messages)


class BoxFolder(tp.NamedTuple):
    """A folder: its name, its Maildir and its GUID."""

    name: str
    directory: pathlib.Path
    guid: str


class Box:
    """A mailbox.

    Args:
        conf: of Dovecot.
        login: of the account.
    """

    def __init__(self, conf: str, login: str) -> None:
        self._conf, self._login = conf, login

    def folder(self, name: str) -> BoxFolder:
        """Return where a folder is, which is made and subscribed to.

        Raises:
            FolderFault: Dovecot does not make it.
            Fault: there is no such mailbox.
        """
        guid = self._status(name, "guid")
        if guid is None:
            self._run("mailbox", "create", "-u", self._login, "-s", "--", name)
            guid = self._status(name, "guid")
        status, rows = self._run("mailbox", "path", "-u", self._login, "--", name)
        if guid is None or status or not rows:
            # It may be starting anew.
            raise FolderFault(f"Dovecot makes no folder {name[:200]}", passes=True)
        return BoxFolder(name, pathlib.Path(rows[0][0]), guid)

    def uidvalidity(self, name: str) -> int:
        """Return a folder's UIDVALIDITY.

        Raises:
            Fault: Dovecot does not tell, or there is no such mailbox.
        """
        found = self._status(name, "uidvalidity")
        if found is None or not found.isdigit():
            raise Fault("Dovecot does not tell of a folder", passes=True)
        return int(found)

    def named(self, pattern: str) -> list[str]:
        """Return the folders of a pattern of IMAP's LIST.

        Raises:
            Fault: Dovecot does not tell, or there is no such mailbox.
        """
        status, rows = self._run("mailbox", "list", "-u", self._login, "--", pattern)
        if status:
            raise Fault("Dovecot does not list the folders", passes=True)
        return [row[0] for row in rows]

    def make(self, name: str) -> None:
        """Make a folder that nobody is subscribed to.

        Raises:
            Fault: Dovecot does not make it, or there is no such mailbox.
        """
        if self._run("mailbox", "create", "-u", self._login, "--", name)[0]:
            raise Fault("Dovecot makes no folder", passes=True)

    def remove(self, name: str) -> None:
        """Remove a folder; one that is not there is fine."""
        self._run("mailbox", "delete", "-u", self._login, "--", name)

    def room(self) -> Room:
        """Return what the quota leaves.

        Raises:
            Fault: Dovecot does not tell.
        """
        status, rows = self._run("quota", "get", "-u", self._login)
        found = {row[1]: row for row in rows if len(row) > 3}
        if status or not {"STORAGE", "MESSAGE"} <= found.keys():
            raise Fault("Dovecot does not tell the mailbox's quota", passes=True)
        storage, messages = (_left(found[one]) for one in ("STORAGE", "MESSAGE"))
        return Room(None if storage is None else storage * _KIB, messages)

    def last_number(self, place: BoxFolder) -> int:
        """Return a folder's highest number so far.

        Raises:
            Fault: Dovecot does not tell.
        """
        found = self._status(place.name, "uidnext")
        if found is None or not found.isdigit():
            raise Fault("Dovecot does not tell of a folder", passes=True)
        return int(found) - 1

    def numbers(self, place: BoxFolder, first: int) -> dict[str, int]:
        """Return numbers of messages from one on, by the names of their files."""
        query = ("mailbox-guid", place.guid, "uid", f"{first}:*")
        status, rows = self._run("fetch", "-u", self._login, "guid uid", *query)
        if status:
            raise Fault("Dovecot does not list a folder", passes=True)
        return {row[0].partition(",")[0]: int(row[1]) for row in rows}

    def flag(self, place: BoxFolder, keyword: str, uids: tp.Sequence[int]) -> None:
        """Give messages of a folder a keyword."""
        query = ("mailbox-guid", place.guid, "uid", _ranges(uids))
        status, _ = self._run("flags", "add", "-u", self._login, "--", keyword, *query)
        if status:
            raise Fault("Dovecot does not keep the keywords of a folder", passes=True)

    def _status(self, name: str, what: str) -> str | None:
        # A name without * and % is no pattern.
        words = ("mailbox", "status", "-u", self._login, "--", what, name)
        status, rows = self._run(*words)
        return rows[0][1] if status == 0 and rows and len(rows[0]) > 1 else None

    def _run(self, *words: str) -> tuple[int, list[list[str]]]:
        status, rows = doveadm.run(self._conf, *words)
        if status == doveadm.NO_MAILBOX:
            raise Fault("the account has no mailbox")
        return status, rows


def _left(row: tp.Sequence[str]) -> int | None:
    return None if row[3] == "-" else max(0, int(row[3]) - int(row[2]))


def _ranges(numbers: tp.Sequence[int]) -> str:
    """Return a set of numbers (RFC 3501, sequence-set)."""
    found: list[list[int]] = []
    for one in sorted(numbers):
        if found and one == found[-1][1] + 1:
            found[-1][1] = one
        else:
            found.append([one, one])
    return ",".join(f"{low}:{high}" for low, high in found)
