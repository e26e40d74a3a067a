# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Questions to a running exim, over its sockets as a client asks them."""

import os
import pathlib
import re
import smtplib
import socket
import time
import typing as tp

from exordos_mail.dataplane.engine import deadline as deadline_lib
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine.door import tls_context as tls_context

LOOPBACK = "127.0.0.1"
_TIMEOUT = 5.0  # seconds for each step of a dialogue, and for a greeting
_INTERVAL = 0.02
_REVISION = re.compile(rb" revision=([A-Za-z0-9]+)")


class ProbeError(Exception):
    """The service does not answer as it should; one line of text."""


def running_revision(layout: layout_lib.Layout) -> str:
    """Return the configuration revision that all ports announce.

    Raises:
        ProbeError: a port does not answer, or the ports disagree.
    """
    revisions = {
        _revision(layout.smtp_port),
        _revision(layout.submission_port),
        _revision(layout.submissions_port, tls=True),
        _revision(layout.send_port),
        _revision(layout.sieve_port),
    }
    if len(revisions) > 1:
        raise ProbeError("the ports run different configurations")
    return revisions.pop()


def wait_for_revision(
    layout: layout_lib.Layout, revision: str, seconds: float
) -> str | None:
    """Wait until the running exim has `revision`; None: it has.

    Returns a one-line reason when it has not got it in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            running = running_revision(layout)
        except ProbeError as exc:
            reason = str(exc)
        else:
            if running == revision:
                return None
            reason = "exim runs another configuration"
        if time.monotonic() > deadline:
            return reason
        time.sleep(_INTERVAL)


def daemon(layout: layout_lib.Layout) -> tuple[int, ...] | None:
    """Return what identifies the running daemon; None: there is none.

    exim writes its pid file when it starts and again when it has re-read its
    configuration, so an equal answer means: the same daemon in the same
    configuration. This costs microseconds; a dialogue costs exim a process.
    """
    pid_file = layout.disk(layout.pid_file)
    try:
        written = pid_file.stat()
        pid = int(pid_file.read_text())
        if not is_exim(layout, pid):
            return None
        started = start_ticks(pid)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid, started, written.st_mtime_ns, written.st_ino


def is_exim(layout: layout_lib.Layout, pid: int) -> bool:
    """Return whether a process runs exim's program.

    Raises:
        FileNotFoundError, ProcessLookupError: there is no such process.
    """
    # " (deleted)": the package was upgraded under the running daemon.
    executable = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    return executable == str(layout.disk(layout.exim_binary))


def start_ticks(pid: int) -> int:
    """Return when a process started, in clock ticks after boot (proc(5), stat)."""
    # The second field is the program's name in brackets: it may hold anything.
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(") ")[2].split()[19])


class Socket(tp.NamedTuple):
    """A row of /proc/net/tcp."""

    local_port: int
    state: str
    inode: str


def socket_table(family: str) -> tp.Iterator[Socket]:
    """Yield the TCP sockets of this network namespace (proc(5), /proc/net/tcp)."""
    try:
        lines = pathlib.Path("/proc/net", family).read_text().splitlines()
    except FileNotFoundError:
        return  # no IPv6 in this kernel
    for line in lines[1:]:
        fields = line.split()
        yield Socket(int(fields[1].rpartition(":")[2], 16), fields[3], fields[9])


def greets(port: int) -> None:
    """Have a port greet as this node's exim does.

    Raises:
        ProbeError: it does not.
    """
    _revision(port)


def _revision(port: int, tls: bool = False) -> str:
    try:
        banner = greeting(LOOPBACK, port, tls)
    except OSError as exc:
        raise ProbeError(f"port {port} does not answer: {_why(exc)}") from None
    found = _REVISION.search(banner)
    if not found or not banner.startswith(b"220 "):
        raise ProbeError(f"port {port} is not answered by this node's exim")
    return found[1].decode()


def greeting(host: str, port: int, tls: bool = False) -> bytes:
    """Return the first line that a port says, b"" for one that hangs up.

    Raises:
        OSError: nobody answers, or not in time.
    """
    with socket.create_connection((host, port), timeout=_TIMEOUT) as plain:
        if not tls:
            return _first_line(plain)
        with tls_context().wrap_socket(plain) as encrypted:
            return _first_line(encrypted)


def _first_line(connection: socket.socket) -> bytes:
    with (
        deadline_lib.Deadline(_TIMEOUT, lambda: connection),
        connection.makefile("rb") as stream,
    ):
        banner = stream.readline(1024)
    # Quit in good order: a connection just dropped is a line in exim's log. Its
    # goodbye is not awaited: exim 4.96 corks it for 200 ms.
    connection.sendall(b"QUIT\r\n")
    return banner


def _why(exc: OSError) -> str:
    if isinstance(exc, TimeoutError):
        return "timed out"
    return exc.strerror or type(exc).__name__


class _Timed(smtplib.SMTP):
    """A dialogue that may have a latest end; it is over when it is closed."""

    deadline: deadline_lib.Deadline | None = None

    def end_after(self, seconds: float) -> None:
        self.deadline = deadline_lib.Deadline(seconds, lambda: self.sock)
        self.deadline.begin()

    def getreply(self) -> tuple[int, bytes]:
        reply = super().getreply()
        if self.deadline is not None and self.deadline.passed:
            # Cut off, it may look whole.
            raise smtplib.SMTPServerDisconnected("the dialogue took too long")
        return reply

    def close(self) -> None:
        super().close()
        if self.deadline is not None:
            self.deadline.stop()


class _TimedTls(_Timed, smtplib.SMTP_SSL):
    """The same inside TLS."""


def connect(port: int, tls: bool = False, seconds: float | None = None) -> smtplib.SMTP:
    """Open an SMTP dialogue with the exim on a loopback port.

    Args:
        port: of exim.
        tls: whether TLS comes before the greeting.
        seconds: after which it ends, however slowly it is answered; None: never.
    """
    # Without a name smtplib asks the DNS for one.
    name = "localhost"
    made = (
        _TimedTls(local_hostname=name, timeout=_TIMEOUT, context=tls_context())
        if tls
        else _Timed(local_hostname=name, timeout=_TIMEOUT)
    )
    # What the constructor would set, and connect() does not.
    made._host = LOOPBACK  # type: ignore[attr-defined]
    if seconds is not None:
        made.end_after(seconds)
    try:
        code, text = made.connect(LOOPBACK, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
    except BaseException:
        made.close()
        raise
    return made
