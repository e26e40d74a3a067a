# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The network namespace of a signed internet, and running programs in it."""

import contextlib
import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import threading
import typing as tp

from tests.stand import progress

_SCRIPT = pathlib.Path(__file__).with_name("namespace.sh")
_SPACES = ("--mount", "--net", "--pid", "--uts", "--ipc")
_CLONE_NEWNET = 0x40000000
_AGAIN = 0.05  # seconds
_LIBC = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A machine of its own: no network but its loopback, a root file system of ours.

    Everything in it ends with the process that made it, however that ends.
    """

    def __init__(self, root: pathlib.Path, files: pathlib.Path) -> None:
        self.files = files
        self._started: list[subprocess.Popen[bytes]] = []
        self._holder = subprocess.Popen(
            [
                "unshare",
                *_SPACES,
                "--fork",
                "--kill-child",
                "bash",
                str(_SCRIPT),
                str(root),
                str(files),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        line = self._holder.stdout.readline()
        if not line:
            raise RuntimeError("the namespace did not start: is this root on Linux?")
        self.pid = int(line)
        self.root = root

    def stop(self) -> None:
        """End every process in it."""
        for stream in (self._holder.stdin, self._holder.stdout):
            assert stream is not None
            stream.close()
        progress.until(self._has_ended, 30, "the namespace has ended", pause=0)
        for process in self._started:
            process.wait()

    def _has_ended(self) -> bool:
        # Of a program that is paused nsenter has stopped as well, or stops a moment
        # later, and the namespace ends when nsenter has seen its program end.
        for process in self._started:
            process.send_signal(signal.SIGCONT)
        try:
            self._holder.wait(_AGAIN)
        except subprocess.TimeoutExpired:
            return False
        return True

    def start(
        self, log: tp.IO[bytes], *argv: str | os.PathLike[str]
    ) -> subprocess.Popen[bytes]:
        """Start a program in there, in a process group of its own."""
        process = subprocess.Popen(
            self.command(*argv),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def command(self, *argv: str | os.PathLike[str]) -> list[str]:
        """Return the command that runs a program of the root file system in there.

        It sees the files of the internet as /mnt.
        """
        words = [os.fspath(one) for one in argv]
        enter = ["nsenter", "-t", str(self.pid), "-n", "-m", "-p", "-u", "-i"]
        return [*enter, "chroot", str(self.root), *words]

    def command_here(self, *argv: str | os.PathLike[str]) -> list[str]:
        """Return the command that runs a program of this machine in the network.

        It resolves names as that internet does.
        """
        words = [os.fspath(one) for one in argv]
        resolv = self.files / "resolv.conf"
        script = f'mount --bind "{resolv}" /etc/resolv.conf && exec "$@"'
        enter = ["nsenter", "-t", str(self.pid), "-n"]
        return [*enter, "unshare", "-m", "sh", "-c", script, "sh", *words]

    @contextlib.contextmanager
    def entered(self) -> tp.Iterator[None]:
        """Let this thread open its sockets in there; so do threads that it starts.

        Sockets that are open already, and other threads, stay where they are.
        """
        back = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _set_network(f"/proc/{self.pid}/ns/net")
            yield
        finally:
            _enter(back)
            os.close(back)

    def lend(self, port: int) -> None:
        """Make a port of this machine's loopback reachable at the one in there.

        For a database that was started outside.
        """
        with self.entered():
            door = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=_accept, args=(door, port), daemon=True).start()


def _set_network(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(handle)
    finally:
        os.close(handle)


def _enter(handle: int) -> None:
    if _LIBC.setns(handle, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns: the network namespace")


def _accept(door: socket.socket, port: int) -> None:
    while True:
        inner, _ = door.accept()
        outer = socket.create_connection(("127.0.0.1", port))
        for pair in ((inner, outer), (outer, inner)):
            threading.Thread(target=_copy, args=pair, daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
