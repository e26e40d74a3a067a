# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Clients of a node's web server."""

import contextlib
import http.client
import json
import pathlib
import socket
import ssl
import typing as tp

from tests.integration.exim import payloads

HOST = payloads.DOMAIN


def context(**changes: tp.Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for name, value in changes.items():
        setattr(context, name, value)
    return context


def plain(path: str, host: str = HOST) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        response.read()
        return response


def call(
    path: str, method: str = "GET", body: tp.Any = None, **headers: str
) -> tuple[int, dict[str, tp.Any], http.client.HTTPMessage]:
    connection = http.client.HTTPSConnection(
        "127.0.0.1", 443, timeout=40, context=context()
    )
    with contextlib.closing(connection):
        connection.request(method, path, body, {"Host": HOST, **headers})
        response = connection.getresponse()
        return response.status, json.loads(response.read() or "{}"), response.headers


def raw(octets: bytes, port: int = 443) -> bytes:
    """Return all that is answered to octets."""
    with socket.create_connection(("127.0.0.1", port), 40) as plain:
        connection = context().wrap_socket(plain) if port == 443 else plain
        with connection:
            connection.sendall(octets)
            return b"".join(iter(lambda: connection.recv(65536), b""))


def document(answer: bytes) -> dict[str, tp.Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, answer
    return tp.cast("dict[str, tp.Any]", json.loads(body))


@contextlib.contextmanager
def tls(of: ssl.SSLContext | None = None) -> tp.Iterator[ssl.SSLSocket]:
    """A connection to port 443, over which nothing was said yet."""
    with (
        socket.create_connection(("127.0.0.1", 443), 40) as plain,
        (of or context()).wrap_socket(plain) as connection,
    ):
        yield connection


def get(*lines: str) -> bytes:
    head = ["GET /v1/messages HTTP/1.1", f"Host: {HOST}", *lines, "Connection: close"]
    return "\r\n".join([*head, "", ""]).encode()


def connections(machine: tp.Any) -> int:
    """Return how many connections the send service's socket has."""
    rows = pathlib.Path("/proc/net/unix").read_text().splitlines()
    path = machine.layout.send_http_socket
    connected = "03"
    return sum(row.split()[5] == connected and row.endswith(path) for row in rows)
