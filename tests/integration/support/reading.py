# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A message as Python's own parser reads it."""

import email
import email.header
import email.message
import email.utils
import re
import typing as tp

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_WORD = re.compile(rb"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")


def assert_safe(data: bytes) -> None:
    """Nothing that a server or a reader could take for something else."""
    assert b"\0" not in data
    assert not _BARE.search(data)
    assert data.endswith(b"\r\n")
    assert max(map(len, data.split(b"\r\n"))) <= 998


def assert_short_words(data: bytes) -> None:
    """No encoded-word of a header is longer than RFC 2047 section 2 allows."""
    found = _WORD.findall(data.partition(b"\r\n\r\n")[0])
    assert all(len(word) <= 75 for word in found)


def unfolded(value: str) -> str:
    """Return a field's value in one line."""
    return re.sub(r"\A\r?\n[ \t]|\r?\n(?=[ \t])", "", value)


def shown(value: str) -> str:
    """Return what a reader shows of a field."""
    parts = email.header.decode_header(unfolded(value))
    return str(email.header.make_header(parts))


def names(message: email.message.Message, field: str) -> list[tuple[str, str]]:
    """Return the names and addresses of a field, in UTF-8 or ASCII."""
    given = [value for name, value in message.raw_items() if name.lower() == field]
    # Octets beyond ASCII come as surrogates.
    texts = [unfolded(one).encode("ascii", "surrogateescape").decode() for one in given]
    found = email.utils.getaddresses(texts)
    return [(shown(name), box) for name, box in found]


def fields(data: bytes) -> list[str]:
    """Return the names of a message's fields, in lower case and order."""
    return [name.lower() for name in email.message_from_bytes(data)]


def octets(part: email.message.Message) -> bytes:
    """Return a part's content."""
    return tp.cast(bytes, part.get_payload(decode=True))
