# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Buckets, texts, digests: equal on both sides, and of all that is in them."""

import hashlib

import pytest

from exordos_mail.protocol import documents

_DIGEST = "a" * 64


def test_bucket_is_the_one_that_exim_and_sql_compute():
    # ${eval:0x${substr_0_2:${md5:alice}} & 63}
    for key in ("alice", "bob", "x", "ü"):
        digits = hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()
        assert documents.bucket(key) == str(int(digits[:2], 16) & 63)
    assert documents.bucket("alice") == "35"


def test_documents_are_spread_over_all_buckets():
    everybody = {f"user{number}": {"n": number} for number in range(1000)}
    texts = documents.spread(everybody)
    assert set(texts) == set(map(str, range(documents.COUNT)))
    found = {}
    for number, content in texts.items():
        members = documents.parse(content)
        assert {documents.bucket(key) for key in members} == {number}
        found |= members
    assert found == everybody


def test_text_is_canonical():
    assert documents.text({"b": {"y": None, "x": "ü"}, "a": 1}) == (
        '{"a":1,"b":{"x":"ü","y":null}}'
    )
    assert documents.text({}) == ""
    assert documents.parse("") == {}


@pytest.mark.parametrize("content", ["[]", "null", "{", '{"a":1} x', "[" * 100_000])
def test_no_text(content):
    with pytest.raises(ValueError, match=r".") as caught:
        documents.parse(content)
    assert not isinstance(caught.value, RecursionError)


def test_digests_leave_out_what_is_empty():
    assert documents.digest("") == ""
    assert documents.digests({"1": "", "2": "{}"}) == {
        "2": hashlib.sha256(b"{}").hexdigest()
    }


def test_a_tag_is_no_digest():
    assert documents.is_tag("01234567-89ab-cdef-0123-456789abcdef")
    assert not documents.is_tag(documents.digest("x"))


def test_known_revision():
    assert documents.revision({"accounts": {"3": _DIGEST}, "toys": {}}) == (
        "a1669660ba0a984939841aca871a20702f9ce597663d782a326fe61785213325"
    )


def test_order_does_not_matter():
    assert documents.revision({"a": {"1": "p", "2": "q"}, "b": {}}) == (
        documents.revision({"b": {}, "a": {"2": "q", "1": "p"}})
    )


def test_every_part_matters():
    values = {
        documents.revision(collections)
        for collections in (
            {},
            {"a": {}},
            {"b": {}},
            {"a": {}, "b": {}},
            {"a": {"1": _DIGEST}},
            {"a": {"2": _DIGEST}},
            {"a": {"1": "b" * 64}},
            {"a": {"1": _DIGEST, "2": _DIGEST}},
            {"b": {"1": _DIGEST}},
        )
    }
    assert len(values) == 9
