# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The process of one run of an import, and the thread of the agent that reads it.

The thread has started it, so it ends with the thread, and with the agent.
"""

import contextlib
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import threading
import typing as tp

import exordos_mail
from exordos_mail import constants as c
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import trial
from exordos_mail.dataplane.services.imports import job

#: Octets of address space, of a file, and of a line.
_MEMORY, _FILE, _LINE = 2**30, 2**29, 2**18
#: Seconds without a line: it hangs. Longer than doveadm's own limit.
_PATIENCE = 900.0
_STEP = 0.2
_MODULE = "exordos_mail.dataplane.services.imports.child"


class Run:
    """A process that has been started.

    Attributes:
        said: the last thing that it has said, see `child.Progress`.
        is_over: it has ended.
    """

    def __init__(self, orders: job.Orders, layout: layout_lib.Layout) -> None:
        self.orders = orders
        self.said: dict[str, tp.Any] = {}
        self.is_over = False
        self._stopping = threading.Event()
        self._command = [*trial.without_rights(c.MAILBOX_USER, c.MAILBOX_USER, layout)]
        self._command += ["/usr/bin/prlimit", f"--as={_MEMORY}", f"--fsize={_FILE}"]
        self._command += ["/usr/bin/nice", "/usr/bin/ionice", "-c3"]
        self._command += [sys.executable, "-m", _MODULE]
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def stop(self, seconds: float | None = 0.0) -> bool:
        """End it; return whether it has ended in that time."""
        self._stopping.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _follow(self) -> None:
        try:
            self._read()
        finally:
            self.is_over = True

    def _read(self) -> None:
        sources = pathlib.Path(exordos_mail.__file__).parents[1]
        process = subprocess.Popen(  # noqa: S603 fixed words and our own paths
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A traceback is of no use to anybody, and may hold what a server has said.
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": str(sources),
                "LANG": "C.UTF-8",
            },
            start_new_session=True,
        )
        try:
            if process.stdin is not None and process.stdout is not None:
                with process.stdin as given:
                    given.write(self.orders.text().encode())
                self._listen(process.stdout.fileno())
        except OSError:
            pass  # It has ended before it had read.
        finally:
            _end(process)

    def _listen(self, handle: int) -> None:
        rest, quiet = b"", 0.0
        while not self._stopping.is_set() and quiet < _PATIENCE and len(rest) < _LINE:
            if not select.select([handle], [], [], _STEP)[0]:
                quiet += _STEP
                continue
            part, quiet = os.read(handle, _LINE), 0.0
            if not part:
                return
            *lines, rest = (rest + part).split(b"\n")
            if lines:
                self.said = _parsed(lines[-1]) or self.said


def _parsed(line: bytes) -> dict[str, tp.Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
