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

from starlette.types import ASGIApp, Scope
from uvicorn.server import ServerState

from exordos_mail.send import limits
from exordos_mail.send.net import head
from exordos_mail.send.net.door import Door, Guest
from exordos_mail.send.net.exchange import Exchange
from exordos_mail.send.net.refusal import Refusal

#: Seconds in which a client that is told to go may still send what is thrown away;
#: if the connection ended at once, the answer could be lost (RFC 9112 section 9.6).
_LINGER = 10.0
#: Bytes a second at which a client counts as one that has just come.
_FAST = 65536


class Connection(asyncio.Protocol):
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
        self._peer: object = None
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
        self._waits_since: float | None = None
        self._deadline: float | None = None
        #: Seconds that the body has left, while we do not read it.
        self._left = 0.0
        #: Bytes that the client had not taken, and since when they do not get fewer.
        self._unsent, self._unsent_since = 0, 0.0

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the place at the door, and wait for a request."""
        self._transport = tp.cast(asyncio.Transport, transport)
        self._peer = transport.get_extra_info("peername")
        if not self._door.replace(self._arrival, self, self._peer):
            self.abort()
            return
        self._server.connections.add(tp.cast(tp.Any, self))
        self._wait(self._bounds.head)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything."""
        self._door.leave(self, self._peer)
        self._server.connections.discard(tp.cast(tp.Any, self))
        self._buffer.clear()
        self._deadline = None
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
        return self._waits_since

    def check(self, now: float) -> None:
        """See Guest."""
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            self._too_late()
        unsent = self._transport.get_write_buffer_size()
        if not unsent or unsent < self._unsent or not self._unsent:
            self._unsent_since = now
        self._unsent = unsent
        if now >= self._unsent_since + self._bounds.write and unsent:
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
        if self._eof and not self._buffer:
            self._transport.close()
            return
        self._wait(self._bounds.idle)
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
                self._hurry()
                return False
            self._begin(found)
            return True
        if exchange.head.body.done:
            # The next request waits until this one is answered.
            if len(self._buffer) > limits.PIPELINE.value:
                self._pause()
            return False
        return self._read_body(exchange)

    def _hurry(self) -> None:
        """Give a request that has begun the time for its head, once."""
        end = self._loop.time() + self._bounds.head
        if self._buffer and (self._deadline is None or self._deadline > end):
            self._deadline = end

    def _begin(self, found: head.Head) -> None:
        exchange = Exchange(found, self, self._scope(found))
        self._exchange = exchange
        if found.body.done:
            self._work()
        else:
            self._wait(self._bounds.grace)
        task = self._loop.create_task(exchange.run(self._application))
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    def _read_body(self, exchange: Exchange) -> bool:
        part = exchange.head.body.take(self._buffer)
        exchange.feed(part)
        if exchange.head.body.done:
            self._work()
            return True
        now = self._loop.time()
        # Who sends fast makes room last.
        self._waits_since = min(now, (self._waits_since or now) + len(part) / _FAST)
        if self._deadline is not None:
            # Who is fast now must not be slow for hours afterwards.
            most = now + 2 * self._bounds.grace
            self._deadline += len(part) / self._bounds.rate
            self._deadline = min(self._deadline, most)
        if exchange.is_full:
            self._pause()
        return False

    def _scope(self, found: head.Head) -> Scope:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": found.version,
            "scheme": "https" if self._secure else "http",
            "server": None,
            "client": self._peer or None,
            "root_path": "",
            "method": found.method,
            "path": found.path,
            "raw_path": found.raw_path,
            "query_string": found.query,
            "headers": found.headers,
        }

    # Time.

    def _wait(self, seconds: float) -> None:
        """Wait for the client, not for ever."""
        self._waits_since = self._loop.time()
        self._deadline = self._waits_since + seconds

    def _work(self) -> None:
        """Wait for ourselves."""
        self._waits_since = self._deadline = None

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._transport.pause_reading()
            if self._deadline is not None:
                self._left = self._deadline - self._loop.time()
                self._deadline = None

    def _resume(self) -> None:
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()
            exchange = self._exchange
            if exchange is not None and not exchange.head.body.done:
                self._deadline = self._loop.time() + self._left

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
        self._wait(_LINGER)
