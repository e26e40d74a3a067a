# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What systemd does for exordos-mail-send.service, for a machine without systemd."""

import contextlib
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import threading

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import layout as layout_lib

_UNIT = pathlib.Path(__file__).parents[3] / "etc/systemd" / c.SEND_UNIT
_LOG = pathlib.Path("/run/send.log")


class SendSupervisor:
    """Runs the send service of the work tree, with the command of its unit.

    `orders` are the verbs that it was given.
    """

    def __init__(self, layout: layout_lib.Layout) -> None:
        self.orders: list[str] = []
        self._layout = layout
        self._run_dir = pathlib.Path(layout.send_socket).parent
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The process that runs; None: there is none."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    def start(self) -> None:
        self.orders.append("start")
        self._start()

    def reload(self) -> None:
        raise AssertionError("the unit has no ExecReload")

    def restart(self) -> None:
        self.orders.append("restart")
        self._end(signal.SIGTERM)
        self._start()

    def stop(self) -> None:
        self.orders.append("stop")
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the service as the kernel does; nobody starts it again."""
        self._end(signal.SIGKILL)

    def _start(self) -> None:
        layout = self._layout
        if self.pid is not None or not pathlib.Path(layout.send_secret).exists():
            return
        self._run_dir.mkdir(mode=0o700)
        for path in (self._run_dir, pathlib.Path(layout.send_data_dir)):
            shutil.chown(path, c.SEND_USER, c.SEND_USER)
        options, environment = _unit(layout)
        capability = "-all,+net_bind_service"
        with _LOG.open("ab") as log:
            process = subprocess.Popen(
                [
                    *("setpriv", f"--reuid={c.SEND_USER}", f"--regid={c.SEND_USER}"),
                    *("--clear-groups", f"--inh-caps={capability}"),
                    *(f"--ambient-caps={capability}", f"--bounding-set={capability}"),
                    *("--no-new-privs", sys.executable, "-m", "exordos_mail.send.main"),
                    *options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={
                    **environment,
                    "PYTHONPATH": _repository(),
                    "HOME": "/nonexistent",
                },
            )

        self._process = process
        self._watcher = threading.Thread(target=self._watch, args=[process])
        self._watcher.start()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Remove what systemd made for the process when it ends, however it does."""
        process.wait()
        shutil.rmtree(self._run_dir, ignore_errors=True)

    def _end(self, number: int) -> None:
        if self._process is None or self._watcher is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, number)
            # One that was frozen by a test.
            os.kill(self._process.pid, signal.SIGCONT)
        self._watcher.join(15)
        self._process.kill()
        self._watcher.join()

    def log(self) -> str:
        """Return what the service has said."""
        return _LOG.read_text() if _LOG.exists() else ""


def _repository() -> str:
    return str(_UNIT.parents[2])


def _unit(layout: layout_lib.Layout) -> tuple[list[str], dict[str, str]]:
    """Return the arguments of ExecStart and what EnvironmentFile says."""
    text = _UNIT.read_text().replace("\\\n", " ")
    (command,) = (
        shlex.split(line.removeprefix("ExecStart="))
        for line in text.splitlines()
        if line.startswith("ExecStart=")
    )
    lines = pathlib.Path(layout.send_environment).read_text().splitlines()
    return command[1:], dict(line.split("=", 1) for line in lines)
