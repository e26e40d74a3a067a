# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The node's own SMTP server: each tenant's relay `default`."""

import dataclasses

from exordos_mail.send.relays import records as relays
from exordos_mail.send.seed import SERVER
from exordos_mail.send.settings import Settings
from exordos_mail.standards import secret_file
from exordos_mail.standards.relay import DEFAULT


@dataclasses.dataclass(frozen=True)
class NodeServer:
    """A server of this machine, without TLS."""

    host: str
    port: int
    username: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)

    def row(self, tenant_id: str) -> relays.RelayRow:
        """Return a tenant's relay, without the password."""
        return relays.RelayRow(
            tenant_id=tenant_id,
            id=DEFAULT,
            host=self.host,
            port=self.port,
            tls="none",
            username=self.username,
            managed=True,
        )


def read(chosen: Settings) -> NodeServer:
    """Return the server that the settings name.

    Raises:
        ValueError: the password's file cannot be read, is open to others, or empty.
    """
    if chosen.smtp_login is None:
        return NodeServer(*(chosen.smtp or SERVER))
    user, file = chosen.smtp_login
    password = secret_file.read(file).strip()
    if not password:
        raise ValueError(f"{file} is empty: it has to hold the password of {user}")
    return NodeServer(*(chosen.smtp or SERVER), user, password)
