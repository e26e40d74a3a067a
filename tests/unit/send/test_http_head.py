# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is the head of a request (RFC 9110, RFC 9112)."""

from hypothesis import example, given
from hypothesis import strategies as st
import pytest

from exordos_mail.send import limits
from exordos_mail.send.net import head
from exordos_mail.send.net.refusal import Refusal

_LINE = b"GET / HTTP/1.1\r\n"
_HOST = b"Host: a.example:8025\r\n"


def _take(data: bytes) -> head.Head:
    found = head.take(bytearray(data))
    assert found is not None
    return found


def test_what_follows_stays() -> None:
    buffer = bytearray(b"\r\n" + _LINE + _HOST + b"\r\nGET")
    assert head.take(buffer) is not None
    assert buffer == b"GET"
    assert head.take(buffer) is None


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/a%20b%C3%A9?x=%C3%A9&y", "/a bé", b"x=%C3%A9&y"),
        (b"http://b.example/v1?x", "/v1", b"x"),
        (b"HTTPS://b.example:1", "/", b""),
        (b"http://b.example?x", "/", b"x"),
        (b"//evil.example/x", "//evil.example/x", b""),
        (b"*", "*", b""),
        (b"/%00%2F", "/\0/", b""),
    ],
)
def test_target(target: bytes, path: str, query: bytes) -> None:
    found = _take(b"GET " + target + b" HTTP/1.1\r\n" + _HOST + b"\r\n")
    assert (found.path, found.query) == (path, query)


