# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A web server that does what a test says, in the test's own event loop."""

import asyncio
import dataclasses
import ssl
import typing as tp

Writer = asyncio.StreamWriter


@dataclasses.dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    target: str
    #: Names in lower case.
    headers: dict[str, str]
    body: bytes


Route = tp.Callable[[Asked, Writer], tp.Awaitable[None]]


class Source:
    """Listens on an address of this machine; answers by path."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.address = address
        self.routes: dict[str, Route] = {}
        #: What was asked, in order.
        self.asked: list[Asked] = []
        #: TCP connections.
        self.connections = 0
        self.port = 0
        self._scheme = "http"
        self._server: asyncio.Server | None = None
        self._open: set[Writer] = set()

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        self._scheme = "http" if tls is None else "https"
        self._server = await asyncio.start_server(self._serve, self.address, 0, ssl=tls)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.close()

    def url(self, path: str, host: str | None = None) -> str:
        return f"{self._scheme}://{host or self.address}:{self.port}{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            asked = await _read(reader)
            self.asked.append(asked)
            await self.routes[asked.target.partition("?")[0]](asked, writer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)


def answer(status: int, body: bytes = b"", **headers: str) -> Route:
    """Return a route that gives an answer; `_` in a field's name is a `-`."""

    async def route(asked: Asked, writer: Writer) -> None:
        fields = {"content-length": str(len(body)), "connection": "close"}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"HTTP/1.1 {status} X", *(f"{k}: {v}" for k, v in fields.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    return route


def endless(head: str, chunk: bytes) -> Route:
    """Return a route that sends the same bytes until the reader has enough."""

    async def route(asked: Asked, writer: Writer) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode())
        while not writer.is_closing():
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)

    return route
