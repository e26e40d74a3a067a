# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A listening socket: who connects is counted before anything else, TLS included."""

import asyncio
import contextlib
import logging
import socket
import ssl
import typing as tp

import uvicorn

from exordos_mail.send.net.connection import HttpConnection
from exordos_mail.send.net.door import Door
from exordos_mail.send.net.refusal import Refusal

log = logging.getLogger(__name__)

#: Connections that are accepted before others have their turn.
_AT_ONCE = 32
#: Seconds to wait when the system has no more files.
_PAUSE = 0.2


class HttpServer(uvicorn.Server):
    """Accepts connections by itself; all else is uvicorn's."""

    def __init__(
        self, config: uvicorn.Config, door: Door, context: ssl.SSLContext | None
    ) -> None:
        """Make it.

        Args:
            context: TLS; None: plain http.
        """
        super().__init__(config)
        self._door = door
        self._context = context

    @contextlib.contextmanager
    def capture_signals(self) -> tp.Iterator[None]:
        """Leave the signals to the service: the dispatcher stops after HTTP does."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        listeners = [Listener(one, self._door, self._guest) for one in sockets or []]
        self.servers = tp.cast(tp.Any, listeners)
        self.started = True

    async def _guest(self, arrival: "Arrival") -> None:
        """Make a connection of a socket, after its handshake."""

        def make() -> HttpConnection:
            application, secure = self.config.loaded_app, self._context is not None
            return HttpConnection(
                self._door, arrival, application, self.server_state, secure
            )

        patience = None if self._context is None else self._door.bounds.handshake
        await asyncio.get_running_loop().connect_accepted_socket(
            make, arrival.socket, ssl=self._context, ssl_handshake_timeout=patience
        )


class Arrival:
    """A socket until it is a connection: with TLS, as long as the handshake lasts."""

    def __init__(self, accepted: socket.socket, peer: object, door: Door) -> None:
        self.socket = accepted
        self._peer = peer
        self._door = door
        self._since = asyncio.get_running_loop().time()

    @property
    def waits_since(self) -> float | None:
        """See Guest."""
        return self._since

    def check(self, now: float) -> None:
        """See Guest: the handshake has a time of its own."""

    def leave(self) -> None:
        """See Guest: the handshake fails."""
        self._door.leave(self, self._peer)
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class Listener:
    """Accepts connections until it is closed (in place of an asyncio.Server)."""

    def __init__(
        self,
        listening: socket.socket,
        door: Door,
        guest: tp.Callable[[Arrival], tp.Awaitable[None]],
    ) -> None:
        listening.setblocking(False)
        self._socket = listening
        self._door = door
        self._guest = guest
        self._loop = asyncio.get_running_loop()
        self._arriving: set[asyncio.Task[None]] = set()
        self._task = self._loop.create_task(self._accept())

    def close(self) -> None:
        """Accept nobody any more."""
        for task in (self._task, *self._arriving):
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait until nobody is on the way."""
        await asyncio.gather(self._task, *self._arriving, return_exceptions=True)

    async def _accept(self) -> None:
        while True:
            for _ in range(_AT_ONCE):
                try:
                    accepted, peer = await self._loop.sock_accept(self._socket)
                except OSError as error:
                    log.warning("a connection was not accepted: %s", error.strerror)
                    await asyncio.sleep(_PAUSE)
                else:
                    self._arrive(accepted, peer)
            await asyncio.sleep(0)

    def _arrive(self, accepted: socket.socket, peer: object) -> None:
        arrival = Arrival(accepted, peer, self._door)
        try:
            self._door.enter(arrival, peer)
        except Refusal as refusal:
            # A new connection has room for it; with TLS it looks like an end.
            with contextlib.suppress(OSError):
                accepted.send(refusal.answer([]))
                accepted.shutdown(socket.SHUT_WR)
            accepted.close()
            return
        task = self._loop.create_task(self._welcome(arrival, peer))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    async def _welcome(self, arrival: Arrival, peer: object) -> None:
        try:
            await self._guest(arrival)
        except (OSError, asyncio.TimeoutError):
            arrival.socket.close()
        finally:
            self._door.leave(arrival, peer)
