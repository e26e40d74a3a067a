#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.


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
