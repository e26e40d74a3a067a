# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bodies whose end is found as they come, without I/O (RFC 9112 sections 6 and 7.1)."""

import re
import typing as tp

from exordos_mail.send import limits
from exordos_mail.send.net.refusal import Refusal, malformed

#: Size and extensions; the sizes that pass fit in 60 bits.
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t -~\x80-\xff]*)?\Z")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\Z")


class RequestBody(tp.Protocol):
    """What a body is cut out of the bytes of a connection with."""

    #: Whether the whole body was there.
    done: bool

    def take(self, buffer: bytearray) -> bytes:
        """Take the body's bytes off a buffer; what follows the body stays.

        Raises:
            Refusal: it is no body.
        """


class Counted:
    """A body of a known length."""

    def __init__(self, length: int) -> None:
        self.left = length
        self.done = length == 0

    def take(self, buffer: bytearray) -> bytes:
        """See RequestBody."""
        # Without a copy in between.
        with memoryview(buffer) as view:
            found = bytes(view[: self.left])
        del buffer[: len(found)]
        self.left -= len(found)
        self.done = self.left == 0
        return found


class Chunked:
    """A body in chunks (RFC 9112 section 7.1)."""

    def __init__(self) -> None:
        self.done = False
        #: Bytes of this chunk that are not here yet.
        self._left = 0
        self._step = self._size
        self._trailers = 0

    def take(self, buffer: bytearray) -> bytes:
        """See RequestBody."""
        parts: list[bytes] = []
        while not self.done and buffer and self._step(buffer, parts):
            pass
        return b"".join(parts)

    def _size(self, buffer: bytearray, parts: list[bytes]) -> bool:
        line = _line(buffer)
        if line is None:
            return False
        found = _SIZE.match(line)
        if found is None:
            raise malformed("the size of a chunk is a hexadecimal number")
        self._left = int(found[1], 16)
        self._step = self._data if self._left else self._trailer
        return True

    def _data(self, buffer: bytearray, parts: list[bytes]) -> bool:
        part = bytes(buffer[: self._left])
        parts.append(part)
        del buffer[: len(part)]
        self._left -= len(part)
        if not self._left:
            self._step = self._end
        return True

    def _end(self, buffer: bytearray, parts: list[bytes]) -> bool:
        if not b"\r\n".startswith(buffer[:2]):
            raise malformed("a chunk ends with CRLF")
        if len(buffer) < 2:
            return False
        del buffer[:2]
        self._step = self._size
        return True

    def _trailer(self, buffer: bytearray, parts: list[bytes]) -> bool:
        """Drop a trailer: no field of ours comes that late."""
        line = _line(buffer)
        if line is None:
            return False
        self._trailers += len(line) + 2
        if self._trailers > limits.CHUNK_LINE.value:
            raise _too_long()
        if line and not _TRAILER.match(line):
            raise malformed("a trailer is Name: text")
        self.done = not line
        return True


def _line(buffer: bytearray) -> bytes | None:
    """Take a line off a buffer; None: its end is not here yet."""
    end = buffer.find(b"\n", 0, limits.CHUNK_LINE.value + 2)
    if end < 0:
        if len(buffer) > limits.CHUNK_LINE.value:
            raise _too_long()
        return None
    if end == 0 or buffer[end - 1] != 0x0D:
        raise malformed("a line ends with CRLF")
    line = bytes(buffer[: end - 1])
    del buffer[: end + 1]
    return line


def _too_long() -> Refusal:
    return malformed(limits.CHUNK_LINE.said())
