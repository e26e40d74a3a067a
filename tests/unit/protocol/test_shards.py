# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Shards are the same on both sides, and stand for every account in them."""

import hashlib
import string

from hypothesis import given
from hypothesis import strategies as st
import pytest

from exordos_mail.protocol import shards

_NAMES = st.text(string.ascii_lowercase + string.digits + "._-", min_size=1)
_HASHES = st.text(string.ascii_letters + string.digits + "./$", min_size=13)


def test_number_is_what_sql_and_exim_compute():
    assert [shards.number(name) for name in ("alice", "bob", "x")] == [
        int(hashlib.md5(name.encode()).hexdigest()[:2], 16) & 63  # noqa: S324
        for name in ("alice", "bob", "x")
    ]
    assert shards.number("alice") == 35


@given(st.dictionaries(_NAMES, _HASHES))
def test_every_account_is_in_one_shard(everybody):
    texts = shards.split(everybody)
    found = {}
    for number, content in texts.items():
        members = shards.accounts(content)
        assert members
        assert {shards.number(name) for name in members} == {number}
        found.update(members)
    assert found == everybody


def test_text_is_in_the_order_of_octets():
    assert shards.text({"b": "2", "a": "1", "a-b": "3", "a.b": "4"}) == (
        b"a:1\na-b:3\na.b:4\nb:2\n"
    )


def test_digest_of_nothing_is_empty():
    assert shards.digest(b"") == ""
    assert shards.digests({1: b"", 2: b"a:b\n"}) == {
        2: hashlib.sha256(b"a:b\n").hexdigest()
    }


@pytest.mark.parametrize("content", [b"a:b", b"a\n", b"a:b\n\n", "a:\u00fc\n".encode()])
def test_what_is_no_text_of_a_shard(content):
    with pytest.raises(ValueError):
        shards.accounts(content)
