# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A listening Unix socket, for its owner, or for a group as well."""

import contextlib
import os
import pathlib
import socket
import stat

_BACKLOG = 1024


def make(path: pathlib.Path, gid: int | None = None) -> socket.socket:
    """Return a listening socket at a path, with its directory.

    The file that a killed process has left is replaced.

    Args:
        gid: the group that may connect beside the owner; the process is in it.

    Raises:
        OSError: another process listens there, or something else is there; or the
            socket cannot be given to the group.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_free(path)
    listener = socket.socket(socket.AF_UNIX)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        listener.bind(str(draft))
        # Nobody connects before it listens.
        draft.chmod(0o600 if gid is None else 0o660)
        if gid is not None:
            os.chown(draft, -1, gid)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
        draft.rename(path)
    except OSError:
        listener.close()
        raise
    return listener


def _check_free(path: pathlib.Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(f"{path} is there, and is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return
    raise OSError(f"another process listens on {path}")
