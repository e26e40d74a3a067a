# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Large bytes on disk: one file each, least recently used go first.

`<directory>/<digest of the tenant's id>/<algorithm>-<digest>`. A file is written
beside its place and renamed, and its digest is checked when it is read, so what a
crash leaves is never served; nothing is synced, for all of it can be had again.
Several processes may share a directory.
"""

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


class _Entry(tp.NamedTuple):
    path: pathlib.Path
    size: int
    #: Last use and writing, seconds since 1970.
    used: float
    written: float


class Disk:
    """A bounded store in a directory of its own, for the service's user only.

    Every method blocks.

    Args:
        directory: made if it is not there.
        limit: bytes of all together.
        seconds: how long something is kept after it was put in.
    """

    def __init__(self, directory: pathlib.Path, limit: int, seconds: float) -> None:
        self._directory = directory
        self._limit = limit
        self._seconds = seconds

    def get(self, tenant: str, checksum: Checksum) -> bytes | None:
        """Return what is kept, if it is whole and not too old."""
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

    def put(self, tenant: str, checksum: Checksum, data: bytes) -> None:
        """Keep bytes; others go for them.

        Raises:
            OSError: the disk does not take them.
        """
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
        self.sweep()

    def sweep(self) -> None:
        """Remove what is too old, then what was used least recently."""
        now = time.time()
        entries = sorted(self._entries(), key=lambda entry: entry.used, reverse=True)
        size = 0
        for entry in entries:
            age = now - entry.written
            partial = entry.path.name.startswith(_PARTIAL)
            size += entry.size
            if age >= (_PARTIAL_AGE if partial else self._seconds) or (
                size > self._limit and not partial
            ):
                size -= entry.size
                with contextlib.suppress(OSError):
                    entry.path.unlink()

    def forget(self, tenant: str) -> None:
        """Remove all of a tenant."""
        shutil.rmtree(self._of(tenant), ignore_errors=True)

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
                yield _Entry(path, found.st_size, found.st_atime, found.st_mtime)
