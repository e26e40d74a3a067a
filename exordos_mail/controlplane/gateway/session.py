# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One node's connection to the gateway."""

import asyncio
import logging
import typing as tp
import uuid as sys_uuid

import psycopg
import psycopg_pool
from websockets.asyncio import server
import websockets.exceptions

from exordos_mail.controlplane import nodes
from exordos_mail.controlplane.gateway import answers, database, door
from exordos_mail.protocol import channel, messages

LOG = logging.getLogger(__name__)

# A node has this long to show that it holds its key.
INTRODUCTION = 10.0  # seconds
# A node that asks in a circle must not keep the builders from working: after so many
# questions at once, one in so many seconds.
BURST, SPACING = 10, 0.05

# WebSocket connections that are not introduced yet; see also door.py.
STRANGERS_MAX = 200

_REFUSED = 1008  # RFC 6455 section 7.4.1: policy violation
_TROUBLE = 1011  # "unexpected condition": the node tries again later
_FULL = 1013  # IANA registry: "try again later"

_NOT_A_NODE = (channel.ChannelError, messages.MessageError, asyncio.TimeoutError)


class NodeSession:
    """A node that has shown that it holds its key.

    Attributes:
        agent: uuid of our agent on the node.
    """

    def __init__(
        self,
        socket: server.ServerConnection,
        data: database.Database,
        agent: sys_uuid.UUID,
        sealed: channel.Channel,
    ) -> None:
        self._socket = socket
        self._data = data
        self._channel = sealed
        self._sending = asyncio.Lock()
        self._rung = asyncio.Event()
        self._next = 0.0
        self.agent = agent

    def ring(self) -> None:
        """Tell the node to look; many rings at once are one."""
        self._rung.set()

    def abort(self) -> None:
        """End the connection without waiting for the other side."""
        self._socket.transport.abort()

    async def serve(self, first: bytes) -> None:
        """Answer the node until the connection ends."""
        ringer = asyncio.create_task(self._pass_rings_on())
        try:
            await self._handle(first)
            async for frame in self._socket:
                await self._handle(self._channel.open(frame))
        finally:
            ringer.cancel()

    async def _handle(self, octets: bytes) -> None:
        message = messages.decode(octets)
        if not isinstance(message, answers.Question):
            raise messages.MessageError("this is no question of a node")
        reply = await self._data.answer(self.agent, message)
        async with self._sending:
            for part in reply:
                await self._socket.send(self._channel.seal(part))
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now - BURST * SPACING) + SPACING
        await asyncio.sleep(max(0.0, self._next - now))

    async def _pass_rings_on(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            async with self._sending:
                ring = self._channel.seal(messages.encode(messages.Ring()))
                await self._socket.send(ring)


class Sessions:
    """All nodes that are connected, by agent."""

    def __init__(self, data: database.Database, entrance: door.Door) -> None:
        self._data = data
        self._door = entrance
        self._sessions: dict[sys_uuid.UUID, NodeSession] = {}
        self._strangers = 0

    def ring(self, agents: tp.Iterable[sys_uuid.UUID] | None = None) -> None:
        """Ring these nodes; None: every node."""
        for agent in list(self._sessions) if agents is None else agents:
            session = self._sessions.get(agent)
            if session is not None:
                session.ring()

    async def handle(self, socket: server.ServerConnection) -> None:
        """Serve one connection from its first octet to its last."""
        if self._strangers >= STRANGERS_MAX:
            await socket.close(_FULL)
            return
        try:
            self._strangers += 1
            try:
                session, first = await self._introduce(socket)
                self._door.introduce(tp.cast(door.Guest, socket))
            finally:
                self._strangers -= 1
            await self._serve(session, first)
        except websockets.exceptions.ConnectionClosed:
            pass
        except _NOT_A_NODE as error:
            LOG.info("A caller was sent away: %s", error or "it was silent")
            await socket.close(_REFUSED)
        except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
            LOG.warning("No answer for a node: %s", type(error).__name__)
            await socket.close(_TROUBLE)
        except Exception:
            LOG.exception("A node's connection ends")
            await socket.close(_TROUBLE)

    async def _serve(self, session: NodeSession, first: bytes) -> None:
        before = self._sessions.get(session.agent)
        self._sessions[session.agent] = session
        if before is not None:
            # The node came back before we noticed that it was gone.
            before.abort()
        try:
            await session.serve(first)
        finally:
            if self._sessions.get(session.agent) is session:
                del self._sessions[session.agent]

    async def _introduce(
        self, socket: server.ServerConnection
    ) -> tuple[NodeSession, bytes]:
        """Return the session of a node, and what it said first.

        A node that is not known gets the same answers as one with a wrong key.
        """
        hello = channel.decode_hello(await _next(socket))
        key = await self._data.node_key(hello.node)
        nonce = channel.new_nonce()
        sealed = channel.Channel(
            key or channel.new_nonce(), hello.nonce, nonce, is_server=True
        )
        await socket.send(channel.encode_reply(nonce))
        first = sealed.open(await _next(socket))
        agent = nodes.agent_uuid(hello.node)
        return NodeSession(socket, self._data, agent, sealed), first


async def _next(socket: server.ServerConnection) -> str | bytes:
    return await asyncio.wait_for(socket.recv(), INTRODUCTION)
