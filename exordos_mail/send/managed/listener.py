# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The Unix socket, for its owner only."""

import contextlib
import os
import pathlib
import socket
import stat

_BACKLOG = 64


def make(path: pathlib.Path) -> socket.socket:
    """Return a listening socket at a path, with its directory.

    The file that a killed process has left is replaced.

    Raises:
        OSError: another process listens there, or something else is there.
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
        draft.chmod(0o600)
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
