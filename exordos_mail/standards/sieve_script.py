# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Sieve scripts (RFC 5228) as texts: how they may be named, and how long they are.

Whether one is a script at all, a node's Pigeonhole says.
"""

import hashlib

from exordos_mail.standards import rule

#: Longest name in octets.
NAME_MAX = 100
#: Longest script in octets, by REST and by ManageSieve (sieve_max_script_size).
CONTENT_MAX = 256 * 1024
NAME_RULE = f"a text of 1 to {NAME_MAX} octets (UTF-8) of printable characters"
CONTENT_RULE = (
    f"a script of at most {CONTENT_MAX} octets (UTF-8) that is not blank, without"
    " control characters but tabs and line ends"
)
_CONTROLS = frozenset(map(chr, range(32))) - frozenset("\t\r\n")


def check_name(value: object) -> str:
    """Return `value` if it may be the name of a script.

    Raises:
        RuleError: it may not.
    """
    if not isinstance(value, str) or not value.isprintable() or not value.strip():
        raise rule.RuleError(NAME_RULE)
    if len(_octets(value, NAME_RULE)) > NAME_MAX:
        raise rule.RuleError(NAME_RULE)
    return value


def check_content(value: object) -> str:
    """Return `value` if it may be the content of a script.

    Raises:
        RuleError: it may not.
    """
    if not isinstance(value, str) or not value.strip():
        raise rule.RuleError(CONTENT_RULE)
    if len(_octets(value, CONTENT_RULE)) > CONTENT_MAX or _CONTROLS & set(value):
        raise rule.RuleError(CONTENT_RULE)
    return value


def digest(content: str) -> str:
    """Return what tells a content from others: its SHA-256, hexadecimal."""
    return hashlib.sha256(content.encode()).hexdigest()


def _octets(value: str, text: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise rule.RuleError(text) from None
