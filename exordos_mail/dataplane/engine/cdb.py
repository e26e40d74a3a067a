# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Constant databases (cdb), the format that exim looks accounts up in.

Format: https://cr.yp.to/cdb/cdb.txt. An own writer, because PyPI's pure-cdb
has had no release for years and needs a compiler from Python 3.12 on, and the
format is one page.
"""

import struct
import typing as tp

_PAIR = struct.Struct("<LL")
_TABLES = 256
_HEADER_SIZE = _TABLES * _PAIR.size
_MAX_SIZE = 2**32 - 1


def _hash(key: bytes) -> int:
    value = 5381
    for octet in key:
        value = ((value * 33) & 0xFFFFFFFF) ^ octet
    return value


def dumps(items: tp.Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the database of (key, value) pairs.

    Raises:
        ValueError: the result would exceed the format's 4 GiB.
    """
    body = bytearray(_HEADER_SIZE)
    tables: list[list[tuple[int, int]]] = [[] for _ in range(_TABLES)]
    for key, value in items:
        hashed = _hash(key)
        tables[hashed % _TABLES].append((hashed, len(body)))
        body += _PAIR.pack(len(key), len(value)) + key + value
    for number, table in enumerate(tables):
        # Twice as many slots as entries, so that a probe ends at an empty one.
        slots = [(0, 0)] * (2 * len(table))
        _PAIR.pack_into(body, number * _PAIR.size, len(body), len(slots))
        for hashed, position in table:
            slot = (hashed >> 8) % len(slots)
            while slots[slot][1]:
                slot = (slot + 1) % len(slots)
            slots[slot] = (hashed, position)
        for entry in slots:
            body += _PAIR.pack(*entry)
    if len(body) > _MAX_SIZE:
        raise ValueError("a cdb file cannot hold more than 4 GiB")
    return bytes(body)


def items(database: bytes) -> tp.Iterator[tuple[bytes, bytes]]:
    """Yield the (key, value) pairs in the order of `dumps`.

    Raises:
        ValueError: this is not a database.
    """
    try:
        # The tables follow the records, the first one of the header first.
        position, end = _HEADER_SIZE, _PAIR.unpack_from(database)[0]
        if end > len(database):
            raise ValueError("a cdb file is too short")
        while position < end:
            key_size, value_size = _PAIR.unpack_from(database, position)
            key = position + _PAIR.size
            value = key + key_size
            position = value + value_size
            if position > end:
                raise ValueError("a record of a cdb file is too long")
            yield database[key:value], database[value:position]
    except struct.error:
        raise ValueError("a cdb file is too short") from None


def lookup(database: bytes, key: bytes) -> bytes | None:
    """Return the first value of `key`, or None, as a reader of the format does."""
    hashed = _hash(key)
    table, length = _PAIR.unpack_from(database, hashed % _TABLES * _PAIR.size)
    for step in range(length):
        slot = ((hashed >> 8) + step) % length
        found, position = _PAIR.unpack_from(database, table + slot * _PAIR.size)
        if not position:
            return None
        if found == hashed:
            key_size, value_size = _PAIR.unpack_from(database, position)
            start = position + _PAIR.size
            if database[start : start + key_size] == key:
                return database[start + key_size : start + key_size + value_size]
    return None
