# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Parameters of MIME fields (RFC 2045 section 5.1, RFC 2231)."""

import re
import urllib.parse

_TOKEN = re.compile(r"[A-Za-z0-9!#$&+.^_`{|}~-]{1,60}\Z")
_QUOTED = re.compile(r"[A-Za-z0-9!#$&+.^_`{|}~ @(),;:/?='<>\[\]-]{1,60}\Z")
#: Letters and escapes of percent-encoded text.
_LETTERS = re.compile(r"%..|[^%]")
#: Characters of one section of a long value.
_SECTION_MAX = 50


def parameter(name: str, value: str) -> list[str]:
    """Return `name=value` in parts that stand one after the other, joined by `;`.

    A value that a reader could take for something else, as an encoded-word in quotes,
    is written in octets.
    """
    if _TOKEN.match(value):
        return [f"{name}={value}"]
    if _QUOTED.match(value) and "=?" not in value and value == value.strip():
        return [f'{name}="{value}"']
    sections = _sections(urllib.parse.quote(value, safe="-._~"))
    if len(sections) == 1:
        return [f"{name}*=utf-8''{sections[0]}"]
    sections[0] = f"utf-8''{sections[0]}"
    return [f"{name}*{at}*={section}" for at, section in enumerate(sections)]


def _sections(escaped: str) -> list[str]:
    """Return percent-encoded text in parts, no escape divided."""
    found = [""]
    for letter in _LETTERS.findall(escaped):
        if len(found[-1]) + len(letter) > _SECTION_MAX:
            found.append("")
        found[-1] += letter
    return found
