# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Exchanges with the node's send service over its control socket.

Plain HTTP over a Unix socket, see exordos_mail/send/managed. Every exchange has
a connection of its own: what a service that was restarted has forgotten cannot
be in the way.
"""

import http.client
import pathlib
import socket

from exordos_mail.dataplane.engine import deadline, report, service
from exordos_mail.protocol import untrusted

_ANSWER_MAX = 1024 * 1024  # octets; 1,000 tenants are 80 KB
_DETAIL_MAX = 200  # characters


class ControlError(service.Problem):
    """The send service did not do it; one line of text, without secrets."""


class Away(ControlError):
    """Nobody listens at the socket."""


class Silent(ControlError):
    """Somebody listens, and does not answer in time."""


class Refused(ControlError):
    """The service will not have this tenant as it is."""


def exchange(
    path: pathlib.Path,
    method: str,
    target: str,
    body: bytes | None,
    timeout: float,
    media: str = "application/json",
) -> bytes:
    """Return the body of the answer to a request.

    Args:
        body: what is sent, of the media type `media`.
        timeout: seconds for all of it.

    Raises:
        Away, Silent, Refused, ControlError: the service did not do it.
    """
    connection = _Connection(path, timeout)
    headers = {"Content-Type": media} if body else {}
    try:
        with deadline.Deadline(timeout, lambda: connection.held):
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            octets = response.read(_ANSWER_MAX + 1)
    except TimeoutError:
        raise Silent("the send service does not answer") from None
    except (FileNotFoundError, ConnectionRefusedError):
        raise Away("the send service does not run") from None
    except (OSError, http.client.HTTPException) as exc:
        # It may have ended in between.
        raise ControlError(
            f"the send service broke off: {type(exc).__name__}"
        ) from None
    finally:
        connection.close()
    if len(octets) > _ANSWER_MAX:
        raise ControlError("the send service says more than it should")
    if response.status in (200, 204):
        return octets
    detail = _detail(octets)
    if response.status in (409, 422):
        raise Refused(f"the send service refuses: {detail}")
    raise ControlError(f"the send service answers {response.status}: {detail}")


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: pathlib.Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path
        # `sock` is given up once the head of the answer has come.
        self.held: socket.socket | None = None

    def connect(self) -> None:
        self.held = self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _detail(octets: bytes) -> str:
    """Return why, as the service tells it to a person."""
    try:
        detail = untrusted.loads(octets)["detail"]
    except (ValueError, TypeError, KeyError):
        detail = ""
    text = report.one_line(detail) if isinstance(detail, str) else ""
    return text[:_DETAIL_MAX] or "no reason given"
