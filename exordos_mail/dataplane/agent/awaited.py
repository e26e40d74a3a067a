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

    state: messages.State | None = None

    def take(self, message: messages.Message) -> None:
        """See Awaited."""
        if isinstance(message, messages.State):
            self.state, self.is_whole = message, True
        else:
            super().take(message)


class Told(Awaited):
    """The reply to Tell."""

    def take(self, message: messages.Message) -> None:
        """See Awaited."""
        if isinstance(message, messages.Told):
            self.is_whole = True
        else:
            super().take(message)


class Texts(Awaited):
    """The reply to Fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.problem = ""

    def take(self, message: messages.Message) -> None:
        """See Awaited."""
        if isinstance(message, messages.Documents):
            self.texts.update(message.texts)
            self.problem = message.problem
            self.is_whole = message.last
        else:
            super().take(message)
