# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Questions to a running Dovecot, over its ports and sockets, as clients ask them.

Its greetings tell this machine which configuration runs: IMAP (RFC 9051 section 7.1.1),
POP3 (RFC 1939 section 3) and ManageSieve (RFC 5804 section 1.4).
"""

import contextlib
import pathlib
import re
import socket
import time
import typing as tp

from exordos_mail.dataplane.engine import deadline, service
from exordos_mail.dataplane.engine.door import tls_context as tls_context
from exordos_mail.dataplane.services.dovecot import paths as paths_lib

_TIMEOUT = 2.0  # seconds for a whole exchange
_PAUSE = 0.02
_MOST = 16384  # octets of an answer
_REVISION = re.compile(rb" revision=([0-9a-f]{16})\b")
_GREETING = re.compile(rb"(?:\* OK |\+OK |OK |\d{3} )[^\r\n]*\r\n")
_GOODBYE = b"a LOGOUT\r\nQUIT\r\nLOGOUT\r\n"
#: What there is to be told of a Dovecot that is not there.
AWAY = "Dovecot does not run"
# RFC 2606: never a real domain.
_NOBODY = "nobody@nobody.invalid"


class DovecotSilent(service.Problem):
    """Dovecot does not answer as it should."""


def revision(paths: paths_lib.DovecotPaths) -> str:
    """Return the revision of the configuration that all ports tell.

    Raises:
        DovecotSilent: a port does not tell, or they disagree; the text names the
            port, or is AWAY if nobody listens on any.
    """
    found = {port: _told(port, tls) for port, tls in paths.ports.items()}
    silent = [port for port, told in found.items() if told is None]
    if len(silent) == len(found):
        raise DovecotSilent(AWAY)
    if silent:
        raise DovecotSilent(f"Dovecot does not listen on port {silent[0]}")
    told = {one for one in found.values() if one is not None}
    if len(told) > 1:
        raise DovecotSilent("Dovecot's ports run different configurations")
    return told.pop()


def greets(port: int) -> str | None:
    """Return the revision that one port tells, without TLS; None: nobody listens.

    Raises:
        DovecotSilent: it does not tell.
    """
    return _told(port, False)


def certificate(port: int, name: str) -> bytes:
    """Return the certificate, in DER, that a port with TLS shows for a name.

    Raises:
        DovecotSilent: it shows none.
    """
    try:
        with (
            socket.create_connection((paths_lib.LOOPBACK, port), _TIMEOUT) as raw,
            tls_context().wrap_socket(raw, server_hostname=name) as connection,
        ):
            _listen(connection)
            return connection.getpeercert(binary_form=True) or b""
    except (OSError, ValueError) as exc:
        raise DovecotSilent(f"port {port} does not answer: {_why(exc)}") from None


def check_lmtp(path: pathlib.Path) -> None:
    """Have LMTP greet, and say what it can do.

    Raises:
        DovecotSilent: it does not.
    """
    with _at_socket(path, "LMTP") as connection:
        answer = _listen(
            connection, b"LHLO localhost\r\n", rb"250[ -].*\r\n", b"QUIT\r\n"
        )
    if not answer.startswith(b"220 "):
        raise DovecotSilent("LMTP does not greet")


def check_quota(path: pathlib.Path) -> None:
    """Have it say that there is room for somebody whom nobody knows.

    The answer takes a lookup in the files of accounts.

    Raises:
        DovecotSilent: it does not.
    """
    answer = quota(path, _NOBODY, 0)
    if answer != "DUNNO":
        raise DovecotSilent(f"the quota socket answers {answer[:80]!r}, not 'DUNNO'")


def quota(path: pathlib.Path, login: str, size: int) -> str:
    """Return what is to be done with a message of `size` octets for a login.

    Raises:
        DovecotSilent: there is no answer.
    """
    question = f"request=smtpd_access_policy\nrecipient={login}\nsize={size}\n\n"
    with _at_socket(path, "quota") as connection:
        answer = _exchange(connection, question.encode("ascii"), rb"action=.*\n\n")
    return answer.decode("ascii", "replace").strip().removeprefix("action=")


@contextlib.contextmanager
def _at_socket(path: pathlib.Path, what: str) -> tp.Iterator[socket.socket]:
    """Connect to a Unix socket; what goes wrong with it is told by its name."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.settimeout(_TIMEOUT)
            _connect(connection, path)
            yield connection
        except (OSError, ValueError) as exc:
            text = f"Dovecot's {what} socket does not answer: {_why(exc)}"
            raise DovecotSilent(text) from None


def _connect(connection: socket.socket, path: pathlib.Path) -> None:
    """Connect to a Unix socket; wait for room where many wait to be heard."""
    end = time.monotonic() + _TIMEOUT
    while True:
        try:
            connection.connect(str(path))
            return
        # unix(7): the queue of those who wait is full.
        except BlockingIOError:
            if time.monotonic() > end:
                raise TimeoutError("too many wait") from None
            time.sleep(_PAUSE)


def _told(port: int, tls: bool) -> str | None:
    try:
        with socket.create_connection((paths_lib.LOOPBACK, port), _TIMEOUT) as plain:
            if not tls:
                greeting = _listen(plain)
            else:
                with tls_context().wrap_socket(plain) as encrypted:
                    greeting = _listen(encrypted)
    except ConnectionRefusedError:
        return None
    except (OSError, ValueError) as exc:
        raise DovecotSilent(f"port {port} does not answer: {_why(exc)}") from None
    found = _REVISION.search(greeting)
    if found is None:
        raise DovecotSilent(f"port {port} is not answered by this node's Dovecot")
    return found[1].decode("ascii")


def _listen(
    connection: socket.socket,
    then: bytes = b"",
    until: bytes = b"",
    goodbye: bytes = _GOODBYE,
) -> bytes:
    """Return a greeting, after it what is answered to `then`, and leave politely."""
    answer = _exchange(connection, b"", _GREETING.pattern)
    if then:
        _exchange(connection, then, until)
    connection.sendall(goodbye)
    return answer


def _exchange(connection: socket.socket, said: bytes, until: bytes) -> bytes:
    """Say something, and return what is answered until a pattern is found.

    Raises:
        OSError: it does not come in time.
        ValueError: the connection ends, or goes on without it.
    """
    answer = b""
    with deadline.Deadline(_TIMEOUT, lambda: connection):
        connection.sendall(said)
        while not re.search(until, answer):
            part = connection.recv(_MOST)
            answer += part
            if not part or len(answer) > _MOST:
                raise ValueError("not the protocol")
    return answer


def _why(exc: Exception) -> str:
    if isinstance(exc, TimeoutError):
        return "timed out"
    if isinstance(exc, OSError):
        return exc.strerror or type(exc).__name__
    return str(exc)
