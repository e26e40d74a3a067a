# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One server of the signed internet: started, stopped, silenced."""

import contextlib
import os
import pathlib
import signal
import subprocess
import typing as tp

from tests.lab import namespace
from tests.stand import progress


class Daemon:
    """A server process in the namespace.

    Args:
        home: where it runs.
        name: of its log, `<name>.log` beside the internet's files.
        argv: its command; it must stay in the foreground.
        answers: whether it does its work; raises or returns False while it does not.
    """

    def __init__(
        self,
        home: namespace.Namespace,
        name: str,
        argv: tp.Sequence[str],
        answers: tp.Callable[[], bool],
    ) -> None:
        self.log = home.files / f"{name}.log"
        self._home, self._name = home, name
        self._argv, self._answers = argv, answers
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.launch()
        self.ready()

    def launch(self) -> None:
        """Start it and wait for nothing."""
        assert self._process is None, f"{self._name} runs already"
        with self.log.open("ab") as log:
            self._process = self._home.start(log, *self._argv)

    def ready(self) -> None:
        """Wait until it answers.

        Raises:
            RuntimeError: it has ended instead; the text has the end of its log.
        """
        progress.until(self._is_ready, 20, f"{self._name} answers", pause=0.01)

    def _is_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"{self._name} has ended:\n{progress.tail(self.log)}")
        try:
            return self._answers()
        except Exception:
            return False

    def stop(self) -> None:
        """End it at once: who asks it is refused."""
        if self._process is None:
            return
        group = self._process.pid
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._process = None
        text = f"all of {self._name} has ended"
        progress.until(lambda: not _is_there(group), 5, text, pause=0.01)

    def pause(self) -> None:
        """Make it silent: its port is open and nothing comes back."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._signal(signal.SIGCONT)

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def _signal(self, number: int) -> None:
        assert self._process is not None, f"{self._name} does not run"
        # Its group: what a server forks may have lost its parent.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def family(pid: int) -> list[int]:
    """Return a process and all that it has started, parents first."""
    found = [pid]
    for one in found:
        path = pathlib.Path(f"/proc/{one}/task/{one}/children")
        with contextlib.suppress(FileNotFoundError):
            found += [int(word) for word in path.read_text().split()]
    return found


class Secondary(Daemon):
    """The second authority, which can be kept at what it has."""

    held = False

    def hold(self) -> None:
        """Let it answer on and take no more transfers: it stays behind."""
        self.held = True
        os.kill(self._transfers(), signal.SIGSTOP)

    def release(self) -> None:
        """Let it take transfers again."""
        # nsenter has stopped with its child, and ends with the internet only if it runs
        self.resume()
        self.held = False

    def _transfers(self) -> int:
        """Return the process that transfers: the first one of NSD's own."""
        assert self._process is not None, "the secondary does not run"
        return family(self._process.pid)[1]
