# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Replies of the node gateway that are on their way, part by part."""

from exordos_mail.protocol import messages


class Awaited:
    """A reply that is on its way."""

    def __init__(self) -> None:
        self.is_whole = False
        self.is_cut = False
        self.refusal: str | None = None

    def take(self, message: messages.Message) -> None:
        """Take the next message of the reply; a refusal is one too.

        Raises:
            MessageError: the message has no place in this reply.
        """
        if not isinstance(message, messages.Refused):
            raise messages.MessageError("a message of a reply has no place in it")
        self.refusal = message.reason


class State(Awaited):
    """The reply to Sync."""

    def __init__(self) -> None:
        super().__init__()
        self.state: messages.State | None = None
        self.texts: dict[int, bytes] = {}

    def take(self, message: messages.Message) -> None:
        """See Awaited."""
        if isinstance(message, messages.State):
            self.state = message
        elif isinstance(message, messages.Shards) and self.state is not None:
            for shard, text in message.texts.items():
                self.texts[shard] = text.encode("ascii")
            self.is_whole = message.last
        else:
            super().take(message)


class Tenants(Awaited):
    """The reply to FetchTenants."""

    def __init__(self) -> None:
        super().__init__()
        self.documents: dict[str, messages.Document] = {}
        self.problem = ""

    def take(self, message: messages.Message) -> None:
        """See Awaited."""
        if isinstance(message, messages.Tenants):
            self.documents.update(message.documents)
            self.problem = message.problem
            self.is_whole = message.last
        else:
            super().take(message)
