# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A daemon that runs in private for a while, to try its configuration."""

import contextlib
import os
import signal
import socket
import subprocess
import typing as tp

from exordos_mail.dataplane.engine import layout as layout_lib

LOOPBACK = "127.0.0.1"
STOP_TIMEOUT = 5.0  # seconds
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that nobody has, for now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]


def without_rights(user: str, group: str, layout: layout_lib.Layout) -> list[str]:
    """Return the words that run a command as a user, without any right.

    It takes the place of the words, so the pid is its own; an agent that is killed
    takes it with it.
    """
    return [
        "/usr/bin/setpriv",
        f"--reuid={layout.uid(user)}",
        f"--regid={layout.gid(group)}",
        "--clear-groups",
        "--bounding-set=-all",
        "--no-new-privs",
        "--pdeathsig=KILL",
    ]


@contextlib.contextmanager
def running(
    command: tp.Sequence[str], patience: float | None = None
) -> tp.Iterator[subprocess.Popen[str]]:
    """Run a command; end it at the end, which it has so many seconds for."""
    process = subprocess.Popen(  # noqa: S603 fixed words and our own paths
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        cwd="/",
        env=ENVIRONMENT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=STOP_TIMEOUT if patience is None else patience)
        said(process)


def said(process: subprocess.Popen[str]) -> str:
    """Kill what is left of a process that has ended, or not; return what it said."""
    # Its children hold the pipe open. With a time-out it may be asked again.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.communicate(timeout=STOP_TIMEOUT)[1] or ""


def one_line(text: str) -> str:
    """Return the first line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:200] if lines else "no reason given"
