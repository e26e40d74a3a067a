# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Requests one after the other, and what is no request (RFC 9112)."""

import select

import pytest

from tests.integration.send_http.server import Server

_HEAD = b"POST /echo HTTP/1.1\r\nHost: here\r\n"


def test_requests_share_a_connection(server: Server) -> None:
    client = server.client()
    for body in (b"one", b"", b"x" * 300_000):
        client.send(_HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert client.answer().body == body


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    count = 2_000
    requests = [
        _HEAD + b"Content-Length: %d\r\n\r\n%d" % (len(str(number)), number)
        for number in range(count)
    ]
    client = server.client().send(b"".join(requests))
    answers = [client.answer().body for _ in range(count)]
    assert answers == [str(number).encode() for number in range(count)]


def test_no_more_is_read_than_is_answered(server: Server) -> None:
    held = b"GET /held HTTP/1.1\r\nHost: here\r\n\r\n"
    server.called.clear()
    client = server.client()
    client.socket.setblocking(False)
    data, sent = memoryview(held * 1_000_000), 0
    # The system's buffers take some; then nothing goes on.
    while sent < len(data) and select.select([], [client.socket], [], 2)[1]:
        sent += client.socket.send(data[sent : sent + 1_000_000])
    assert sent < len(data) // 2
    assert server.called == ["/held"]


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        (b"Content-Length: 5\r\n", b"hello"),
        (b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (
            b"Transfer-Encoding: Chunked\r\n",
            b"2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nX: y\r\n\r\n",
        ),
    ],
)
def test_body_in_pieces_is_whole(server: Server, headers: bytes, sent: bytes) -> None:
    client = server.client()
    for byte in _HEAD + headers + b"\r\n" + sent:
        client.send(bytes([byte]))
    assert client.answer().body == b"hello"
    # The connection is at the right place afterwards.
    assert client.send(_HEAD + headers + b"\r\n" + sent).answer().body == b"hello"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
        (_HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (_HEAD + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400),
        (_HEAD + b"Expect: the-unexpected\r\n\r\n", 417),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 100_000, 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 1_000_000, 431),
        (b"a" * 1_000_000, 414),
    ],
)
def test_what_is_no_request_is_refused_and_ends(
    server: Server, request_: bytes, status: int
) -> None:
    second = b"GET /second HTTP/1.1\r\nHost: here\r\n\r\n"
    client = server.client().send(request_ + second)
    answer = client.answer()
    assert (answer.status, answer.problem["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert client.is_closed()
    # What followed was not taken for a second request.
    assert "/second" not in server.called


def test_answer_is_not_lost_when_the_body_is_not_read(server: Server) -> None:
    body = b"x" * 20_000_000
    head = b"POST /nothing HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n"
    answer = server.ask(head % len(body) + body)
    assert (answer.status, answer.headers["connection"]) == (200, "close")


def test_client_waits_for_100_continue(server: Server) -> None:
    head = b"Content-Length: 5\r\nExpect: 100-Continue\r\n\r\n"
    client = server.client().send(_HEAD + head)
    assert client.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert client.send(b"hello").answer().body == b"hello"


def test_no_100_continue_for_a_body_that_nobody_reads(server: Server) -> None:
    head = b"POST /nothing HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n"
    client = server.client().send(head + b"Expect: 100-continue\r\n\r\n")
    answer = client.answer()
    assert (answer.status, answer.headers["connection"]) == (200, "close")


def test_client_that_ends_its_side_is_answered(server: Server) -> None:
    client = server.client().send(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n" * 2)
    client.socket.shutdown(1)
    assert [client.answer().status for _ in range(2)] == [200, 200]
    assert client.is_closed()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
    ],
)
def test_connection_ends_where_the_client_wants_it(server: Server, head: bytes) -> None:
    client = server.client().send(head)
    assert client.answer().status == 200
    assert client.is_closed()
