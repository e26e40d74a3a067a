# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The data directory: for the service's user only."""

import os
import pathlib
import stat

#: Directories that the service, or a file system, makes in it.
_OURS = frozenset({"attachments", "lost+found"})
_OTHERS = 0o077


class DirectoryRefused(ValueError):
    """The directory cannot be used; the text says why, and what would be right."""


def make(path: pathlib.Path) -> str | None:
    """Make the directory, or close an existing one to others.

    Returns:
        What was changed of an existing directory, in one line; None: nothing.

    Raises:
        DirectoryRefused: others can see into it, and it is not ours to close.
        OSError: it cannot be made or examined.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    changed = None
    if mode & _OTHERS:
        _refuse_what_is_shared(path, found)
        path.chmod(mode & 0o700)
        changed = f"{path} was open to others (mode {mode:04o}): it is closed now"
    _close_files(path)
    return changed


def _refuse_what_is_shared(path: pathlib.Path, found: os.stat_result) -> None:
    """Refuse a directory that others work in, such as /tmp, /etc or a home."""
    shared = found.st_mode & stat.S_ISVTX or any(
        entry.is_dir(follow_symlinks=False) and entry.name not in _OURS
        for entry in os.scandir(path)
    )
    if shared or os.geteuid() not in (0, found.st_uid):
        why = "has other things in it" if shared else "belongs to another user"
        raise DirectoryRefused(
            f"{path} is open to others and {why}: give --data a directory of the"
            f" service's own, for example {path / 'exordos-mail-send'}"
        )


def _close_files(path: pathlib.Path) -> None:
    """Close a database that was made when the directory was open."""
    for file in path.glob("send.sqlite3*"):
        mode = stat.S_IMODE(file.lstat().st_mode)
        if file.is_file() and not file.is_symlink() and mode & _OTHERS:
            file.chmod(mode & 0o700)
