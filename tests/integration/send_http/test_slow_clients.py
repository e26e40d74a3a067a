# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Clients that send nothing, too little, or do not read."""

import contextlib
import ssl

import pytest

from tests.integration.send_http.conftest import Serve
from tests.integration.send_http.server import Client, Server

_HEAD = b"POST /echo HTTP/1.1\r\nHost: here\r\n"


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"\r\n",
        b"POST",
        _HEAD,
        _HEAD + b"Content-Length: 5\r\n\r\n",
        _HEAD + b"Content-Length: 5\r\n\r\nhell",
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe",
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n",
        _HEAD + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    ],
)
def test_half_a_request_is_408(serve: Serve, begun: bytes) -> None:
    client = serve(head=0.2, grace=0.2).client().send(begun)
    if b"Expect" in begun:
        client.socket.recv(len(b"HTTP/1.1 100 Continue\r\n\r\n"))
    answer = client.answer()
    assert (answer.status, answer.problem["code"]) == (408, "too_slow")


def _drips(client: Client, drop: bytes) -> bytes:
    """Send a drop again and again until there is an answer; return its beginning."""
    found = b""
    client.socket.settimeout(0.02)
    while not found:
        with contextlib.suppress(OSError):
            client.send(drop)
        with contextlib.suppress(TimeoutError):
            found = client.socket.recv(12)
    return found


@pytest.mark.parametrize(
    ("begun", "drop"),
    [
        (_HEAD + b"X: ", b"y"),
        (_HEAD, b"X: y\r\n"),
        (_HEAD + b"Content-Length: 1000000\r\n\r\n", b"x"),
        (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
)
def test_request_that_drips_is_refused(serve: Serve, begun: bytes, drop: bytes) -> None:
    client = serve(head=0.5, grace=0.5, rate=100_000).client().send(begun)
    assert _drips(client, drop) in (b"HTTP/1.1 408", b"HTTP/1.1 431")


def test_idle_connection_ends_without_a_word(serve: Serve) -> None:
    client = serve(idle=0.2).client().send(_HEAD + b"Content-Length: 2\r\n\r\nhi")
    assert client.answer().body == b"hi"
    assert client.is_closed()


def test_answer_that_nobody_takes_is_given_up(serve: Serve) -> None:
    client = (
        serve(write=0.3).client().send(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
    )
    # The answer is larger than the system's buffers: its end was never sent.
    server_is_gone = False
    while not server_is_gone:
        try:
            client.send(b"x")
        except OSError:
            server_is_gone = True


def test_silence_instead_of_a_handshake_ends(serve: Serve) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert serve(context=context, handshake=0.2).client().is_closed()


@pytest.mark.parametrize(
    "bounds",
    [{"per_address": 5}, {"connections": 5}, {"per_address": 5, "connections": 5}],
)
@pytest.mark.parametrize("begun", [b"", b"POST", _HEAD + b"Content-Length: 5\r\n\r\n"])
def test_who_waits_makes_room(
    serve: Serve, bounds: dict[str, int], begun: bytes
) -> None:
    server = serve(**bounds)
    silent = [server.client().send(begun) for _ in range(20)]
    answer = server.ask(_HEAD + b"Content-Length: 2\r\n\r\nhi")
    assert answer.body == b"hi"
    # Those that came first have gone.
    assert all(one.is_closed() for one in silent[:10])


@pytest.mark.parametrize("bounds", [{"per_address": 3}, {"connections": 3}])
def test_who_is_answered_keeps_the_place(serve: Serve, bounds: dict[str, int]) -> None:
    server = serve(**bounds)
    held = [_held(server) for _ in range(3)]
    refused = server.client()
    answer = refused.answer()
    assert (answer.status, answer.problem["code"]) == (503, "busy")
    assert answer.headers["retry-after"] == "5"
    server.let_go.set()
    assert [one.answer().status for one in held] == [200] * 3
    assert server.ask(_HEAD + b"\r\n").status == 200


def _held(server: Server) -> Client:
    count = len(server.called)
    client = server.client().send(b"GET /held HTTP/1.1\r\nHost: here\r\n\r\n")
    while len(server.called) == count:
        pass
    return client


def test_listener_is_not_held_up_by_many_silent_connections(serve: Serve) -> None:
    server = serve()
    for _ in range(400):
        server.client()
    assert server.ask(_HEAD + b"Content-Length: 2\r\n\r\nhi").body == b"hi"
