# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A dialogue with a port of an instance, and what its failures mean from here."""

import dataclasses
import socket
import ssl

from exordos_mail.standards import dialogue
from exordos_mail.standards.dialogue import Problem

#: Seconds for each answer.
TIMEOUT = 10


@dataclasses.dataclass(frozen=True)
class Place:
    """Where an instance is.

    Attributes:
        host: name that its certificate has to have.
        address: to connect to.
        trusted: how TLS is made.
    """

    host: str
    address: str
    trusted: ssl.SSLContext

    def encrypt(self, connection: socket.socket) -> ssl.SSLSocket:
        """Begin TLS."""
        return self.trusted.wrap_socket(connection, server_hostname=self.host)


def speak(
    place: Place, port: int, dialect: dialogue.Dialect, tls: bool, logs_in: bool
) -> None:
    """Speak with a port: over TLS one can log in if `logs_in`, and never without.

    Args:
        tls: TLS comes first of all; else by a command.

    Raises:
        Problem: something is wrong.
    """
    try:
        with _connected(place, port) as connection:
            dialogue.converse(connection, dialect, place.encrypt, tls, logs_in)
    except TimeoutError:
        raise Problem(
            f"no answer within {TIMEOUT} seconds",
            "an answer at once; see whether a firewall between here and there lets port"
            f" {port} pass",
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise Problem(
            f"the certificate is not trusted: {error.verify_message}",
            f"a certificate for {place.host} of an authority that is known here, or its"
            " authority in --ca-file",
        ) from None
    except ssl.SSLError as error:
        raise Problem(
            f"TLS fails: {error.reason or 'the connection ended'}",
            "TLS 1.2 or 1.3 on this port",
        ) from None
    except OSError as error:
        raise Problem(
            f"the connection broke: {error.strerror}", "an answer in the protocol"
        ) from None


def _connected(place: Place, port: int) -> socket.socket:
    try:
        return socket.create_connection((place.address, port), TIMEOUT)
    except TimeoutError:
        raise
    except OSError as error:
        raise Problem(
            f"no connection to {place.address}: {error.strerror}",
            "a server that listens; `exordos-mail instances show` says how the instance"
            " is",
        ) from None
