# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The service's HTTP server in a thread, and sockets that speak to it."""

import asyncio
import contextlib
import http.client
import io
import json
import socket
import ssl
import threading
import typing as tp

from starlette.types import Message, Receive, Scope, Send
import uvicorn

from exordos_mail.send.net import listener
from exordos_mail.send.net.door import ConnectionBounds, Door


class Answer(tp.NamedTuple):
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, tp.Any]:
        """Return what was said about a refused request."""
        return dict(json.loads(self.body))


class Client:
    """A socket that sends what it is told, byte by byte."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        if context is not None:
            self.socket = context.wrap_socket(self.socket)
        self._file = self.socket.makefile("rb")

    def send(self, *parts: bytes) -> "Client":
        """Send bytes."""
        for part in parts:
            self.socket.sendall(part)
        return self

    def answer(self, method: str = "GET") -> Answer:
        """Read one answer."""
        found = http.client.HTTPResponse(tp.cast(tp.Any, self), method=method)
        found.begin()
        headers = {name.lower(): value for name, value in found.getheaders()}
        return Answer(found.status, headers, found.read())

    def is_closed(self) -> bool:
        """Tell, when that is so, that the server has nothing more to say."""
        with contextlib.suppress(ConnectionResetError):
            rest = self._file.read()
            assert rest == b"", rest
        return True

    def makefile(self, mode: str) -> io.BufferedIOBase:
        """Let http.client read, and close nothing."""
        return tp.cast(io.BufferedIOBase, _Shared(self._file))

    def close(self) -> None:
        """End the connection."""
        self._file.close()
        self.socket.close()


class _Shared:
    """A file that outlives the answers that are read from it."""

    def __init__(self, file: tp.Any) -> None:
        self._file = file
        self.read, self.readline = file.read, file.readline
        self.readinto, self.read1 = file.readinto, file.read1
        self.closed = False

    def close(self) -> None:
        """Stay open."""

    def flush(self) -> None:
        """Nothing is written."""


class Server:
    """Answers /echo with the body, /large with much, /held when it is let go."""

    def __init__(self, context: ssl.SSLContext | None = None, **bounds: tp.Any) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.context = context
        self._clients: list[Client] = []
        #: Paths in the order in which the application was called.
        self.called: list[str] = []
        self.let_go = threading.Event()
        door = Door(ConnectionBounds(**{"look": 0.05, **bounds}))
        config = uvicorn.Config(
            self._application, interface="asgi3", lifespan="off", log_config=None
        )
        self._server = listener.HttpServer(config, door, context)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def client(self) -> Client:
        """Return a new connection, which ends with the server at the latest."""
        self._clients.append(Client(self.port))
        return self._clients[-1]

    def ask(self, data: bytes) -> Answer:
        """Send a request on a connection of its own; return the answer."""
        return self.client().send(data).answer()

    def close(self) -> None:
        """Stop."""
        for client in self._clients:
            client.close()
        self.let_go.set()
        self._server.should_exit = True
        self._thread.join()
        self.listener.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self.listener]))

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        self.called.append(path)
        body = b""
        if path == "/echo":
            body = await _body(receive)
        elif path == "/large":
            body = b"x" * 50_000_000
        elif path == "/held":
            while not self.let_go.is_set():
                await asyncio.sleep(0.01)
        headers = [(b"content-length", b"%d" % len(body))]
        start = {"type": "http.response.start", "status": 200, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes:
    parts = []
    message: Message = {"more_body": True}
    while message.get("more_body", False):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)
