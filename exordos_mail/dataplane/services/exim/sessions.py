# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Ending the open SMTP sessions of accounts that may no longer send.

A change of the account files acts on the next login. A session that has
logged in before goes on, and one that has once looked a login up keeps the
old file open. exim names no account in its process list, but every session
writes a line with its pid to the main log when it logs in (`AUTHENTICATED`,
see exim4.conf.j2). A pid counts only together with the start time of its
process, so a pid that was used again is never mistaken.
"""

import dataclasses
import datetime
import os
import pathlib
import re
import signal
import time
import typing as tp

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.exim import probe

_PROC = pathlib.Path("/proc")
_ESTABLISHED = "01"  # include/net/tcp_states.h
_END_TIMEOUT = 2.0  # seconds from SIGTERM to SIGKILL
_BLOCK = 64 * 1024
# 2026-11-21 10:00:00.123 [4711] AUTHENTICATED id=alice@example.com H=[...]
_LOGIN = re.compile(
    rb"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) \[(\d+)\] AUTHENTICATED id=(\S+) "
)
_STAMP = re.compile(rb"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) ")
_SOCKET = re.compile(r"socket:\[(\d+)\]\Z")
# The kernel counts the start of a process in ticks of 10 ms.
_CLOCK_SLACK = datetime.timedelta(milliseconds=50)


@dataclasses.dataclass(frozen=True)
class Session:
    """One process of exim that holds a submission connection."""

    pid: int
    started: datetime.datetime
    holds_old_accounts: bool
    inodes: frozenset[str] = frozenset()


def end(layout: layout_lib.Layout, addresses: tp.Collection[str]) -> int:
    """End the sessions that are logged in as one of `addresses`.

    A session without a login that has an account file open which is no longer
    in place is ended too: it would check its next password against that file.
    Returns how many sessions were ended.
    """
    sessions = find(layout)
    if not sessions:
        return 0
    logins = _logins(layout, min(one.started for one in sessions))
    of_accounts, without_login = [], []
    for session in sessions:
        login = _login_of(session, logins)
        if login in addresses:
            of_accounts.append(session)
        elif login is None and session.holds_old_accounts:
            without_login.append(session)
    # On SIGTERM exim takes back a message that is half received, and says 421,
    # inside TLS in clear. A session without a login has no message to take
    # back: it ends without a word, which its client understands.
    _kill(layout, without_login, (signal.SIGKILL,))
    _kill(layout, of_accounts, (signal.SIGTERM, signal.SIGKILL))
    return len(of_accounts) + len(without_login)


def end_without_login(
    layout: layout_lib.Layout, late: tp.Collection[str]
) -> frozenset[str]:
    """End those of the connections (inodes) that have not logged in.

    Returns the inodes of the others.
    """
    found = find(layout, late)
    if not found:
        return frozenset()
    logins = _logins(layout, min(one.started for one in found))
    strangers = [one for one in found if _login_of(one, logins) is None]
    _kill(layout, strangers, (signal.SIGKILL,))
    others = (one.inodes for one in found if one not in strangers)
    return frozenset[str]().union(*others)


def inodes(layout: layout_lib.Layout) -> frozenset[str]:
    """Return the inodes of the sockets that are connected to submission ports."""
    ports = {layout.submissions_port, layout.submission_port}
    return frozenset(
        row.inode
        for family in ("tcp", "tcp6")
        for row in probe.socket_table(family)
        if row.local_port in ports and row.state == _ESTABLISHED
    )


def find(
    layout: layout_lib.Layout, wanted: tp.Collection[str] | None = None
) -> list[Session]:
    """Return the sessions on the submission ports, or those of some inodes."""
    wanted = inodes(layout) if wanted is None else wanted
    if not wanted:
        return []
    found = []
    for entry in os.scandir(_PROC):
        if entry.name.isdigit():
            session = _session(layout, int(entry.name), wanted)
            if session is not None:
                found.append(session)
    return found


def _session(
    layout: layout_lib.Layout, pid: int, wanted: tp.Collection[str]
) -> Session | None:
    base = _PROC / str(pid)
    try:
        if not probe.is_exim(layout, pid):
            return None
        links = [os.readlink(one.path) for one in os.scandir(base / "fd")]
        started = _started(pid)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None  # it has ended meanwhile, or is a kernel thread
    held = {found[1] for link in links if (found := _SOCKET.match(link))}
    if held.isdisjoint(wanted):
        return None
    old = re.compile(re.escape(layout.passwd_dir) + r"/\d+\.cdb \(deleted\)\Z")
    is_old = any(old.search(link) for link in links)
    return Session(pid, started, is_old, frozenset(held & set(wanted)))


def _started(pid: int) -> datetime.datetime:
    after_boot = probe.start_ticks(pid) / os.sysconf("SC_CLK_TCK")
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return datetime.datetime.fromtimestamp(booted + after_boot)


def _login_of(
    session: Session,
    logins: tp.Mapping[int, tuple[datetime.datetime, str]],
) -> str | None:
    found = logins.get(session.pid)
    if found is None or found[0] < session.started - _CLOCK_SLACK:
        return None
    return found[1]


def _logins(
    layout: layout_lib.Layout, since: datetime.datetime
) -> dict[int, tuple[datetime.datetime, str]]:
    """Return the last login of each pid since a moment, from the log's end."""
    found: dict[int, tuple[datetime.datetime, str]] = {}
    # The log may have been rotated while a session is open.
    for name in ("mainlog", "mainlog.1"):
        for line in _lines_backwards(layout.disk(f"{layout.log_dir}/{name}")):
            stamp = _STAMP.match(line)
            if stamp and _when(stamp[1]) < since - _CLOCK_SLACK:
                return found
            login = _LOGIN.match(line)
            if login:
                entry = (_when(login[1]), login[3].decode("ascii", "replace"))
                found.setdefault(int(login[2]), entry)
    return found


def _when(stamp: bytes) -> datetime.datetime:
    # exim writes local time, as datetime.fromtimestamp() does above.
    return datetime.datetime.strptime(stamp.decode(), "%Y-%m-%d %H:%M:%S.%f")


def _lines_backwards(path: pathlib.Path) -> tp.Iterator[bytes]:
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        position = stream.seek(0, os.SEEK_END)
        rest = b""
        while position:
            size = min(_BLOCK, position)
            position -= size
            stream.seek(position)
            first, *others = (stream.read(size) + rest).split(b"\n")
            yield from reversed(others)
            rest = first
        yield rest


def _kill(
    layout: layout_lib.Layout, sessions: tp.Iterable[Session], signals: tp.Iterable[int]
) -> None:
    """End processes, by the next signal where one is not enough."""
    waiting = list(sessions)
    for number in signals:
        for session in waiting:
            _signal(layout, session, number)
        deadline = time.monotonic() + _END_TIMEOUT
        while waiting and time.monotonic() < deadline:
            waiting = [one for one in waiting if _is_alive(layout, one)]
            if waiting:
                time.sleep(0.01)


def _signal(layout: layout_lib.Layout, session: Session, number: int) -> None:
    if _is_alive(layout, session):
        try:
            os.kill(session.pid, number)
        except ProcessLookupError:
            return  # it was quicker


def _is_alive(layout: layout_lib.Layout, session: Session) -> bool:
    try:
        same = abs(_started(session.pid) - session.started) < _CLOCK_SLACK
        return same and probe.is_exim(layout, session.pid)
    except (FileNotFoundError, ProcessLookupError):
        return False
