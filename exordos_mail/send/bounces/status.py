# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Delivery status (RFC 3464, and RFC 6533 for addresses beyond ASCII)."""

import collections.abc as abc
import re

from exordos_mail.send.bounces import header, reply
from exordos_mail.send.bounces.report import ACTIONS, FAILED, Finding

#: Types of a part that is one, whatever it stands in.
TYPES = ("message/delivery-status", "message/global-delivery-status")
#: Recipients of one mail that are looked at.
RECIPIENTS_MAX = 1000

_GROUPS = re.compile(r"\n[ \t]*\n+")
_START = re.compile(
    r"^(?=(?:original-recipient|final-recipient)[ \t]*:)", re.IGNORECASE | re.MULTILINE
)
#: `+3D` (RFC 3461 section 4), `\x{F6}` (RFC 6533 section 3).
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_UNITEXT = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_TYPED = re.compile(
    r"\s*(?:rfc822|utf-?8|smtp|x-[\w-]{1,30}|dns|unknown)\s*;", re.IGNORECASE
)
_COMMENT = re.compile(r"\([^()]{0,300}\)\s*\Z")


def findings(text: str) -> list[Finding]:
    """Return what a delivery status says of each recipient."""
    found = []
    for group in _groups(text):
        fields = header.parse(group.encode(errors="replace"))
        addresses = _addresses(fields)
        if addresses or "action" in fields:
            found.append(_finding(fields, addresses))
        if len(found) == RECIPIENTS_MAX:
            break
    return found


def addresses(value: str) -> list[str]:
    """Return the addresses that a field may mean: as it is, and with escapes undone."""
    bare = _COMMENT.sub("", _TYPED.sub("", header.words(value), count=1)).strip()
    bare = bare.strip("<>").strip()
    undone = _UNITEXT.sub(_character, _XTEXT.sub(_character, bare))
    return [one for one in dict.fromkeys((bare, undone)) if "@" in one]


def _groups(text: str) -> abc.Iterator[str]:
    """Yield the groups of fields; a recipient's may begin without a blank line."""
    for block in _GROUPS.split(text):
        group, seen = "", set[str]()
        for piece in _START.split(block):
            name = piece[:5].lower() if _START.match(piece) else ""
            if name in seen:
                yield group
                group, seen = "", set()
            if name:
                seen.add(name)
            group += piece
        if group.strip():
            yield group


def _addresses(fields: header.Fields) -> list[str]:
    found: dict[str, None] = {}
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        for value in fields.get(name, ())[:1]:
            found |= dict.fromkeys(addresses(value))
    return list(found)


def _finding(fields: header.Fields, addresses: list[str]) -> Finding:
    diagnostic = header.first(fields, "diagnostic-code")
    text = _TYPED.sub("", diagnostic, count=1)
    code, enhanced = reply.codes(text)
    status = _ENHANCED.search(header.first(fields, "status"))
    # Without one in the server's reply, sendmail writes 5.1.1 for any 550.
    if code is None and enhanced is None and status is not None:
        enhanced = status[0]
    action = header.first(fields, "action").partition(" ")[0].lower()
    if action not in ACTIONS and status is not None:
        action = {"5": FAILED, "4": "delayed", "2": "delivered"}[status[0][0]]
    server = _TYPED.sub("", header.first(fields, "remote-mta"), count=1)
    return Finding(
        addresses=addresses,
        action=action if action in ACTIONS else "unknown",
        enhanced=enhanced,
        code=code,
        text=reply.line(text),
        server=reply.line(_COMMENT.sub("", server))[:255],
    )


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:
        return match[0]
    return chr(number)
