# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What clients of exim really are shown: proved by a handshake for each new pair."""

import socket
import ssl

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import tls_pairs
from exordos_mail.dataplane.services.exim import probe

_TIMEOUT = 2.0  # seconds for a handshake
# A handshake costs exim a process; a pass waits for so many of them.
_AT_ONCE = 8


class Handshakes:
    """Asks for each name once, and again when it has another pair."""

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._proved: dict[str, str] = {}

    def problem(self, choice: tls_pairs.Choice) -> str | None:
        """Return which name is shown another certificate than it should be.

        Of many new names some are asked for in each pass.
        """
        wanted = {one.hostname: one for one in choice.pairs}
        self._proved = {
            name: digest
            for name, digest in self._proved.items()
            if name in wanted and wanted[name].digest == digest
        }
        new = [name for name in wanted if name not in self._proved]
        for name in new[:_AT_ONCE]:
            try:
                shown = shown_to(name, self._layout.submissions_port)
            except (OSError, ValueError) as exc:
                return f"no handshake for {name}: {type(exc).__name__}"
            if shown != ssl.PEM_cert_to_DER_cert(wanted[name].leaf):
                return f"exim shows another certificate for {name}"
            self._proved[name] = wanted[name].digest
        return None


def shown_to(name: str, port: int) -> bytes:
    """Return the certificate, in DER, that exim shows who asks for a name.

    Raises:
        OSError: it shows none in time.
    """
    with (
        socket.create_connection((probe.LOOPBACK, port), _TIMEOUT) as plain,
        probe.tls_context().wrap_socket(plain, server_hostname=name) as connection,
    ):
        found = connection.getpeercert(binary_form=True) or b""
        # Quit in good order: a connection just dropped is a line in exim's log.
        connection.sendall(b"QUIT\r\n")
        return found
