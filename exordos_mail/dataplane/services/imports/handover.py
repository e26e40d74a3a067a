# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Hands the messages of a mirror's folder over to a mailbox, each once.

A message becomes a second link to its file, which takes no room on the disk. It is put
into `new`, as any program may that delivers into a Maildir; Dovecot then numbers it.
"""

import collections
import collections.abc as abc
import itertools
import os
import pathlib
import re
import typing as tp

from exordos_mail.dataplane.services.imports import box as box_lib
from exordos_mail.dataplane.services.imports import ledger as ledger_lib
from exordos_mail.dataplane.services.imports import mirror as mirror_lib
from exordos_mail.dataplane.services.imports.fault import Fault

_BATCH = 500
_LETTERS = {
    **{"\\draft": "D", "\\flagged": "F", "\\answered": "R"},
    **{"\\seen": "S", "\\deleted": "T"},
}
_SIZE = re.compile(r",W=([0-9]+)")
FULL = "the mailbox is full: raise its quota and start the import again"


class Found(tp.NamedTuple):
    """A message of the mirror: how it is known, its file there, and its flags."""

    entry: ledger_lib.Entry
    path: pathlib.Path
    message: mirror_lib.Message

    @property
    def size(self) -> int:
        """Its octets, as clients and quotas see them."""
        known = _SIZE.search(self.path.name)
        return int(known[1]) if known else self.path.stat().st_size


def hand_over(
    folder: bytes,
    name: str,
    target: str,
    ledger: ledger_lib.Ledger,
    mirror: mirror_lib.Mirror,
    box: box_lib.Box,
    seen: abc.Callable[[Found], None],
) -> int:
    """Put all messages of a folder in place; return how many of them are.

    Args:
        folder: as the ledger knows it.
        name: in the mirror.
        target: the mailbox's folder.
        seen: is told of each message that is put in place.

    Raises:
        Fault: the mailbox is full, or Dovecot does not do its part; what is in place
            stays.
        FolderFault: there can be no such folder.
    """
    place = box.folder(target)
    left = _left(folder, place, ledger)
    found = _found(folder, name, target, ledger, mirror)
    known = ledger.known(folder)
    new = [one for one in found if (one.entry.digest, one.entry.number) not in known]
    room = box.room() if new else None
    for batch in _batches(new):
        fitting, room = _fitting(batch, room)
        _put(folder, fitting, left, place, ledger, box)
        for one in fitting:
            seen(one)
        if len(fitting) < len(batch):
            raise Fault(FULL)
    if new:
        # Dovecot counts them now.
        box.last_number(place)
    return len(found)


def _left(
    folder: bytes, place: box_lib.BoxFolder, ledger: ledger_lib.Ledger
) -> frozenset[str]:
    """Return the files that a process that was killed has put in place."""
    pending = ledger.pending(folder)
    if not pending:
        return frozenset()
    files = {
        one.partition(":")[0].partition(",")[0]
        for part in ("new", "cur")
        for one in os.listdir(place.directory / part)
    }
    ledger.drop(folder, [one for one in pending if one.file not in files])
    return frozenset(one.file for one in pending if one.file in files)


def _found(
    folder: bytes,
    name: str,
    target: str,
    ledger: ledger_lib.Ledger,
    mirror: mirror_lib.Mirror,
) -> list[Found]:
    """Return all messages of the mirror's folder."""
    files, found = mirror.files(name), []
    counts: collections.Counter[bytes] = collections.Counter()
    for messages in _batches(mirror.messages(name)):
        fresh: list[tuple[str, bytes]] = []
        for one in messages:
            path = files[one.guid]
            digest = ledger.digest(folder, one.guid)
            if digest is None:
                digest = mirror_lib.digest(path)
                fresh.append((one.guid, digest))
            number = counts[digest]
            counts[digest] += 1
            file = ledger_lib.file_name(folder, digest, number, one.uid)
            entry = ledger_lib.Entry(digest, number, file, target)
            found.append(Found(entry, path, one))
        ledger.note_digests(folder, fresh)
    return found


def _fitting(
    batch: list[Found], room: box_lib.Room | None
) -> tuple[list[Found], box_lib.Room | None]:
    """Return those that fit, and what is left."""
    fitting: list[Found] = []
    for one in batch:
        left = room.without(one.size) if room else None
        if left is None:
            break
        fitting.append(one)
        room = left
    return fitting, room


def _put(
    folder: bytes,
    batch: list[Found],
    left: frozenset[str],
    place: box_lib.BoxFolder,
    ledger: ledger_lib.Ledger,
    box: box_lib.Box,
) -> None:
    """Put messages in place, and give them their keywords."""
    entries = [one.entry for one in batch]
    with_words = [one for one in batch if any(map(_is_keyword, one.message.flags))]
    last = box.last_number(place) if with_words and not left else 0
    ledger.begin(folder, entries)
    for one in batch:
        if one.entry.file not in left:
            os.link(one.path, place.directory / "new" / _file_name(one))
    handle = os.open(place.directory / "new", os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(handle)
    os.close(handle)
    if with_words:
        _flag(with_words, last, place, box)
    ledger.done(folder, entries)


def _file_name(one: Found) -> str:
    """Return the name of a message's file, with its sizes and flags."""
    sizes = one.path.name.partition(":")[0].split(",")[1:]
    letters = {_LETTERS.get(flag.lower(), "") for flag in one.message.flags}
    return ",".join([one.entry.file, *sizes]) + ":2," + "".join(sorted(letters))


def _flag(
    batch: list[Found], last: int, place: box_lib.BoxFolder, box: box_lib.Box
) -> None:
    numbers = box.numbers(place, last + 1)
    wanted: dict[str, list[int]] = collections.defaultdict(list)
    for one in batch:
        uid = numbers.get(one.entry.file)
        for flag in filter(_is_keyword, one.message.flags):
            if uid is not None:
                wanted[flag].append(uid)
    for keyword, uids in wanted.items():
        box.flag(place, keyword, uids)


def _is_keyword(flag: str) -> bool:
    return not flag.startswith("\\")


_T = tp.TypeVar("_T")


def _batches(found: abc.Iterable[_T]) -> abc.Iterator[list[_T]]:
    rest = iter(found)
    while some := list(itertools.islice(rest, _BATCH)):
        yield some
