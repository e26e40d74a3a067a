# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Files that hold a secret: who may read them, and how they are written.

A file is read only if nobody else can read or change it. It is written beside its
place and gets its name when its content is on the disk: after a power cut there is
the former file or the new one, never a part of it.
"""

import contextlib
import fcntl
import os
import pathlib
import re
import secrets
import stat
import typing as tp

#: Bytes that are read of a file at the most.
SIZE_MAX = 64 * 1024
#: Where container runtimes put secrets. They choose the modes (0444 or 0644), and
#: let nobody but this container see the directory.
_RUNTIME = ("/run/secrets", "/var/run/secrets")
#: The same of systemd (LoadCredential=).
_CREDENTIALS = "CREDENTIALS_DIRECTORY"
_DRAFT = ".{}.{}"
_DRAFT_MODE = 0o600


class SecretFileError(ValueError):
    """A file cannot be used; the text says which, why, and what would be right."""


def read(path: pathlib.Path) -> str:
    """Return the text of a file that nobody else can read or change.

    Raises:
        SecretFileError: it is not there, is open to others, or holds no text.
    """
    try:
        # A FIFO without a writer must not stop us for ever: it reads as empty.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            check(file.fileno(), path)
            os.set_blocking(file.fileno(), True)
            found = file.read(SIZE_MAX + 1)
    except OSError as error:
        raise SecretFileError(f"cannot read {path}: {error.strerror}") from None
    if len(found) > SIZE_MAX:
        raise SecretFileError(f"{path} is larger than {SIZE_MAX} bytes")
    try:
        return found.decode()
    except UnicodeDecodeError:
        raise SecretFileError(f"{path} does not hold UTF-8 text") from None


def check(file: int | pathlib.Path, path: pathlib.Path) -> None:
    """Refuse a file that others can read or change.

    The group may read it if the file is root's and we are not root: that is how a
    system lets one service read a key. A pipe or a terminal is not judged.

    Args:
        file: an open descriptor, or the path again.
        path: what to name in the error.

    Raises:
        SecretFileError: others can.
        OSError: it cannot be examined.
    """
    found = os.stat(file)
    if not stat.S_ISREG(found.st_mode):
        return
    mode = stat.S_IMODE(found.st_mode)
    forbidden = 0o077
    if is_of_runtime(path):
        forbidden = 0o022
    elif found.st_uid == 0 and os.geteuid() != 0:
        forbidden = 0o037
    if mode & forbidden:
        raise SecretFileError(
            f"{path} must not be readable by others: its mode is {mode:04o}; make it"
            f" 0600 (chmod 600), and change the secret if somebody may have read it"
        )


def is_of_runtime(path: pathlib.Path) -> bool:
    """Tell whether a container's runtime, or systemd, has put the file there."""
    given = os.environ.get(_CREDENTIALS)
    places = _RUNTIME if not given else (*_RUNTIME, given)
    # As it is named: Kubernetes has links there, which stay in the place.
    name = os.path.abspath(path)
    return any(name.startswith(place.rstrip("/") + "/") for place in places)


def write(path: pathlib.Path, text: str) -> None:
    """Put a file in place, for its owner only, instead of the one that is there.

    Raises:
        OSError: the disk does not take it; what was there still is.
    """
    with _draft(path) as (draft, file):
        file.write(text.encode())
        _sync(file)
        os.replace(draft, path)
    sync_directory(path.parent)


def create(path: pathlib.Path, text: str) -> bool:
    """Put a new file in place, for its owner only; False: there is one already.

    Of two processes that do so at once, one wins.

    Raises:
        OSError: the disk does not take it.
    """
    try:
        with _draft(path) as (draft, file):
            file.write(text.encode())
            _sync(file)
            # link() refuses an existing name, rename() would replace it.
            os.link(draft, path)
    except FileExistsError:
        return False
    sync_directory(path.parent)
    return True


@contextlib.contextmanager
def writing(path: pathlib.Path) -> tp.Iterator[tp.Callable[[str], object]]:
    """Give a function that writes a new file part by part, for its owner only.

    The file is there when the block has ended, and not if it has failed.

    Raises:
        FileExistsError: there is one already.
        OSError: the disk does not take it.
    """
    if os.path.lexists(path):
        raise FileExistsError(path)
    with _draft(path) as (draft, file):
        yield lambda text: file.write(text.encode())
        _sync(file)
        os.link(draft, path)
    sync_directory(path.parent)


def remove_drafts(path: pathlib.Path) -> None:
    """Remove what killed processes have left beside a file.

    Nobody else may be writing the file meanwhile (`alone`).
    """
    left = re.compile(re.escape(f".{path.name}.") + r"[0-9a-f]+\Z")
    for entry in path.parent.iterdir():
        if left.match(entry.name):
            entry.unlink(missing_ok=True)


@contextlib.contextmanager
def alone(directory: pathlib.Path) -> tp.Iterator[bool]:
    """Let one process at a time work in a directory; give whether that is sure."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            # A network file system without locks.
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def sync_directory(path: pathlib.Path) -> None:
    """Make the names in a directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _draft(path: pathlib.Path) -> tp.Iterator[tuple[pathlib.Path, tp.BinaryIO]]:
    """Give a file beside `path` to write to; it is removed at the end."""
    # The names of two processes differ, and what one has left hinders nobody:
    # in a container every process has the same id.
    draft = path.with_name(_DRAFT.format(path.name, secrets.token_hex(8)))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(draft, flags, _DRAFT_MODE)
    try:
        with open(descriptor, "wb") as file:
            yield draft, file
    finally:
        draft.unlink(missing_ok=True)


def _sync(file: tp.BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
