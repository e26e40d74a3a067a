# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bytes of an HTTP answer, collected up to a limit."""

import zlib

from exordos_mail.send.attachments.failures import PermanentFailure, TemporaryFailure


class Body:
    """Collects an answer; a packed one is unpacked no further than the limit.

    We ask for unpacked answers, but some servers keep files packed and say so.

    Args:
        encoding: the field `Content-Encoding`.
        limit: the most bytes it may have after unpacking.

    Raises:
        PermanentFailure: the encoding is not known.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._limit = limit
        self._data = bytearray()
        self._gzip = None
        if encoding.strip().lower() in ("gzip", "x-gzip"):
            self._gzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
        elif encoding.strip().lower() not in ("", "identity"):
            raise PermanentFailure("the answer has an unknown Content-Encoding")

    def add(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            PermanentFailure: it is too large, or packed wrongly.
        """
        if self._gzip is not None:
            room = self._limit - len(self._data)
            try:
                chunk = self._gzip.decompress(chunk, room + 1)
            except zlib.error:
                raise PermanentFailure("the answer is packed wrongly") from None
            if self._gzip.unused_data:
                raise PermanentFailure("the answer goes on behind its packed part")
        if len(self._data) + len(chunk) > self._limit:
            raise PermanentFailure(f"larger than {self._limit} bytes")
        self._data += chunk

    def whole(self) -> bytes:
        """Return all bytes after the last ones came.

        Raises:
            TemporaryFailure: a packed answer ends too early.
        """
        if self._gzip is not None and not self._gzip.eof:
            raise TemporaryFailure("the answer was cut short")
        return bytes(self._data)
