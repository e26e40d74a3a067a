# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A disk that forgets: what files hold after a power cut, at its worst.

The real system calls are made. Beside them it is noted what the disk has been told to
keep: an inode's content by fsync or syncfs, a name by an fsync of its directory.
A cut at any moment leaves of an inode what was synced last, nothing else; a name that
was not synced may be the old or the new one.
"""

import ctypes
import os
import pathlib
import stat
import typing as tp

import pytest


class Disk:
    """One directory on the disk."""

    def __init__(self, directory: pathlib.Path, patch: pytest.MonkeyPatch) -> None:
        self._directory = directory
        #: By inode.
        self._contents: dict[int, bytes] = {}
        self._names: dict[str, int] = {}
        #: By name, every content that a cut could have left until now.
        self.after_cuts: dict[str, set[bytes | None]] = {}
        self._sync_all()
        self._calls = {name: getattr(os, name) for name in ("fsync", "replace", "link")}
        for name in self._calls:
            patch.setattr(os, name, self._called(name))
        self._library = ctypes.CDLL(None, use_errno=True)
        patch.setattr(ctypes, "CDLL", lambda *_, **__: self)

    def kept(self, name: str) -> bytes | None:
        """Return what a cut now would surely leave under a name."""
        inode = self._names.get(name)
        return None if inode is None else self._contents.get(inode, b"")

    def syncfs(self, descriptor: int) -> int:
        """Keep everything, as syncfs(2) does; fsync of directories is still needed."""
        self._keep_contents()
        return int(self._library.syncfs(descriptor))

    def _called(self, name: str) -> tp.Callable[..., object]:
        def call(*arguments: tp.Any, **more: tp.Any) -> object:
            found = self._calls[name](*arguments, **more)
            if name == "fsync":
                self._keep(arguments[0])
            self._cut()
            return found

        return call

    def _keep(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            self._names = self._listed()
        else:
            path = f"/proc/self/fd/{descriptor}"
            self._contents[found.st_ino] = pathlib.Path(path).read_bytes()

    def _cut(self) -> None:
        """Note what a cut now could leave: names as synced, or as they are."""
        for name, inode in (*self._names.items(), *self._listed().items()):
            left = self.after_cuts.setdefault(name, set())
            left.add(self._contents.get(inode, b""))

    def _listed(self) -> dict[str, int]:
        return {entry.name: entry.inode() for entry in os.scandir(self._directory)}

    def _keep_contents(self) -> None:
        for entry in os.scandir(self._directory):
            if entry.is_file(follow_symlinks=False):
                self._contents[entry.inode()] = pathlib.Path(entry.path).read_bytes()

    def _sync_all(self) -> None:
        self._keep_contents()
        self._names = self._listed()
