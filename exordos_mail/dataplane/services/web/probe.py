# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Questions to a running nginx, over its sockets as a client asks them."""

import pathlib
import re
import socket

from exordos_mail.dataplane.engine import deadline, door, service

_TIMEOUT = 1.0  # seconds for a whole exchange; nginx answers these by itself
_MOST = 16384  # octets of an answer
_ANSWER = re.compile(rb"HTTP/1\.1 (\d{3}) .*?\r\n\r\n(.*)", re.DOTALL)
_LOOPBACK = "127.0.0.1"
#: What there is to be told of an nginx that is not there.
AWAY = "nginx does not run"


class NginxSilent(service.Problem):
    """nginx does not answer as it should."""


def revision(path: pathlib.Path) -> str:
    """Return the revision of the configuration that the running nginx has.

    Raises:
        NginxSilent: it does not tell; the text is AWAY if it does not run.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.settimeout(_TIMEOUT)
            connection.connect(str(path))
            return _ask(connection, "/revision", "localhost")[1].decode("ascii")
        except (FileNotFoundError, ConnectionRefusedError):
            raise NginxSilent(AWAY) from None
        except (OSError, ValueError):
            raise NginxSilent("nginx does not answer") from None


def certificate(port: int, name: str) -> bytes:
    """Return the certificate, in DER, that https shows for a name and answers with.

    Raises:
        NginxSilent: it shows none, or does not speak HTTP.
    """
    try:
        with (
            socket.create_connection((_LOOPBACK, port), _TIMEOUT) as raw,
            door.tls_context().wrap_socket(raw, server_hostname=name) as connection,
        ):
            _ask(connection, "/", name)
            return connection.getpeercert(binary_form=True) or b""
    except (OSError, ValueError):
        raise NginxSilent(f"nginx does not answer on port {port}") from None


def status(port: int, name: str, tls: bool) -> tuple[int, bytes]:
    """Return the status of the answer for the first page of a name.

    The second is the certificate, in DER, that is shown for it; b"" without TLS.

    Raises:
        OSError: there is no answer in time.
        ValueError: it is no HTTP.
    """
    with socket.create_connection((_LOOPBACK, port), door.SECONDS) as plain:
        if not tls:
            return _ask(plain, "/", name, door.SECONDS)[0], b""
        with door.tls_context().wrap_socket(plain, server_hostname=name) as connection:
            found, _ = _ask(connection, "/", name, door.SECONDS)
            return found, connection.getpeercert(binary_form=True) or b""


def is_taken(port: int) -> bool:
    """Return whether anybody listens on a port."""
    try:
        socket.create_connection((_LOOPBACK, port), _TIMEOUT).close()
    except OSError:
        return False
    return True


def _ask(
    connection: socket.socket, path: str, host: str, seconds: float = _TIMEOUT
) -> tuple[int, bytes]:
    """Return status and body of an answer.

    Raises:
        ValueError: it is no HTTP.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    answer = b""
    with deadline.Deadline(seconds, lambda: connection):
        connection.sendall(request.encode("ascii"))
        while len(answer) < _MOST and (part := connection.recv(_MOST)):
            answer += part
    found = _ANSWER.match(answer)
    if found is None:
        raise ValueError("not HTTP")
    return int(found[1]), found[2]
