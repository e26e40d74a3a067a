# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The SMTP servers of relays, and connections to them."""

from exordos_mail.send import vault
from exordos_mail.send.attachments.connect import Guard
from exordos_mail.send.queue.relay import Relay
from exordos_mail.send.smtp.connection import Connection, connect
from exordos_mail.send.smtp.server import CannotOpen, Server

_WRONG_KEY = "the relay's password was sealed with a key that the service has not"


class Servers:
    """Opens the passwords of relays, and connections."""

    def __init__(
        self, secrets: vault.Vault, guard: Guard, ehlo_name: str | None = None
    ) -> None:
        """Make it.

        Args:
            guard: judges the servers of relays that are `public_only`.
            ehlo_name: how we introduce ourselves; None: by our address.
        """
        self._secrets = secrets
        self._guard = guard
        self._ehlo_name = ehlo_name

    def of(self, relay: Relay) -> Server:
        """Return the server of a relay, with its password.

        Raises:
            CannotOpen: the password does not open with this process's key.
        """
        return relay.server(self._password(relay))

    def _password(self, relay: Relay) -> str | None:
        if relay.password is None:
            return None
        row = vault.row_name("relay", relay.tenant_id, relay.id)
        try:
            return self._secrets.open(relay.password, row)
        except vault.WrongKey:
            # Nothing is wrong with the messages: they wait.
            raise CannotOpen("wrong_key", cause=_WRONG_KEY) from None

    async def connect(self, server: Server) -> Connection:
        """Return a new connection (connection.connect)."""
        return await connect(server, self._guard, self._ehlo_name)
