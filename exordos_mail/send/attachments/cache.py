# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bytes that were fetched before, on disk: one file each, least recently used go first.

`<directory>/<digest of the tenant's id>/<algorithm>-<digest>`. The digest is one that
the bytes were seen to have, so a tenant who names the checksum of another's file gets
nothing by it. A file is written beside its place and renamed, and its digest is checked
when it is read, so what a crash leaves is never served; nothing is synced, for all of
it can be had again. Several processes may share a directory.
"""

import asyncio
import contextlib
import hashlib
import os
import pathlib
import shutil
import tempfile
import time
import typing as tp

from exordos_mail.send.attachments.checksum import Checksum

#: Files that are being written; one this old (seconds) has lost its writer.
_PARTIAL = ".partial-"
_PARTIAL_AGE = 600
#: Octets that a file takes at the least.
_BLOCK = 4096


class _Entry(tp.NamedTuple):
    path: pathlib.Path
    size: int
    #: Last use and writing, seconds since 1970.
    used: float
    written: float


class Cache:
    """A bounded store in a directory of its own, for the service's user only.

    Args:
        directory: made if it is not there.
        limit: bytes of all together.
        seconds: how long something is kept after it was put in.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        limit: int = 500 * 1024 * 1024,
        seconds: float = 3600.0,
    ) -> None:
        self._directory = directory
        self._limit = limit
        self._seconds = seconds
        #: Bytes that may be put in before the files are counted again.
        self._room = 0

    async def get(self, tenant: str, checksum: Checksum) -> bytes | None:
        """Return the tenant's bytes with this checksum, if they are kept."""
        return await asyncio.to_thread(self._get, tenant, checksum)

    async def put(self, tenant: str, checksum: Checksum, data: bytes) -> None:
        """Keep bytes that have this checksum; others go for them."""
        # A full disk makes the cache useless, not the mail impossible.
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._put, tenant, checksum, data)

    async def sweep(self) -> None:
        """Drop what is too old, then what was used least recently."""
        await asyncio.to_thread(self._sweep, self._limit)

    async def forget(self, tenant: str) -> None:
        """Drop all of a tenant that is deleted."""
        await asyncio.to_thread(shutil.rmtree, self._of(tenant), ignore_errors=True)

    def _get(self, tenant: str, checksum: Checksum) -> bytes | None:
        path = self._path(tenant, checksum)
        try:
            written = path.stat().st_mtime
            if written + self._seconds <= time.time():
                return None
            data = path.read_bytes()
            if checksum.fits(data):
                os.utime(path, (time.time(), written))
                return data
            path.unlink()
        except OSError:
            # Gone, or not readable: then it is fetched.
            pass
        return None

    def _put(self, tenant: str, checksum: Checksum, data: bytes) -> None:
        if len(data) > self._limit:
            return
        path = self._path(tenant, checksum)
        self._make(path.parent)
        # mkstemp's files are for their owner only.
        descriptor, partial = tempfile.mkstemp(prefix=_PARTIAL, dir=path.parent)
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
            os.replace(partial, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(partial)
            raise
        self._room -= max(len(data), _BLOCK)
        if self._room < 0:
            # To a part of the limit: the next ones are put in without counting.
            self._sweep(self._limit * 15 // 16)

    def _sweep(self, limit: int) -> None:
        now, size = time.time(), 0
        for entry in sorted(self._entries(), key=lambda one: one.used, reverse=True):
            age = now - entry.written
            partial = entry.path.name.startswith(_PARTIAL)
            too_much = size + entry.size > limit and not partial
            if too_much or age >= (_PARTIAL_AGE if partial else self._seconds):
                with contextlib.suppress(OSError):
                    entry.path.unlink()
            else:
                size += entry.size
        self._room = self._limit - size

    def _of(self, tenant: str) -> pathlib.Path:
        return self._directory / hashlib.sha256(tenant.encode()).hexdigest()

    def _path(self, tenant: str, checksum: Checksum) -> pathlib.Path:
        return self._of(tenant) / f"{checksum.algorithm}-{checksum.digest}"

    def _make(self, directory: pathlib.Path) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # An operator may have made it, with wider modes.
        self._directory.chmod(0o700)
        directory.mkdir(mode=0o700, exist_ok=True)

    def _entries(self) -> tp.Iterator[_Entry]:
        for path in self._directory.glob("*/*"):
            with contextlib.suppress(OSError):
                found = path.stat()
                size = max(found.st_size, _BLOCK)
                yield _Entry(path, size, found.st_atime, found.st_mtime)
