# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The head of a request: request line and headers, without I/O (RFC 9112)."""

import dataclasses
import ipaddress
import re
import urllib.parse

import httptools

from exordos_mail.send import limits
from exordos_mail.send.net.chunked import Chunked, Counted, RequestBody
from exordos_mail.send.net.refusal import Refusal, malformed

_END = b"\r\n\r\n"
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) HTTP/(\d)\.(\d)\Z")
#: What httptools lets pass: a folded line, a bare CR, other controls.
_BAD = re.compile(rb"\r\n[ \t]|\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LENGTH = re.compile(rb"[0-9]{1,18}\Z")
#: uri-host and port (RFC 3986 section 3.2).
_HOST = re.compile(
    rb"(?:\[(?P<literal>[0-9A-Fa-f:.]+)\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)"
    rb"(?::(?P<port>[0-9]*))?\Z"
)
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)(.*)\Z", re.IGNORECASE)


@dataclasses.dataclass
class Head:
    """A request whose body may still come."""

    method: str
    #: Decoded, and as it came.
    path: str
    raw_path: bytes
    query: bytes
    #: 1.1 or 1.0.
    version: str
    #: Names in lower case.
    headers: list[tuple[bytes, bytes]]
    body: RequestBody
    keep_alive: bool
    expects_continue: bool


class _Fields:
    """Collects what the parser finds."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.strip(b" \t")))


def take(buffer: bytearray) -> Head | None:
    """Take a head off the bytes of a connection; None: its end is not here yet.

    Raises:
        Refusal: it is none, or too large.
    """
    while buffer.startswith(b"\r\n"):
        # Some clients end a body so (RFC 9112 section 2.2).
        del buffer[:2]
    end = buffer.find(_END, 0, limits.HEAD.value + len(_END))
    if end < 0:
        _check_part(buffer)
        return None
    block = bytes(buffer[: end + len(_END)])
    del buffer[: len(block)]
    _check_size(block)
    return _parsed(block)


def _check_part(buffer: bytearray) -> None:
    """Refuse what can become no head any more."""
    if len(buffer) > limits.HEAD.value:
        _check_size(bytes(buffer))
        raise _too_large(limits.HEAD, "headers_too_large")
    if buffer.count(b"\n") != buffer.count(b"\r\n"):
        raise malformed("a line ends with CRLF")


def _check_size(block: bytes) -> None:
    line = block.find(b"\r\n")
    if (len(block) if line < 0 else line) > limits.TARGET.value + 40:
        raise _too_large(limits.TARGET, "target_too_long")
    # Request line, headers, empty line.
    if block.count(b"\r\n") - 2 > limits.HEADERS.value:
        raise _too_large(limits.HEADERS, "headers_too_large")


def _too_large(limit: limits.CallerLimit, code: str) -> Refusal:
    return Refusal(limit.status, code, limit.said())


def _parsed(block: bytes) -> Head:
    method, target, minor = _request_line(block[: block.find(b"\r\n")])
    if _BAD.search(block) or block.count(b"\n") != block.count(b"\r\n"):
        raise malformed("a header is one line of Name: text without control characters")
    fields = _Fields()
    parser = httptools.HttpRequestParser(fields)
    try:
        parser.feed_data(block)
    except httptools.HttpParserUpgrade:
        # We go on with HTTP/1.1, as RFC 9110 section 7.8 allows.
        pass
    except httptools.HttpParserInvalidMethodError:
        raise Refusal(501, "unknown_method", "there is no such method") from None
    except httptools.HttpParserError:
        raise malformed("the request is not HTTP/1.1") from None
    named = _by_name(fields.headers)
    _check_host(named.get(b"host", []), minor)
    path, raw_path, query = _target(target)
    return Head(
        method=method.decode(),
        path=path,
        raw_path=raw_path,
        query=query,
        version=f"1.{minor}",
        headers=fields.headers,
        body=_body(named, minor),
        keep_alive=minor > 0 and not _closes(named.get(b"connection", [])),
        expects_continue=minor > 0 and _expects(named.get(b"expect", [])),
    )


def _request_line(line: bytes) -> tuple[bytes, bytes, int]:
    found = _LINE.match(line)
    if found is None:
        raise malformed("a request begins with METHOD /path HTTP/1.1")
    method, target, major, minor = found.groups()
    if major != b"1":
        raise Refusal(505, "unknown_version", "the service speaks HTTP/1.1")
    if len(target) > limits.TARGET.value:
        raise _too_large(limits.TARGET, "target_too_long")
    return method, target, min(int(minor), 1)


def _by_name(headers: list[tuple[bytes, bytes]]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return found


def _check_host(values: list[bytes], minor: int) -> None:
    """Check the field Host (RFC 9112 section 3.2)."""
    if not values and minor == 0:
        return
    if len(values) != 1:
        raise malformed("a request has one header Host")
    if not _is_authority(values[0]):
        raise malformed("the header Host is a name or an address, with or without port")


def _is_authority(value: bytes) -> bool:
    found = _HOST.match(value)
    if found is None or int(found["port"] or 0) > 65535:
        return False
    if found["literal"] is not None:
        try:
            ipaddress.IPv6Address(found["literal"].decode())
        except ValueError:
            return False
    return True


def _target(target: bytes) -> tuple[str, bytes, bytes]:
    """Return path, path as it came, and query (RFC 9112 section 3.2)."""
    absolute = _ABSOLUTE.match(target)
    if absolute is not None:
        if not _is_authority(absolute[1]):
            raise malformed("the host in the request line is none")
        target = absolute[2] if absolute[2].startswith(b"/") else b"/" + absolute[2]
    elif not target.startswith(b"/") and target != b"*":
        raise malformed("a request is about a path that begins with /")
    raw_path, _, query = target.partition(b"?")
    try:
        path = raw_path.decode("ascii")
        if "%" in path:
            path = urllib.parse.unquote_to_bytes(path).decode()
        if b"%" in query:
            urllib.parse.unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        raise malformed("path and query are UTF-8, with % before other bytes") from None
    return path, raw_path, query


def _body(named: dict[bytes, list[bytes]], minor: int) -> RequestBody:
    """Return how the body is read; one way only (RFC 9112 section 6.3)."""
    lengths = named.get(b"content-length", [])
    codings = named.get(b"transfer-encoding", [])
    if codings:
        if lengths or minor == 0:
            raise malformed("Transfer-Encoding stands alone, and in HTTP/1.1 only")
        if [coding.strip().lower() for coding in codings] != [b"chunked"]:
            raise Refusal(
                501, "unknown_coding", "the only Transfer-Encoding is chunked"
            )
        return Chunked()
    if not lengths:
        return Counted(0)
    if len(lengths) > 1 or not _LENGTH.match(lengths[0]):
        raise malformed("a request has one header Content-Length, a number")
    return Counted(int(lengths[0]))


def _closes(values: list[bytes]) -> bool:
    """Tell whether it is the connection's last request (RFC 9112 section 9.6)."""
    options = [option for value in values for option in value.lower().split(b",")]
    return any(option.strip() == b"close" for option in options)


def _expects(values: list[bytes]) -> bool:
    if not values:
        return False
    if [value.lower() for value in values] != [b"100-continue"]:
        raise Refusal(417, "unknown_expectation", "the only Expect is 100-continue")
    return True
