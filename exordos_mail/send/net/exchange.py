# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One request and its answer, as the application sees them (ASGI 3)."""

import asyncio
import http
import logging
import typing as tp

from starlette.types import ASGIApp, Message, Scope

from exordos_mail.send.net.head import Head

log = logging.getLogger(__name__)

#: Bytes of a body that wait for the application; then reading stops.
HIGH_WATER = 256 * 1024
#: Bytes of an answer that are written at once.
_PART = 256 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_STATUS = {
    one.value: f"HTTP/1.1 {one.value} {one.phrase}\r\n".encode()
    for one in http.HTTPStatus
}


class Wire(tp.Protocol):
    """The connection of an exchange."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was sent."""

    def wants_more(self) -> None:
        """Go on reading the body."""

    def finished(self) -> None:
        """The whole answer was given."""

    def abort(self) -> None:
        """Nothing sensible can be sent any more."""

    @property
    def common_headers(self) -> list[tuple[bytes, bytes]]:
        """Return headers that every answer has."""


class Exchange:
    """Gives the application a request's body, and takes its answer."""

    def __init__(self, head: Head, wire: Wire, scope: Scope) -> None:
        self.head = head
        self.keep_alive = head.keep_alive
        #: The whole answer was given.
        self.answered = False
        self._wire = wire
        self._scope = scope
        #: Parts of the body that the application has not asked for yet.
        self._parts: list[bytes] = []
        self._size = 0
        self._news = asyncio.Event()
        self._waits_for_100 = head.expects_continue
        self._gone = False
        #: Status line and headers, until the first part of the answer's body.
        self._start: bytes | None = None
        self._begun = False

    @property
    def is_full(self) -> bool:
        """Tell whether the application is behind."""
        return self._size > HIGH_WATER

    @property
    def begun(self) -> bool:
        """Tell whether a part of the answer was sent."""
        return self._begun

    def feed(self, data: bytes) -> None:
        """Add a part of the body, perhaps the last one."""
        if data and not self.answered:
            self._parts.append(data)
            self._size += len(data)
        self._news.set()

    def disconnect(self) -> None:
        """The client is gone, or is told something else."""
        self._gone = True
        self._news.set()

    async def run(self, application: ASGIApp) -> None:
        """Let the application answer."""
        try:
            await application(self._scope, self.receive, self.send)
        except Exception:
            log.exception("a call has failed")
        finally:
            if not self.answered and not self._gone:
                self._wire.abort()

    async def receive(self) -> Message:
        """Return a part of the body, or that the client is gone (ASGI)."""
        body = self.head.body
        if self._waits_for_100 and not self._gone:
            self._waits_for_100 = False
            if not body.done and not self._parts:
                self._wire.write(_CONTINUE)
        while not (self._parts or body.done or self._gone or self.answered):
            self._news.clear()
            self._wire.wants_more()
            await self._news.wait()
        if self._gone or self.answered:
            return {"type": "http.disconnect"}
        part = b"".join(self._parts)
        self._forget()
        return {"type": "http.request", "body": part, "more_body": not body.done}

    async def send(self, message: Message) -> None:
        """Send a part of the answer (ASGI `http.response.start`, `.body`)."""
        await self._wire.drain()
        if self._gone:
            return
        if message["type"] == "http.response.start":
            self._start = self._head_of(message)
            return
        body = message.get("body", b"")
        if self.head.method == "HEAD":
            body = b""
        start, self._start = self._start or b"", None
        self._begun = True
        self._wire.write(start + body[:_PART])
        # A large answer is not copied, and encrypted, at once.
        for at in range(_PART, len(body), _PART):
            await self._wire.drain()
            self._wire.write(body[at : at + _PART])
        if not message.get("more_body", False):
            self.answered = True
            self._forget()
            self._wire.finished()

    def _forget(self) -> None:
        self._parts.clear()
        self._size = 0

    def _head_of(self, message: Message) -> bytes:
        if not self.head.body.done:
            # Nobody reads the rest (RFC 9112 section 9.3).
            self.keep_alive = False
        lines = [_STATUS[message["status"]]]
        for name, value in (*self._wire.common_headers, *message.get("headers", ())):
            lines.append(b"%s: %s\r\n" % (name, value))
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        return b"".join([*lines, b"\r\n"])


def scope(head: Head, secure: bool, peer: object) -> Scope:
    """Return a request as ASGI has it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": head.version,
        "scheme": "https" if secure else "http",
        "server": None,
        "client": peer or None,
        "root_path": "",
        "method": head.method,
        "path": head.path,
        "raw_path": head.raw_path,
        "query_string": head.query,
        "headers": head.headers,
    }
