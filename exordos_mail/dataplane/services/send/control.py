# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The control socket of the node's send service: its tenants, read and changed."""

import json
import pathlib
import typing as tp

from exordos_mail.dataplane.engine import send_socket
from exordos_mail.protocol import untrusted

# Seconds for a whole exchange. To look is cheap; a tenant with ten
# thousand suppressions is a long transaction.
_LOOK_TIMEOUT, _CHANGE_TIMEOUT = 2.0, 15.0


class Held(tp.NamedTuple):
    """What the service has: tags by uuid, and why it is not ready ("": it is)."""

    tags: dict[str, str]
    problem: str


class Control:
    """The service behind a socket.

    Every method raises `Away`, `Silent` or another `ControlError` (send_socket.py).
    """

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path

    def look(self) -> Held:
        """Return what the service has."""
        octets = send_socket.exchange(
            self._path, "GET", "/v1/managed", None, _LOOK_TIMEOUT
        )
        try:
            value = untrusted.loads(octets)
            tags, problem = value["tenants"], value["problem"] or ""
            texts = [problem, *tags, *tags.values()]
        except (ValueError, TypeError, KeyError, AttributeError):
            texts = [None]
        if not all(isinstance(text, str) for text in texts):
            raise send_socket.ControlError("the send service does not say what it has")
        return Held(tags, problem)

    def put(self, uuid: str, document: tp.Mapping[str, tp.Any]) -> None:
        """Make a tenant what its document says.

        Raises:
            Refused: the document breaks a rule of the service.
        """
        body = json.dumps(document, separators=(",", ":")).encode()
        send_socket.exchange(
            self._path, "PUT", f"/v1/managed/tenants/{uuid}", body, _CHANGE_TIMEOUT
        )

    def remove(self, uuid: str) -> None:
        """Remove a tenant with all that is its; one that is not there is fine."""
        send_socket.exchange(
            self._path, "DELETE", f"/v1/managed/tenants/{uuid}", None, _CHANGE_TIMEOUT
        )