@pytest.mark.parametrize(
    "host",
    [b"a", b"a.example.", b"a:", b"A_b-c:65535", b"1.2.3.4:80", b"[::1]:8025", b"%41"],
)
def test_host(host: bytes) -> None:
    assert _take(_LINE + b"Host: " + host + b" \r\n\r\n").method == "GET"


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"a b",
        b"a/b",
        b"u@a",
        b"a:b",
        b"a:65536",
        b"a:99999999999999999999",
        b"[::1",
        b"[1.2.3.4]",
        b"[:::]",
        b"a\\b",
        b'"a"',
        b"b\xc3\xbccher.example",
        b"http://a",
        b"%4",
    ],
)
def test_what_is_no_host(host: bytes) -> None:
    _refused(_LINE + b"Host: " + host + b"\r\n\r\n", 400)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (_LINE + b"\r\n", 400),
        (_LINE + _HOST + _HOST + b"\r\n", 400),
        (_LINE + b"HOST: a\r\nhost: a\r\n\r\n", 400),
        (_LINE + _HOST + b" folded\r\n\r\n", 400),
        (_LINE + b" X: y\r\n" + _HOST + b"\r\n", 400),
        (_LINE + b"Host : a\r\n\r\n", 400),
        (_LINE + _HOST + b"X y\r\n\r\n", 400),
        (_LINE + _HOST + b": y\r\n\r\n", 400),
        (_LINE + _HOST + b"X\xc3\xa4: y\r\n\r\n", 400),
        (_LINE + _HOST + b"X: a\rb\r\n\r\n", 400),
        (_LINE + _HOST + b"X: a\0b\r\n\r\n", 400),
        (_LINE + _HOST + b"X: a\nY: b\r\n\r\n", 400),
        (_LINE + b"Host: a\n\n", 400),
        (b"GET  / HTTP/1.1\r\n" + _HOST + b"\r\n", 400),
        (b"GET / HTTP/1.1 \r\n" + _HOST + b"\r\n", 400),
        (b"GET / http/1.1\r\n" + _HOST + b"\r\n", 400),
        (b"GET /\r\n" + _HOST + b"\r\n", 400),
        (b"GET v1 HTTP/1.1\r\n" + _HOST + b"\r\n", 400),
        (b"GET ftp://a/ HTTP/1.1\r\n" + _HOST + b"\r\n", 400),
        (b"GET http://u@a/ HTTP/1.1\r\n" + _HOST + b"\r\n", 400),
        (b"CONNECT a.example:443 HTTP/1.1\r\n" + _HOST + b"\r\n", 400),
        (b"GET /\xc3\xa4 HTTP/1.1\r\n" + _HOST + b"\r\n", 400),
        (b"GET /%FF HTTP/1.1\r\n" + _HOST + b"\r\n", 400),
        (b"GET /?a=%C3%28 HTTP/1.1\r\n" + _HOST + b"\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET / HTTP/0.9\r\n\r\n", 505),
        (b"get / HTTP/1.1\r\n" + _HOST + b"\r\n", 501),
        (_LINE + _HOST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        (_LINE + _HOST + b"Content-Length: 1, 1\r\n\r\n", 400),
        (_LINE + _HOST + b"Content-Length: +1\r\n\r\n", 400),
        (_LINE + _HOST + b"Content-Length: -1\r\n\r\n", 400),
        (_LINE + _HOST + b"Content-Length: 0x1\r\n\r\n", 400),
        (_LINE + _HOST + b"Content-Length: 1_0\r\n\r\n", 400),
        (_LINE + _HOST + b"Content-Length: \r\n\r\n", 400),
        (_LINE + _HOST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n", 400),
        (
            _LINE + _HOST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (
            _LINE + _HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            400,
        ),
        (_LINE + _HOST + b"Transfer-Encoding : chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (_LINE + _HOST + b"Transfer-Encoding:\x0bchunked\r\n\r\n", 400),
        (_LINE + _HOST + b"Expect: 200-ok\r\n\r\n", 417),
    ],
)
def test_what_is_no_head(data: bytes, status: int) -> None:
    _refused(data, status)


@pytest.mark.parametrize(
    "codings",
    [
        [b"gzip, chunked"],
        [b"chunked, chunked"],
        [b"chunked", b"chunked"],
        [b"gzip", b"chunked"],
        [b"identity"],
        [b"xchunked"],
        [b'"chunked"'],
        [b"chunked;q=1"],
    ],
)
def test_other_codings(codings: list[bytes]) -> None:
    lines = b"".join(b"Transfer-Encoding: %s\r\n" % coding for coding in codings)
    with pytest.raises(Refusal) as raised:
        _take(_LINE + _HOST + lines + b"\r\n")
    # The parser knows some of them as an attack.
    assert raised.value.status in (400, 501)


def test_limits() -> None:
    longest = b"/" + b"a" * (limits.TARGET.value - 1)
    assert _take(b"GET " + longest + b" HTTP/1.1\r\n" + _HOST + b"\r\n").path
    _refused(b"GET " + longest + b"a HTTP/1.1\r\n" + _HOST + b"\r\n", 414)
    most = b"A: b\r\n" * (limits.HEADERS.value - 1)
    assert _take(_LINE + _HOST + most + b"\r\n")
    _refused(_LINE + _HOST + most + b"A: b\r\n\r\n", 431)
    rest = limits.HEAD.value - len(_LINE + _HOST + b"A: ")
    assert _take(_LINE + _HOST + b"A: " + b"b" * rest + b"\r\n\r\n")
    _refused(_LINE + _HOST + b"A: " + b"b" * (rest + 1) + b"\r\n\r\n", 431)
    # Without an end, too.
    _refused(_LINE + _HOST + b"A: " + b"b" * 100_000, 431)
    _refused(_LINE + b"A: b\r\n" * 10_000, 431)
    _refused(b"a" * 100_000, 414)


@pytest.mark.parametrize(
    ("line", "headers", "keep_alive"),
    [
        (_LINE, b"", True),
        (_LINE, b"Connection: keep-alive\r\n", True),
        (_LINE, b"Connection: upgrade\r\nUpgrade: websocket\r\n", True),
        (_LINE, b"Connection: Close\r\n", False),
        (_LINE, b"Connection: a\r\nConnection: te , close\r\n", False),
        (b"GET / HTTP/1.0\r\n", b"Connection: keep-alive\r\n", False),
    ],
)
def test_keep_alive(line: bytes, headers: bytes, keep_alive: bool) -> None:
    assert _take(line + _HOST + headers + b"\r\n").keep_alive is keep_alive


@given(st.binary(max_size=200))
@example(b"X: y\r\n\r\nContent-Length: 5")
def test_any_bytes_are_a_head_or_are_refused(junk: bytes) -> None:
    for data in (junk, _LINE + _HOST + junk + b"\r\n\r\n", b"GET /" + junk):
        try:
            head.take(bytearray(data))
        except Refusal as refusal:
            assert 400 <= refusal.status < 506


def _refused(data: bytes, status: int) -> None:
    with pytest.raises(Refusal) as raised:
        _take(data)
    assert raised.value.status == status, raised.value
