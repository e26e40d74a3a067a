# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""A server as a relay names it, and why it cannot be used."""

import dataclasses
import os
import socket
import ssl

from exordos_mail.schema import relay
from exordos_mail.send.smtp.reply import Reply

#: Characters of a cause.
_CAUSE_MAX = 200


@dataclasses.dataclass(frozen=True)
class Server:
    """Everything a connection depends on."""

    host: str
    port: int
    #: implicit, starttls or none.
    tls: str
    tls_verify: bool
    username: str | None
    password: str | None = dataclasses.field(repr=False)
    #: Seconds for one reply, and for the server to take a part of a message.
    timeout: float
    #: Only addresses that the operator's policy permits.
    public_only: bool = False
    #: Seconds for the answer to a whole message (RFC 5321 section 4.5.3.2.6).
    end_timeout: float = relay.END_TIMEOUT.default
    #: The node's own exim: it is told whose message it is.
    is_own: bool = False

    @property
    def name(self) -> str:
        """Return host and port, as events name them."""
        return f"{self.host}:{self.port}"


class CannotOpen(Exception):
    """No transaction is possible with this server now.

    Args:
        reason: a word for programs.
        reply: what the server has said, if that is why.
        cause: for people: what went wrong; holds no secret.
    """

    def __init__(
        self, reason: str, reply: Reply | None = None, cause: str = ""
    ) -> None:
        super().__init__(f"{reason}: {cause}" if cause else reason)
        self.reason = reason
        self.reply = reply
        self.cause = cause


def cause_of(error: BaseException) -> str:
    """Return what an error of TCP, TLS or the name's look-up says, for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _short(f"the certificate is not accepted: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        words = (error.reason or "TLS failed").replace("_", " ").lower()
        if "wrong version number" in words or "record layer failure" in words:
            words += " (the server does not speak TLS on this port, or wants STARTTLS)"
        return _short(words)
    if isinstance(error, socket.gaierror):
        return _short(f"the name cannot be resolved: {error.strerror}")
    if isinstance(error, OSError) and error.errno is not None:
        return _short(os.strerror(error.errno))
    return _short(str(error) or type(error).__name__)


def _short(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:_CAUSE_MAX]
