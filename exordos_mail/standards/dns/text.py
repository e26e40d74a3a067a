# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Texts of TXT records: strings, escapes, and what people may be shown of them."""

import re
import typing as tp

#: Octets of one string of a TXT record (RFC 1035 section 3.3.14).
STRING_MAX = 255

#: Characters of a text that are shown, and how many texts.
SHOWN_MAX, SHOWN_COUNT = 600, 8

_TAG = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*=\s*(.*?)\s*\Z", re.DOTALL)


def plain(octets: bytes) -> str:
    """Return octets as one line of ASCII, whatever they are.

    What cannot be printed, and the backslash, are escaped as in a zone file (RFC 1035
    section 5.1): no text from the DNS breaks a line or turns the way of writing.
    """
    return "".join(
        chr(one)
        if 0x20 <= one < 0x7F and one != 0x5C
        else "\\\\"
        if one == 0x5C
        else f"\\{one:03d}"
        for one in octets
    )


def shown(text: str) -> str:
    """Return a text cut to a length that people read."""
    if len(text) <= SHOWN_MAX:
        return text
    return f"{text[:SHOWN_MAX]}... ({len(text)} characters)"


def shown_all(texts: tp.Iterable[str]) -> tuple[str, ...]:
    """Return the first texts, each cut; equal ones once."""
    return tuple(dict.fromkeys(map(shown, texts)))[:SHOWN_COUNT]


def strings(text: str) -> list[str]:
    """Return the strings that a TXT record with this text is made of."""
    return [text[i : i + STRING_MAX] for i in range(0, len(text), STRING_MAX)] or [""]


def quoted(text: str) -> str:
    """Return an ASCII text as a zone file has it: quoted strings with escapes."""
    return " ".join(
        '"' + re.sub(r'(["\\])', r"\\\1", one) + '"' for one in strings(text)
    )


def tags(text: str) -> dict[str, str]:
    """Return the tags of a list such as `v=DMARC1; p=none` by name, as written.

    The first of equal names counts. What has no `=` is left out.
    """
    found: dict[str, str] = {}
    for part in text.split(";"):
        if match := _TAG.match(part):
            found.setdefault(match[1], match[2])
    return found
