# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Exim's main log and its older parts, each read on from where it was left.

A process of exim that is at work goes on in the file that it has opened, also when
that has been renamed (logrotate), so more than one file may grow. A file is known by
its inode; one that was cut off, or written over, is read from its beginning: who hears
of a line twice knows it by its digest.
"""

import contextlib
import os
import pathlib
import typing as tp

#: The log, and what it was renamed to. Older parts are compressed.
NAMES = ("mainlog", "mainlog.1", "mainlog.2")
#: Octets of a file in one turn, and before the place that are compared.
CHUNK, _TAIL = 1024 * 1024, 64


class Place(tp.NamedTuple):
    """How far a file was read; `tail`: the octets before."""

    inode: int
    offset: int
    tail: bytes


class Read(tp.NamedTuple):
    """Lines without their ends, and the places after them.

    Attributes:
        is_lost: none of the files that were read before is there any more.
        more: there is more to be read at once.
    """

    lines: list[bytes]
    places: list[Place]
    is_lost: bool
    more: bool


def read(directory: pathlib.Path, before: tp.Mapping[int, Place]) -> Read:
    """Read on.

    Args:
        before: places by inode; none: only the newest file is read.

    Raises:
        OSError: a file is there and cannot be read.
    """
    lines: list[bytes] = []
    places, more = [], False
    with contextlib.ExitStack() as stack:
        for file, inode, size in reversed(_looked_at(stack, directory, bool(before))):
            begun = _offset(file, size, before.get(inode))
            some, place = _read_on(file, begun, size, inode)
            lines += some
            places.append(place)
            more |= begun < place.offset < size
    is_lost = bool(before) and not before.keys() & {one.inode for one in places}
    return Read(lines, places, is_lost, more)


def _looked_at(
    stack: contextlib.ExitStack, directory: pathlib.Path, all_of_them: bool
) -> list[tuple[tp.BinaryIO, int, int]]:
    """Return files with their inodes and sizes, each once, the newest first.

    An older one is looked at later: what was written there before a line of a newer
    one is in it then.
    """
    found: dict[int, tuple[tp.BinaryIO, int, int]] = {}
    for name in NAMES if all_of_them else NAMES[:1]:
        with contextlib.suppress(FileNotFoundError):
            file = stack.enter_context((directory / name).open("rb"))
            stat = os.fstat(file.fileno())
            # One that is renamed just now is met twice.
            found.setdefault(stat.st_ino, (file, stat.st_ino, stat.st_size))
    return list(found.values())


def _read_on(
    file: tp.BinaryIO, offset: int, size: int, inode: int
) -> tuple[list[bytes], Place]:
    file.seek(offset)
    octets = file.read(min(CHUNK, size - offset))
    whole = octets.rfind(b"\n") + 1
    if not whole and len(octets) == CHUNK:
        # No line of exim's is as long as that.
        whole = CHUNK
    end = offset + whole
    file.seek(max(0, end - _TAIL))
    tail = file.read(end - max(0, end - _TAIL))
    return octets[:whole].split(b"\n")[:-1], Place(inode, end, tail)


def _offset(file: tp.BinaryIO, size: int, place: Place | None) -> int:
    """Return where to go on: 0 in a file that is not the one that was read."""
    if place is None or size < place.offset:
        return 0
    file.seek(place.offset - len(place.tail))
    return place.offset if file.read(len(place.tail)) == place.tail else 0
