# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An SMTP client that sends what it is given, octet for octet."""

import base64
import socket
import ssl
import types

from exordos_mail.dataplane.services.exim import probe
from tests.integration.exim import payloads


class Dialogue:
    """A connection to the node; inside TLS on 465.

    Args:
        address: where the client connects from.
    """

    def __init__(self, port: int = 465, address: str = "127.0.0.1") -> None:
        plain = socket.create_connection(
            (probe.LOOPBACK, port), timeout=30, source_address=(address, 0)
        )
        self._socket = probe.tls_context().wrap_socket(plain) if port == 465 else plain
        self._stream = self._socket.makefile("rb")
        self.closed = False
        self.greeting = self._reply()

    def __enter__(self) -> "Dialogue":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self._stream.close()
        self._socket.close()

    def say(self, line: str | bytes) -> str:
        """Send a line; return the reply, "" if the connection has ended."""
        octets = line.encode() if isinstance(line, str) else line
        try:
            self._socket.sendall(octets + b"\r\n")
        except OSError:
            self.closed = True
            return ""
        return self._reply()

    def login(
        self, login: str = payloads.ALICE, password: str = payloads.PASSWORD
    ) -> str:
        """Log in by PLAIN; return the reply."""
        secret = base64.b64encode(f"\0{login}\0{password}".encode()).decode()
        return self.say(f"AUTH PLAIN {secret}")

    def _reply(self) -> str:
        lines = []
        try:
            while line := self._stream.readline():
                lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
                if line[3:4] != b"-":
                    return "\n".join(lines)
        except (OSError, ssl.SSLError):
            pass
        self.closed = True
        return "\n".join(lines)


def as_alice(port: int = 465) -> Dialogue:
    """Return a dialogue that has logged in as alice."""
    dialogue = Dialogue(port)
    dialogue.say("EHLO client.test")
    assert dialogue.login().startswith("235")
    return dialogue
