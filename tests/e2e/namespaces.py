# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Step into a stand's client place, and back, within this process.

The tests talk to the stand as a client does (its network, its hosts file) and
act on it as its operator does (on the host). `enter` moves this process;
`host_command` builds commands that run on the host all the same.
"""

import ctypes
import os
import pathlib

_LIBC = ctypes.CDLL(None, use_errno=True)
_KINDS = ("net", "mnt")


def _setns(handle: int) -> None:
    if _LIBC.setns(handle, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "setns")


class Namespaces:
    """The namespaces of the host, kept open, and a way into those of a stand.

    Only a process with one thread can change its mount namespace (setns(2)):
    enter before the first thread is started.
    """

    def __init__(self) -> None:
        self._home = {
            kind: os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
            for kind in _KINDS
        }

    @property
    def handles(self) -> tuple[int, ...]:
        """The descriptors that a command made by `host_command` needs."""
        return tuple(self._home.values())

    def host_command(self, *argv: str) -> list[str]:
        """Return the command that runs `argv` on the host, in this directory."""
        return [
            "nsenter",
            *(
                f"--{'mount' if kind == 'mnt' else kind}=/proc/self/fd/{handle}"
                for kind, handle in self._home.items()
            ),
            f"--wd={os.getcwd()}",
            "--",
            *argv,
        ]

    def enter(self, network: pathlib.Path, mounts: pathlib.Path) -> None:
        """Move this process to where a client of the stand is."""
        where = os.getcwd()
        for path in (network, mounts):
            handle = os.open(path, os.O_RDONLY)
            try:
                _setns(handle)
            finally:
                os.close(handle)
        os.chdir(where)

    def leave(self) -> None:
        """Move this process back to the host."""
        where = os.getcwd()
        for handle in self._home.values():
            _setns(handle)
            os.close(handle)
        os.chdir(where)
