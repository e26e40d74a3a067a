# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Ending the open sessions of accounts that have changed.

Dovecot tells who is logged in (`doveadm who`), and with which process. A process serves
one session, whose account it looks up when it starts: one that started after a change
has the changed account, and goes on. A process is held by a pidfd while it is looked
at, so a pid that was used again is never mistaken.
"""

import os
import pathlib
import signal
import subprocess
import time
import typing as tp

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import service
from exordos_mail.dataplane.services.dovecot import paths as paths_lib

_TIMEOUT = 10.0  # seconds
_AWAY = ("Connection refused", "No such file or directory")
_TICKS = os.sysconf("SC_CLK_TCK")


class MailboxSession(tp.NamedTuple):
    """A login, in lower case, and the process that serves it."""

    login: str
    pid: int


def now() -> float:
    """Return the seconds since boot, as the kernel counts the start of processes."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def end(
    paths: paths_lib.DovecotPaths,
    layout: layout_lib.Layout,
    changed: tp.Mapping[str, float],
    number: int = signal.SIGTERM,
) -> int:
    """End the sessions of changed accounts that began before the change.

    Args:
        paths: of Dovecot.
        layout: of the node.
        changed: when each account was changed (see `now`), by login.
        number: of the signal.

    Returns how many there were.

    Raises:
        Problem: Dovecot does not tell who is logged in.
    """
    found = [one for one in find(paths, layout) if one.login in changed]
    return sum(_end(one.pid, changed[one.login], number) for one in found)


def find(
    paths: paths_lib.DovecotPaths, layout: layout_lib.Layout
) -> list[MailboxSession]:
    """Return all sessions; none if Dovecot does not run.

    Raises:
        Problem: it does not tell.
    """
    if not layout.disk(paths.pid_file).exists():
        return []
    command = [paths_lib.DOVEADM, "-c", paths.conf, "-f", "tab", "who", "-1"]
    try:
        done = subprocess.run(  # noqa: S603 fixed words and our own paths
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
        )
    except subprocess.TimeoutExpired:
        raise service.Problem("Dovecot does not tell who is logged in") from None
    if done.returncode and not any(word in done.stderr for word in _AWAY):
        raise service.Problem("doveadm cannot find out who is logged in")
    return parse(done.stdout)


def parse(told: str) -> list[MailboxSession]:
    """Return the sessions that `doveadm -f tab who -1` tells.

    A line is `username proto pid ip`; the first one is a head.
    """
    rows = [line.split("\t") for line in told.splitlines()[1:]]
    return [
        MailboxSession(row[0].lower(), int(row[2]))
        for row in rows
        if len(row) > 2 and row[2].isdigit()
    ]


def _end(pid: int, before: float, number: int) -> bool:
    """End a process if it serves a session that began before a moment."""
    try:
        held = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if not _serves(pid) or _started(pid) > before:
            return False
        signal.pidfd_send_signal(held, number)
    except (FileNotFoundError, ProcessLookupError):
        return False
    finally:
        os.close(held)
    return True


def _serves(pid: int) -> bool:
    executable = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    return executable in paths_lib.SERVERS


def _started(pid: int) -> float:
    """Return when a process started (proc(5), stat), in seconds since boot."""
    # The second field is the program's name in brackets: it may hold anything.
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(") ")[2].split()[19]) / _TICKS
