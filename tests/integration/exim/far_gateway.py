# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A node gateway as the control plane's: real protocol, content of a test."""

import threading
import typing as tp
import uuid as sys_uuid

import pytest
from websockets import exceptions as ws_exc
from websockets.sync import server as ws_server

from exordos_mail.dataplane.agent import gateway
from exordos_mail.protocol import channel, documents, messages, outcomes

NODE = sys_uuid.UUID(int=8)
KEY = bytes(range(32))


class Gateway:
    """Serves one node on a loopback port that stays the same.

    A test sets `answer` to make it misbehave: it gets the honest messages of
    a reply and yields those that are sent; `Cut` ends the connection. `told` are all
    outcomes that it was told, `seen` the latest facts, by kind and key.
    `fetched` are the tenants that each question for their documents has named, `sent`
    the buckets of accounts that were given since a Sync. Without `knows_tenants` it is
    of a release before them.
    """

    def __init__(self) -> None:
        self.syncs: list[messages.Sync] = []
        self.told: list[outcomes.Outcome] = []
        self.seen: dict[str, dict[str, tp.Any]] = {}
        self.fetched: list[list[str]] = []
        self.sent: list[set[str]] = []
        self.connections = 0
        self.knows_tenants = True
        self.answer: tp.Callable[[list[tp.Any]], tp.Iterable[tp.Any]] = lambda all: all
        self._value: dict[str, tp.Any] = {}
        self._links: list[tuple[tp.Any, channel.Channel]] = []
        self._lock = threading.Lock()
        self._port = 0
        self._server: ws_server.Server | None = None
        self.start()

    @property
    def endpoint(self) -> str:
        return f"ws://127.0.0.1:{self._port}/v1/node"

    def client(self, key: bytes = KEY) -> gateway.Client:
        """Return the node's side."""
        return gateway.Client(self.endpoint, NODE, lambda: key)

    def want(self, value: dict[str, tp.Any]) -> dict[str, tp.Any]:
        """Set the content; return the head that the platform sends."""
        self._value = value
        head = {name: field for name, field in value.items() if name != "bulk"}
        if not self.knows_tenants:
            collections = dict(value["bulk"]["collections"])
            del collections["tenants"]
            head["revision"] = documents.revision(collections)
        return head

    def ring(self) -> None:
        """Ring at the node, which must be connected and known."""
        with self._lock:
            for connection, sealing in self._links:
                connection.send(sealing.seal(messages.encode(messages.Ring())))

    def start(self) -> None:
        """Serve; again after `stop`."""
        server = ws_server.serve(
            self._serve,
            "127.0.0.1",
            self._port,
            compression=None,
            max_size=messages.FROM_NODE_MAX,
        )
        self._port = server.socket.getsockname()[1]
        self._server = server
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """End, with all connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None
        with self._lock:
            for connection, _ in self._links:
                connection.close()

    def _serve(self, connection: ws_server.ServerConnection) -> None:
        self.connections += 1
        hello = channel.decode_hello(connection.recv(5))
        assert hello.node == NODE
        nonce = channel.new_nonce()
        connection.send(channel.encode_reply(nonce))
        sealing = channel.Channel(KEY, hello.nonce, nonce, is_server=True)
        known = False
        try:
            for sealed in connection:
                message = messages.decode(sealing.open(sealed))
                with self._lock:
                    if not known:
                        self._links.append((connection, sealing))
                        known = True
                    self._reply(connection, sealing, message)
        except (channel.ChannelError, ws_exc.ConnectionClosed, Cut):
            connection.close()
        finally:
            with self._lock:
                self._links = [one for one in self._links if one[0] is not connection]

    def _reply(
        self, connection: tp.Any, sealing: channel.Channel, question: messages.Message
    ) -> None:
        if isinstance(question, messages.Fetch):
            honest = self._texts(question)
            if question.collection == "tenants":
                self.fetched.append(question.buckets)
        elif isinstance(question, messages.Tell):
            honest = [messages.Told(question.number)]
            self.told += question.outcomes
        elif isinstance(question, messages.Observe):
            honest = [messages.Told(question.number)]
            self.seen.setdefault(question.kind, {}).update(question.facts)
        else:
            assert isinstance(question, messages.Sync)
            honest = [self._state(question)]
            self.syncs.append(question)
            self.sent.append(set())
        for message in self.answer(honest):
            if isinstance(question, messages.Fetch) and (
                question.collection == "accounts"
                and isinstance(message, messages.Documents)
            ):
                self.sent[-1].update(message.texts)
            connection.send(sealing.seal(messages.encode(message)))

    def _texts(self, question: messages.Fetch) -> list[tp.Any]:
        texts = self._value["bulk"]["texts"].get(question.collection, {})
        asked = {one: texts[one] for one in question.buckets if one in texts}
        return list(messages.parts(question.number, asked))

    def _state(self, sync: messages.Sync) -> messages.State:
        value = self._value
        collections = dict(value["bulk"]["collections"])
        if not self.knows_tenants:
            assert collections.pop("tenants") == {}
        summaries = documents.summaries(collections)
        return messages.State(
            number=sync.number,
            instance=str(sys_uuid.UUID(int=9)),
            name=value["name"],
            generation=value["generation"],
            revision=documents.revision(collections),
            collections=summaries,
            changed={
                name: collections[name]
                for name, summary in summaries.items()
                if sync.have.get(name) != summary
            },
        )


class Cut(Exception):
    """The connection ends here."""


@pytest.fixture
def far() -> tp.Iterator[Gateway]:
    """A gateway that runs."""
    gateway = Gateway()
    yield gateway
    gateway.stop()
