# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""API keys of the send service."""

import hashlib
import secrets

from exordos_mail.standards import rule

SEND, READ, MANAGE = "send", "read", "manage"
SCOPES = (SEND, READ, MANAGE)
#: What a key begins with, so that people and scanners know one when they see it.
PREFIX = "exm_"
#: Shortest and longest key that somebody may choose, in characters.
KEY_MIN, KEY_MAX = 32, 256
#: Longest name in characters.
NAME_MAX = 128
NAME_RULE = f"a text of 1 to {NAME_MAX} printable characters"
KEY_RULE = f"a key of {KEY_MIN} to {KEY_MAX} visible ASCII characters"


def new() -> str:
    """Return a new key; it is shown once and kept only as its hash."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """Return what is kept of a key: SHA-256 in hexadecimal digits."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def check_name(value: object) -> str:
    """Return `value` if it may be the name of a key.

    Raises:
        RuleError: it may not.
    """
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= NAME_MAX
        or not value.isprintable()
    ):
        raise rule.RuleError(NAME_RULE)
    return value


def check_key(value: object) -> str:
    """Return `value` if it may be a key of somebody's own choice.

    Raises:
        RuleError: it may not.
    """
    if (
        not isinstance(value, str)
        or not KEY_MIN <= len(value) <= KEY_MAX
        or not all("!" <= character <= "~" for character in value)
    ):
        raise rule.RuleError(KEY_RULE)
    return value
