# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Lines and bytes over TCP and TLS.

asyncio's streams can start TLS from Python 3.11 on only, and have no deadline
that is cheap enough for each line; this protocol has both.
"""

import asyncio
import contextlib
import ssl
import typing as tp

from exordos_mail.send.smtp.reply import ReplyError

#: Bytes of a line (RFC 5321 section 4.5.3.1.5 asks for 512).
_LINE_MAX = 8192
#: Bytes given to the transport at once.
_CHUNK = 256 * 1024


class StreamLost(Exception):
    """The connection ended; `timed_out` when we ended it for want of an answer."""

    def __init__(self, timed_out: bool = False) -> None:
        super().__init__("timeout" if timed_out else "connection lost")
        self.timed_out = timed_out


class Stream(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._reader: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._timed_out = False
        self.closed = False

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; TLS makes another one."""
        self._transport = tp.cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Keep what came for who reads."""
        self._buffer += data
        self._wake()

    def eof_received(self) -> None:
        """Nothing more comes: end the connection."""
        self.connection_lost(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who reads or writes."""
        self.closed = True
        self._wake()
        self.resume_writing()
        if self._transport is not None:
            self._transport.close()

    def pause_writing(self) -> None:
        """Too much waits to be written."""
        if self._writable is None:
            self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        """There is room again."""
        waiter, self._writable = self._writable, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # What SMTP calls.

    @property
    def waiting(self) -> bool:
        """Tell whether something came that was not read."""
        return bool(self._buffer)

    @contextlib.contextmanager
    def deadline(self, seconds: float) -> tp.Iterator[None]:
        """End the connection if what is inside takes longer."""
        timer = self._loop.call_later(seconds, self._expire)
        try:
            yield
        finally:
            timer.cancel()

    async def line(self) -> bytes:
        """Return the next line without its CRLF.

        Raises:
            StreamLost: there is none.
            ReplyError: the line is too long, or ends with something else
                (RFC 5321 section 2.3.8: a bare LF ends no line).
        """
        while (end := self._buffer.find(b"\n")) < 0 and len(self._buffer) <= _LINE_MAX:
            if self.closed:
                self.abort()
                raise StreamLost(self._timed_out)
            self._reader = self._loop.create_future()
            await self._reader
        if not 0 <= end <= _LINE_MAX:
            raise ReplyError(f"a line of the server is over {_LINE_MAX} octets")
        if end == 0 or self._buffer[end - 1] != ord("\r"):
            raise ReplyError("a line of the server does not end with CR LF")
        line = bytes(self._buffer[: end - 1])
        del self._buffer[: end + 1]
        return line

    async def write(self, data: bytes, seconds: float) -> None:
        """Give bytes to the connection.

        Args:
            seconds: how long the server may take nothing.

        Raises:
            StreamLost: it has ended.
        """
        for start in range(0, len(data), _CHUNK):
            if self.closed or self._transport is None:
                raise StreamLost(self._timed_out)
            self._transport.write(data[start : start + _CHUNK])
            if self._writable is not None:
                with self.deadline(seconds):
                    await self._writable

    @property
    def local_address(self) -> str:
        """Return the address of our end; empty when it has none."""
        name = self._transport and self._transport.get_extra_info("sockname")
        return str(name[0]) if isinstance(name, tuple) else ""

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Go on in TLS.

        Raises:
            ssl.SSLError, OSError: no TLS with this server.
        """
        transport = await self._loop.start_tls(
            tp.cast(asyncio.Transport, self._transport),
            self,
            context,
            server_hostname=host,
        )
        if transport is None:
            raise ConnectionResetError
        self._transport = transport

    def abort(self) -> None:
        """End the connection at once."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def _expire(self) -> None:
        self._timed_out = True
        self.abort()
        self._wake()
        self.resume_writing()

    def _wake(self) -> None:
        waiter, self._reader = self._reader, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
