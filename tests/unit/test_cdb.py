# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The cdb writer follows the format; exim reads it in the integration tests."""

import itertools
import struct

from hypothesis import given, strategies
import pytest

from exordos_mail.dataplane.engine import cdb

_ENTRIES = strategies.dictionaries(strategies.binary(), strategies.binary())


@given(_ENTRIES)
def test_everything_written_is_found(entries):
    database = cdb.dumps(entries.items())
    assert {key: cdb.lookup(database, key) for key in entries} == entries


@given(_ENTRIES, strategies.binary())
def test_nothing_else_is_found(entries, key):
    if key not in entries:
        assert cdb.lookup(cdb.dumps(entries.items()), key) is None


def test_layout_of_the_format():
    """https://cr.yp.to/cdb/cdb.txt, byte by byte, for one record."""
    database = cdb.dumps([(b"one", b"Hello")])
    record = struct.pack("<LL", 3, 5) + b"oneHello"
    # Of the C implementation (PyPI pure-cdb 4.0.0, djb_hash).
    hashed = 193420161
    table = struct.pack("<LLLL", *_slots(hashed))
    assert database[2048:] == record + table
    for number in range(256):
        start, length = struct.unpack_from("<LL", database, 8 * number)
        assert length == (2 if number == hashed % 256 else 0)
        assert start in (2048 + len(record), 2048 + len(record) + 16)


def _slots(hashed):
    empty, used = (0, 0), (hashed, 2048)
    pair = [empty, empty]
    pair[(hashed >> 8) % 2] = used
    return [number for slot in pair for number in slot]


def test_entries_of_equal_hash_are_told_apart():
    keys = [bytes(pair) for pair in itertools.product(range(256), repeat=2)]
    by_hash = {}
    for key in keys:
        by_hash.setdefault(cdb._hash(key), []).append(key)
    equal = next(group for group in by_hash.values() if len(group) > 2)
    database = cdb.dumps((key, key) for key in equal)
    assert [cdb.lookup(database, key) for key in equal] == equal


def test_first_of_equal_keys_counts():
    assert cdb.lookup(cdb.dumps([(b"k", b"1"), (b"k", b"2")]), b"k") == b"1"


def test_limit_of_the_format(monkeypatch):
    monkeypatch.setattr(cdb, "_MAX_SIZE", 3000)
    with pytest.raises(ValueError, match="4 GiB"):
        cdb.dumps([(b"k", b"x" * 1000)])


def test_items_are_what_was_put_in():
    rows = [(b"a", b"1"), (b"", b""), (b"a", b"2"), (b"c" * 300, b"x" * 5000)]
    assert list(cdb.items(cdb.dumps(rows))) == rows
    assert list(cdb.items(cdb.dumps([]))) == []


@pytest.mark.parametrize(
    "damage", [lambda d: d[:100], lambda d: d[:2060], lambda d: b""]
)
def test_items_of_no_database(damage):
    with pytest.raises(ValueError, match="cdb file"):
        list(cdb.items(damage(cdb.dumps([(b"key", b"value" * 10)]))))
