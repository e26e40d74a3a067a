# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The files of scripts: the contents that compile, and the lists of those that run.

What no list names any more stays for a while: a delivery that has read the list goes
on with it.
"""

import os
import time
import typing as tp

from exordos_mail.dataplane.engine import files, inventory, sieve_scripts
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.sieve import paths

# Nobody but who may read the list knows the names in there; sievec finds its own.
_DIRECTORY_MODE, _MODE = 0o751, 0o640
# A binary counts if it is newer than its script: so old is each script, and no clock
# makes a binary older.
_OLD = 1
#: Seconds that a delivery may take from its lookup of the list to the last script.
_GRACE = 300.0
_monotonic = time.monotonic

Script = sieve_scripts.SieveScript


class Shelf:
    """The files on the disk."""

    def __init__(self, layout: layout_lib.Layout, known: inventory.Inventory) -> None:
        self._layout = layout
        self._inventory = known
        #: When what is of no use goes, by path.
        self._due: dict[str, float] = {}

    def has(self, script: Script) -> bool:
        """Return whether a content is there, and was compiled."""
        entry = paths.entry(script)
        source = paths.source(script.account, entry)
        recipe = files.Recipe(script.digest, lambda: _source(script))
        return (
            self._inventory.is_in_place(source, recipe)
            and self._layout.disk(paths.binary(script.account, entry)).is_file()
        )

    def prepare(self, account: str) -> None:
        """Make the directory of an account."""
        for path in (paths.DIRECTORY, paths.of_account(account)):
            on_disk = self._layout.disk(path)
            files.make_directory(on_disk, _DIRECTORY_MODE)
            gid = self._layout.gid(paths.GROUP)
            if on_disk.stat().st_gid != gid:
                os.chown(on_disk, -1, gid)

    def put(self, script: Script, binary: bytes) -> None:
        """Put a content in place; the script says that its binary is."""
        account, entry = script.account, paths.entry(script)
        tree = {
            paths.binary(account, entry): _file(binary),
            paths.source(account, entry): _source(script),
        }
        for path, file in tree.items():
            self._inventory.put({path: files.Recipe.of(file)}, [path])

    def listed(self, account: str) -> list[str]:
        """Return the entries that run for an account."""
        try:
            text = self._layout.disk(paths.listed(account)).read_text("ascii")
        except (OSError, UnicodeDecodeError):
            return []
        return text.split()

    def has_binary(self, account: str, entry: str) -> bool:
        """Return whether what a list names is there."""
        both = (paths.source(account, entry), paths.binary(account, entry))
        return all(self._layout.disk(one).is_file() for one in both)

    def runs(self, account: str, entries: tp.Sequence[str]) -> bool:
        """Return whether just these entries run for an account."""
        path = paths.listed(account)
        if not entries:
            return files.signature(self._layout.disk(path)) is None
        return self._inventory.is_in_place(path, files.Recipe.of(_list(entries)))

    def write_list(self, account: str, entries: tp.Sequence[str]) -> None:
        """Have these entries run for an account, from now on."""
        path = paths.listed(account)
        if entries:
            self._inventory.put({path: files.Recipe.of(_list(entries))}, [path])
        else:
            self._inventory.remove(path)

    def accounts(self) -> list[str]:
        """Return the accounts that have a directory."""
        found = self._layout.disk(paths.DIRECTORY)
        return [one.name for one in found.iterdir()] if found.is_dir() else []

    def expect(self, expected: tp.Iterable[str]) -> None:
        """Take notice of what is there and of no use, for `sweep`."""
        whole = files.with_parents(expected)
        strays = files.strays(self._layout, [paths.DIRECTORY], whole)
        end = _monotonic() + _GRACE
        self._due = {path: self._due.get(path, end) for path in strays}

    def sweep(self) -> None:
        """Remove what has been of no use for long enough."""
        now = _monotonic()
        for path in [path for path, end in self._due.items() if end < now]:
            self._inventory.remove(path)
            del self._due[path]


def _list(entries: tp.Iterable[str]) -> files.File:
    return _file("".join(f"{one}\n" for one in entries).encode())


def _source(script: Script) -> files.File:
    return _file(script.content.encode(), _OLD)


def _file(content: bytes, modified: int | None = None) -> files.File:
    return files.File(content, group=paths.GROUP, mode=_MODE, modified=modified)
