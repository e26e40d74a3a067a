# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A connection of a client: one request after the other, each in its time.

It takes the place of uvicorn's own protocol, which reads requests without end while it
answers the first, and has neither a limit for headers nor a deadline for what a client
has to send.
"""

import asyncio
import contextlib
import typing as tp

from starlette.types import ASGIApp
from uvicorn.server import ServerState

from exordos_mail.send import limits
from exordos_mail.send.net import head
from exordos_mail.send.net.door import Door, Guest, forwarded
from exordos_mail.send.net.exchange import Exchange, scope
from exordos_mail.send.net.patience import Patience
from exordos_mail.send.net.refusal import Refusal

#: Seconds in which a client that is told to go may still send what is thrown away;
#: if the connection ended at once, the answer could be lost (RFC 9112 section 9.6).
_LINGER = 10.0


class HttpConnection(asyncio.Protocol):
    """Reads requests, and has them answered."""

    def __init__(
        self,
        door: Door,
        arrival: Guest,
        application: ASGIApp,
        server: ServerState,
        secure: bool,
    ) -> None:
        """Make it.

        Args:
            arrival: who has kept the place at the door until now.
            secure: whether it is inside TLS.
        """
        self._door, self._bounds = door, door.bounds
        self._arrival = arrival
        self._application = application
        self._server = server
        self._secure = secure
        self._loop = asyncio.get_running_loop()
        self._transport = tp.cast(asyncio.Transport, None)
        #: Who it counts for: of a proxy's, the client of the request under way.
        self._peer: object = None
        self._is_proxied = False
        self._buffer = bytearray()
        #: The request that is read or answered.
        self._exchange: Exchange | None = None
        #: Whether a request was answered.
        self._served = False
        #: Whether what comes is thrown away, because the last answer was given.
        self._lingers = False
        self._is_last = False
        self._eof = False
        self._paused = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._patience = Patience(door.bounds)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the place at the door, and wait for a request."""
        self._transport = tp.cast(asyncio.Transport, transport)
        self._peer = transport.get_extra_info("peername")
        # Nobody reaches a Unix socket but whom its owner lets.
        self._is_proxied = not self._peer
        if not self._door.replace(self._arrival, self, self._peer):
            self.abort()
            return
        self._server.connections.add(tp.cast(tp.Any, self))
        self._patience.wait(self._bounds.head)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything."""
        self._door.leave(self, self._peer)
        self._server.connections.discard(tp.cast(tp.Any, self))
        self._buffer.clear()
        self._patience.forget()
        self._writable.set()
        if self._exchange is not None:
            self._exchange.disconnect()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._lingers:
            return
        self._buffer += data
        self._go_on()

    def eof_received(self) -> bool:
        """Answer what was asked, if the client still listens (not with TLS)."""
        self._eof = True
        pending = self._exchange is not None and self._exchange.head.body.done
        if not pending and self._exchange is not None:
            self._exchange.disconnect()
        return pending and not self._secure

    def pause_writing(self) -> None:
        """Let answers wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let them go on."""
        self._writable.set()

    # What uvicorn calls.

    def shutdown(self) -> None:
        """End after what is answered."""
        self._is_last = True
        if self._exchange is None or self._lingers:
            self._transport.close()
        else:
            self._exchange.keep_alive = False

    # What the door calls.

    @property
    def waits_since(self) -> float | None:
        """See Guest."""
        return self._patience.waits_since

    def check(self, now: float) -> None:
        """See Guest."""
        if self._patience.is_over(now):
            self._too_late()
        if self._patience.is_stuck(now, self._transport.get_write_buffer_size()):
            self.abort()

    def leave(self) -> None:
        """See Guest."""
        # It does not count from now on, whenever the system has closed it.
        self._door.leave(self, self._peer)
        self.abort()

    # What an exchange calls.

    @property
    def common_headers(self) -> list[tuple[bytes, bytes]]:
        """See Wire."""
        return self._server.default_headers

    def write(self, data: bytes) -> None:
        """See Wire."""
        self._transport.write(data)

    async def drain(self) -> None:
        """See Wire."""
        if not self._writable.is_set():
            await self._writable.wait()

    def wants_more(self) -> None:
        """See Wire."""
        self._resume()

    def abort(self) -> None:
        """See Wire."""
        self._lingers = True
        self._transport.abort()

    def finished(self) -> None:
        """See Wire."""
        exchange = tp.cast(Exchange, self._exchange)
        self._server.total_requests += 1
        self._served = True
        if not exchange.keep_alive or self._is_last:
            self._end(exchange.head.body.done)
            return
        self._exchange = None
        if self._is_proxied:
            self._count_for(None)
        if self._eof and not self._buffer:
            self._transport.close()
            return
        self._patience.wait(self._bounds.idle)
        self._resume()
        self._go_on()

    # Reading.

    def _go_on(self) -> None:
        """Read as much as there is to read."""
        try:
            while self._buffer and self._step():
                pass
        except Refusal as refusal:
            self._refuse(refusal)

    def _step(self) -> bool:
        """Take a part off the buffer; False: nothing more can be taken now."""
        exchange = self._exchange
        if exchange is None:
            found = head.take(self._buffer)
            if found is None:
                if self._buffer:
                    self._patience.hurry()
                return False
            self._begin(found)
            return True
        if exchange.head.body.done:
            # The next request waits until this one is answered.
            if len(self._buffer) > limits.PIPELINE.value:
                self._pause()
            return False
        return self._read_body(exchange)

    def _begin(self, found: head.Head) -> None:
        if self._is_proxied:
            self._count_for(forwarded(found.headers))
        exchange = Exchange(found, self, scope(found, self._secure, self._peer))
        self._exchange = exchange
        if found.body.done:
            self._patience.work()
        else:
            self._patience.wait(self._bounds.grace)
        task = self._loop.create_task(exchange.run(self._application))
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    def _count_for(self, peer: object) -> None:
        """Take the place of a client at the door.

        Raises:
            Refusal: they have too many requests at work.
        """
        former, self._peer = self._peer, peer
        if not self._door.leave(self, former):
            return
        try:
            self._door.enter(self, peer)
        except Refusal:
            # Its own place is still free.
            self._peer = former
            self._door.enter(self, former)
            raise

    def _read_body(self, exchange: Exchange) -> bool:
        part = exchange.head.body.take(self._buffer)
        exchange.feed(part)
        if exchange.head.body.done:
            self._patience.work()
            return True
        self._patience.received(len(part))
        if exchange.is_full:
            self._pause()
        return False

    # Time.

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._transport.pause_reading()
            self._patience.pause()

    def _resume(self) -> None:
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()
            exchange = self._exchange
            if exchange is not None and not exchange.head.body.done:
                self._patience.resume()

    def _too_late(self) -> None:
        """Tell who has begun to send a request; others only lose the connection."""
        if self._lingers:
            self._transport.abort()
        elif self._exchange is not None:
            limit = limits.BODY_RATE
            self._refuse(Refusal(limit.status, "too_slow", limit.said()))
        elif self._buffer or not self._served:
            limit = limits.HEAD_SECONDS
            said = limit.said(int(self._bounds.head))
            self._refuse(Refusal(limit.status, "too_slow", said))
        else:
            self._transport.close()

    # The end.

    def _refuse(self, refusal: Refusal) -> None:
        """Give the last answer ourselves."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.disconnect()
            if exchange.begun:
                self.abort()
                return
        self._transport.write(refusal.answer(self.common_headers))
        self._end(is_read=False)

    def _end(self, is_read: bool) -> None:
        """Close after the last answer.

        Args:
            is_read: the client has nothing more to say.
        """
        self._lingers = True
        self._buffer.clear()
        if is_read or self._eof:
            self._transport.close()
            return
        with contextlib.suppress(OSError, NotImplementedError):
            if self._transport.can_write_eof():
                self._transport.write_eof()
        self._resume()
        self._patience.wait(_LINGER)
