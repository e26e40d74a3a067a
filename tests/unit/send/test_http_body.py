# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where the body of a request ends (RFC 9112 section 7.1)."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from exordos_mail.send import limits
from exordos_mail.send.net.chunked import Chunked, Counted, RequestBody
from exordos_mail.send.net.refusal import Refusal


def _read(body: RequestBody, pieces: list[bytes]) -> tuple[bytes, bytes]:
    """Return the body, and what follows it."""
    buffer, found = bytearray(), b""
    for piece in pieces:
        buffer += piece
        if not body.done:
            found += body.take(buffer)
    assert body.done
    return found, bytes(buffer)


@given(
    st.lists(st.binary(min_size=1, max_size=30), max_size=8),
    st.binary(max_size=20),
    st.integers(1, 40),
)
def test_chunks_are_read_however_they_are_cut(
    chunks: list[bytes], rest: bytes, step: int
) -> None:
    sent = b"".join(b"%X;n=v\r\n%s\r\n" % (len(one), one) for one in chunks)
    sent += b"0\r\nTrailer: x\r\n\r\n" + rest
    pieces = [sent[at : at + step] for at in range(0, len(sent), step)]
    assert _read(Chunked(), pieces) == (b"".join(chunks), rest)
    body = b"".join(chunks)
    assert _read(Counted(len(body)), [body + rest]) == (body, rest)


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n",
        b"g\r\n",
        b"0x1\r\na\r\n",
        b"-1\r\n",
        b"+1\r\n",
        b" 1\r\na",
        b"1 \r\na",
        b"1\na\n",
        b"1\rX\r\n",
        b"1;a\0b\r\n",
        b"1\r\nab\r\n",
        b"1\r\na\n",
        b"1\r\na\rb",
        b"1" * 16 + b"\r\n",
        b"1;" + b"a" * limits.CHUNK_LINE.value + b"\r\n",
        b"1" * 2_000_000,
        b"0\r\nno trailer\r\n",
        b"0\r\nX : y\r\n",
        b"0\r\n X: y\r\n",
        b"0\r\n" + b"X: y\r\n" * 1_000,
    ],
)
def test_what_is_no_chunk(sent: bytes) -> None:
    body = Chunked()
    with pytest.raises(Refusal) as raised:
        _read(body, [sent])
    assert raised.value.status == 400
