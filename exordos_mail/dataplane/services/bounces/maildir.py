# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where exim puts what comes back: a Maildir, a file for each mail.

The first line of a file is exim's own: the id of the message that the mail is about
(exim4.conf.j2, transport to_bounces). The directory is exim's, so what lies there is
not trusted to be a file.
"""

import os
import pathlib
import stat
import typing as tp
import uuid as sys_uuid

#: Octets of a file that are read; exim takes no more.
SIZE_MAX = 2 * 1024 * 1024
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
_ID_LENGTH = 32


class Returned(tp.NamedTuple):
    """A mail that came back: its file, when it came, and what it is about."""

    name: str
    at: float
    message_id: str
    mail: bytes


class Maildir:
    """The mails that nobody has been told of.

    Args:
        path: where exim makes the directory at the first one.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path / "new"

    def names(self) -> list[str]:
        """Return the files, the oldest first; none if there is no directory yet."""
        try:
            return sorted(os.listdir(self._path))
        except FileNotFoundError:
            return []

    def read(self, name: str) -> Returned | None:
        """Return a mail; None: it is none, or is gone."""
        try:
            with self._opened(name) as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode) or found.st_size > SIZE_MAX:
                    return None
                first, _, mail = file.read(SIZE_MAX).partition(b"\n")
        except OSError:
            return None
        message_id = _message_id(first)
        if not message_id:
            return None
        return Returned(name, found.st_mtime, message_id, mail)

    def remove(self, name: str) -> None:
        """Forget a mail; what is a directory stays."""
        directory = os.open(self._path, os.O_DIRECTORY | _FLAGS)
        try:
            os.unlink(name, dir_fd=directory)
        except (FileNotFoundError, IsADirectoryError):
            pass
        finally:
            os.close(directory)

    def _opened(self, name: str) -> tp.BinaryIO:
        directory = os.open(self._path, os.O_DIRECTORY | _FLAGS)
        try:
            # A pipe must not keep who opens it waiting.
            return os.fdopen(
                os.open(name, _FLAGS | os.O_NONBLOCK, dir_fd=directory), "rb"
            )
        finally:
            os.close(directory)


def _message_id(line: bytes) -> str:
    """Return the id that exim has written; "": it is none."""
    try:
        return str(sys_uuid.UUID(line.decode())) if len(line) == _ID_LENGTH else ""
    except ValueError:
        return ""
