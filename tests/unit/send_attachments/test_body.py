# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Answers are collected up to a limit, packed or not."""

import gzip
import tracemalloc

import pytest

from exordos_mail.send.attachments.body import Body
from exordos_mail.send.attachments.failures import PermanentFailure, TemporaryFailure


def test_a_plain_answer_up_to_its_limit() -> None:
    body = Body("identity", 6)
    body.add(b"abc")
    body.add(b"def")
    assert body.whole() == b"abcdef"
    with pytest.raises(PermanentFailure, match="larger than 6 bytes"):
        body.add(b"g")


def test_a_packed_answer_in_single_bytes() -> None:
    body = Body("GZIP", 1000)
    for byte in gzip.compress(b"abc" * 100, mtime=0):
        body.add(bytes([byte]))
    assert body.whole() == b"abc" * 100


def test_a_packed_answer_of_exactly_the_limit() -> None:
    body = Body("gzip", 1000)
    body.add(gzip.compress(b"a" * 1000, mtime=0))
    assert len(body.whole()) == 1000


def test_a_bomb_is_not_unpacked_further_than_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, mtime=0)
    body = Body("gzip", 1000)
    tracemalloc.start()
    try:
        with pytest.raises(PermanentFailure, match="larger than 1000 bytes"):
            body.add(bomb)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_packed_answer_that_ends_early_may_be_whole_later() -> None:
    body = Body("gzip", 1000)
    body.add(gzip.compress(b"abc" * 100, mtime=0)[:-4])
    with pytest.raises(TemporaryFailure):
        body.whole()


@pytest.mark.parametrize(
    "data", [b"not packed", gzip.compress(b"a", mtime=0) + b"more"]
)
def test_a_wrongly_packed_answer_is_refused(data: bytes) -> None:
    with pytest.raises(PermanentFailure):
        Body("gzip", 1000).add(data)


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(PermanentFailure):
        Body("br", 1000)
