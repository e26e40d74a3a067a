# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A node as the gateway sees it: a caller with a key and the protocol."""

import base64
import types
import typing as tp
import uuid as sys_uuid

from websockets import exceptions
from websockets.sync import client

from exordos_mail import constants as c
from exordos_mail.protocol import channel, messages, revision, shards

TIMEOUT = 10.0  # seconds

#: What a caller sees whose connection the gateway has ended.
CLOSED = exceptions.ConnectionClosed


class Answer(tp.NamedTuple):
    """A whole reply."""

    state: messages.State
    texts: dict[int, str]


class Caller:
    """One connection of a node.

    Args:
        port: of the gateway on this machine.
        node: the uuid that it says it has.
        key: as the platform's table holds it, base64.
    """

    def __init__(self, port: int, node: sys_uuid.UUID, key: str) -> None:
        self.socket = client.connect(
            f"ws://127.0.0.1:{port}{c.GATEWAY_PATH}",
            compression=None,
            max_size=messages.FROM_GATEWAY_MAX,
        )
        hello = channel.Hello(node, channel.new_nonce())
        self.socket.send(hello.encode())
        nonce = channel.decode_reply(self.socket.recv(TIMEOUT)).nonce
        self.channel = channel.Channel(
            base64.b64decode(key), hello.nonce, nonce, is_server=False
        )

    def __enter__(self) -> "Caller":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.socket.close()

    def say(self, message: messages.Message) -> None:
        self.socket.send(self.channel.seal(messages.encode(message)))

    def hear(self, timeout: float = TIMEOUT) -> messages.Message:
        return messages.decode(self.hear_octets(timeout))

    def hear_octets(self, timeout: float = TIMEOUT) -> bytes:
        return self.channel.open(self.socket.recv(timeout))

    def hear_reply(self) -> messages.Message:
        """Return the next message that is not a ring."""
        while isinstance(message := self.hear(), messages.Ring):
            pass
        return message

    def until_rung(self) -> None:
        while not isinstance(self.hear(), messages.Ring):
            pass

    def ask(
        self, settings: str = "", digests: shards.Digests | None = None
    ) -> Answer | messages.Refused:
        self.say(messages.Sync(1, settings, digests or {}))
        state = self.hear_reply()
        if isinstance(state, messages.Refused):
            return state
        assert isinstance(state, messages.State)
        texts: dict[int, str] = {}
        while True:
            part = self.hear_reply()
            assert isinstance(part, messages.Shards)
            texts.update(part.texts)
            if part.last:
                return Answer(state, texts)

    def fetch(self, *uuids: str) -> list[messages.Tenants] | messages.Refused:
        """Return the parts that bring the documents of these tenants."""
        self.say(messages.FetchTenants(2, list(uuids)))
        parts: list[messages.Tenants] = []
        while True:
            part = self.hear_reply()
            if isinstance(part, messages.Refused):
                return part
            assert isinstance(part, messages.Tenants)
            parts.append(part)
            if part.last:
                return parts

    def documents(self, *uuids: str) -> dict[str, messages.Document]:
        """Return the documents of these tenants, none of which is refused."""
        parts = self.fetch(*uuids)
        assert isinstance(parts, list)
        assert parts[-1].problem == ""
        return {uuid: one for part in parts for uuid, one in part.documents.items()}

    def ask_again(self, answer: Answer) -> Answer:
        """Ask as a node that has what it was answered."""
        assert answer.state.settings is not None
        again = self.ask(
            revision.settings_digest(answer.state.settings), answer.state.shards
        )
        assert isinstance(again, Answer)
        return again


def accounts(answer: Answer) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in answer.texts.values():
        found.update(shards.accounts(text.encode()))
    return found


def revision_of(state: messages.State) -> str:
    """Return the revision that the content of a whole state makes."""
    assert state.settings is not None
    return revision.compute(
        state.domain,
        revision.settings_digest(state.settings),
        state.shards,
        state.tenants,
    )
