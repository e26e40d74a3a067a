# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Files of a local directory."""

import asyncio
import dataclasses
import errno
import os
import pathlib
import stat

from exordos_mail.send.attachments.failures import PermanentFailure, TemporaryFailure

_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)
_BASE = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_STEP = _BASE | os.O_NOFOLLOW
#: Without waiting, for a named pipe would wait for its writer for ever.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclasses.dataclass(frozen=True)
class Directory:
    """A directory below one that the operator allows.

    Not by fsspec's local files: those open a path as a whole, and a symbolic link
    put there between a check and the opening would lead out. Here each step is
    opened from the one before and may not be a link.
    """

    root: pathlib.Path
    #: From the root to where the storage begins.
    inside: tuple[str, ...]

    async def read(self, path: tuple[str, ...], limit: int) -> bytes:
        """Return the bytes of a file.

        Raises:
            PermanentFailure: there is no such file, it is not a regular one, may
                not be read, or is larger than `limit` bytes.
            TemporaryFailure: the storage itself is away.
        """
        return await asyncio.to_thread(self._read, (*self.inside, *path), limit)

    def _read(self, path: tuple[str, ...], limit: int) -> bytes:
        try:
            at = os.open(self.root, _BASE)
        except OSError:
            raise TemporaryFailure("the storage is away") from None
        try:
            for part in path[:-1]:
                at = _replaced(at, os.open(part, _STEP, dir_fd=at))
            at = _replaced(at, os.open(path[-1], _FILE, dir_fd=at))
            return _regular(at, limit)
        except OSError as error:
            raise _failure(error) from None
        finally:
            os.close(at)


def _replaced(old: int, new: int) -> int:
    os.close(old)
    return new


def _regular(descriptor: int, limit: int) -> bytes:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise PermanentFailure("not a regular file")
    with open(descriptor, "rb", closefd=False) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise PermanentFailure(f"larger than {limit} bytes")
    return data


def _failure(error: OSError) -> PermanentFailure | TemporaryFailure:
    if error.errno in _ABSENT:
        return PermanentFailure("the storage has no such file")
    if error.errno == errno.ENXIO:  # a socket, or a pipe that nobody writes to
        return PermanentFailure("not a regular file")
    if isinstance(error, PermissionError):
        return PermanentFailure("the file may not be read")
    return TemporaryFailure("the storage cannot be read")
