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
from exordos_mail.protocol import channel, documents, messages

TIMEOUT = 10.0  # seconds

#: What a caller sees whose connection the gateway has ended.
CLOSED = exceptions.ConnectionClosed


class Answer(tp.NamedTuple):
    """A whole reply.

    `collections` are all of them, `texts` those of the buckets that differ, by
    collection and bucket.
    """

    state: messages.State
    collections: dict[str, documents.Digests]
    texts: dict[str, dict[str, str]]

    @property
    def tenants(self) -> documents.Digests:
        """The tags of the tenants by uuid."""
        return self.collections["tenants"]

    @property
    def settings(self) -> dict[str, tp.Any]:
        """The settings, which were fetched."""
        return documents.parse(self.texts["settings"]["0"])


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
        nonce = channel.decode_reply(self.socket.recv(TIMEOUT))
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

    def sync(
        self, held: documents.Collections | None = None
    ) -> messages.State | messages.Refused:
        """Ask for the state, as a node that has these digests."""
        self.say(messages.Sync(1, documents.summaries(held or {})))
        state = self.hear_reply()
        assert isinstance(state, messages.State | messages.Refused)
        return state

    def ask(self, held: documents.Collections | None = None) -> Answer:
        """Ask for the state and for the texts of all buckets that differ."""
        state = self.sync(held)
        assert isinstance(state, messages.State)
        before = held or {}
        collections = {
            name: state.changed.get(name, before.get(name, {}))
            for name in state.collections
        }
        assert documents.summaries(collections) == dict(state.collections)
        texts: dict[str, dict[str, str]] = {}
        for name, digests in collections.items():
            differing = [
                bucket
                for bucket, digest in digests.items()
                if before.get(name, {}).get(bucket) != digest
                and not documents.is_tag(digest)
            ]
            for start in range(0, len(differing), messages.FETCH_MAX):
                some = differing[start : start + messages.FETCH_MAX]
                texts.setdefault(name, {}).update(self.texts(name, *some))
        return Answer(state, collections, texts)

    def fetch(
        self, collection: str, *buckets: str
    ) -> list[messages.Documents] | messages.Refused:
        """Return the parts that bring these buckets."""
        self.say(messages.Fetch(2, collection, list(buckets)))
        parts: list[messages.Documents] = []
        while True:
            part = self.hear_reply()
            if isinstance(part, messages.Refused):
                return part
            assert isinstance(part, messages.Documents)
            parts.append(part)
            if part.last:
                return parts

    def texts(self, collection: str, *buckets: str) -> dict[str, str]:
        """Return the texts of these buckets, none of which is refused."""
        parts = self.fetch(collection, *buckets)
        assert isinstance(parts, list)
        assert parts[-1].problem == ""
        return {bucket: one for part in parts for bucket, one in part.texts.items()}

    def documents(self, *uuids: str) -> dict[str, dict[str, tp.Any]]:
        """Return the documents of these tenants, none of which is refused."""
        texts = self.texts("tenants", *uuids)
        return {uuid: documents.parse(texts[uuid])[uuid] for uuid in texts}

    def ask_again(self, answer: Answer) -> Answer:
        """Ask as a node that has what it was answered."""
        return self.ask(answer.collections)


def accounts(answer: Answer) -> dict[str, str]:
    """Return the password hashes of the accounts that were fetched."""
    return {
        username: account["password_hash"]
        for text in answer.texts.get("accounts", {}).values()
        for username, account in documents.parse(text).items()
    }


def check(answer: Answer) -> None:
    """Check that the texts of a whole answer are those of its digests."""
    assert answer.state.revision == documents.revision(answer.collections)
    for name, texts in answer.texts.items():
        assert documents.digests(texts) == answer.collections[name]
