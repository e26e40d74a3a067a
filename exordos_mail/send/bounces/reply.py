# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Replies of servers as they are quoted in reports."""

import re

#: Characters of a text that are kept.
TEXT_MAX = 500

_BOTH = re.compile(
    r"(?<![\d.])([245]\d\d)[ -]{1,2}#?([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)"
)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_CODE = re.compile(r"(?<![\d.:/-])([45]\d\d)(?=[ -]|\Z)")
_BLANKS = re.compile(r"\s+")
#: Three digits alone are a code only near the beginning, or after a colon.
_AFTER = re.compile(r"(?:\A|[:;>] ?)\s*#?([245]\d\d)(?=[ -]|\Z)")


def codes(text: str) -> tuple[int | None, str | None]:
    """Return the SMTP code and the enhanced code in a text; None: there is none."""
    text = text[:2000]
    both = _BOTH.search(text)
    if both is not None and both[1][0] == both[2][0]:
        return int(both[1]), both[2]
    code = _AFTER.search(text) or _CODE.search(text[:80])
    enhanced = _ENHANCED.search(text)
    if code is not None and enhanced is not None and code[1][0] != enhanced[1][0]:
        enhanced = None
    return int(code[1]) if code else None, enhanced[1] if enhanced else None


def line(text: str) -> str:
    """Return a text as one printable line of at most TEXT_MAX characters."""
    shown = "".join(
        char if char.isprintable() else " " for char in text[: 4 * TEXT_MAX]
    )
    return _BLANKS.sub(" ", shown).strip()[:TEXT_MAX]
