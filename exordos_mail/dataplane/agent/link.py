# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A connection to the node gateway on which both sides have introduced themselves."""

import threading
import typing as tp

from websockets.sync import connection as ws_connection

from exordos_mail.protocol import channel, messages


class Link:
    """A connection whose hellos have been said."""

    def __init__(
        self, connection: ws_connection.Connection, sealing: channel.Channel
    ) -> None:
        self.is_served = False
        self._connection = connection
        self._channel = sealing
        # The other side opens messages in the order in which they were sealed.
        self._sending = threading.Lock()

    def send(self, message: messages.Message) -> None:
        """Send a message, sealed, from any thread."""
        octets = messages.encode(message)
        with self._sending:
            self._connection.send(self._channel.seal(octets))

    def messages(self) -> tp.Iterator[messages.Message]:
        """Yield what comes until the connection ends."""
        for sealed in self._connection:
            yield messages.decode(self._channel.open(sealed))

    def close(self) -> None:
        """End the connection."""
        self._connection.close()
