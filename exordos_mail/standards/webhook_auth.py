# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""How a tenant's webhook tells that a batch is ours: methods and their secrets."""

import base64
import binascii
import re
import typing as tp

from exordos_mail.standards import rule

NONE, BASIC, BEARER, SIGNATURE = "none", "basic", "bearer", "signature"
METHODS = (NONE, BASIC, BEARER, SIGNATURE)
#: What each method takes besides its name.
PARTS: tp.Mapping[str, frozenset[str]] = {
    NONE: frozenset(),
    BASIC: frozenset(("callback_username", "callback_secret")),
    BEARER: frozenset(("callback_secret",)),
    SIGNATURE: frozenset(("callback_secret",)),
}
#: Longest user name, password or token in characters.
TEXT_MAX = 1000
#: A token becomes a part of a header field (RFC 9110 section 5.5).
TOKEN_PATTERN = r"[!-~]+\Z"  # noqa: S105 a pattern
#: 24 to 64 octets in base64, as Standard Webhooks wants it.
SIGNING_SECRET_PATTERN = r"whsec_[A-Za-z0-9+/]{32,86}={0,2}\Z"  # noqa: S105 a pattern

_PREFIX = "whsec_"
_TOKEN = re.compile(TOKEN_PATTERN)
_SIGNING_SECRET = re.compile(SIGNING_SECRET_PATTERN)

TEXT_RULE = f"a text of 1 to {TEXT_MAX} characters"
USERNAME_RULE = (
    f"a text of 1 to {TEXT_MAX} characters without control characters and colons"
)
TOKEN_RULE = f"a token of 1 to {TEXT_MAX} visible ASCII characters"
SIGNING_SECRET_RULE = "`whsec_` and the base64 of 24 to 64 octets"  # noqa: S105


def fault_of_parts(
    method: str, parts: tp.Mapping[str, object]
) -> tuple[str, str] | None:
    """Return the name of the part that is missing or superfluous, and the rule.

    Args:
        method: one of METHODS.
        parts: `callback_username` and `callback_secret`; None: not given.
    """
    for name in sorted(PARTS[BASIC]):
        if (parts[name] is not None) != (name in PARTS[method]):
            verb = "needs one" if name in PARTS[method] else "has none"
            return name, f"callback_auth {method} {verb}"
    return None


def check_text(value: object) -> str:
    """Return `value` if it may be a password (RFC 7617).

    Raises:
        RuleError: it may not.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= TEXT_MAX:
        raise rule.RuleError(TEXT_RULE)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise rule.RuleError(TEXT_RULE) from None
    return value


def check_username(value: object) -> str:
    """Return `value` if it may be a user name (RFC 7617 section 2).

    Raises:
        RuleError: it may not.
    """
    text = check_text(value)
    if ":" in text or any(ord(one) < 32 or ord(one) == 127 for one in text):
        raise rule.RuleError(USERNAME_RULE)
    return text


def check_secret(method: str, value: str) -> str:
    """Return `value` if it may be the secret of a method other than `none`.

    Raises:
        RuleError: it may not.
    """
    if method == BEARER and not _TOKEN.match(check_text(value)):
        raise rule.RuleError(TOKEN_RULE)
    if method == SIGNATURE and not _is_signing_secret(value):
        raise rule.RuleError(SIGNING_SECRET_RULE)
    return check_text(value)


def _is_signing_secret(value: str) -> bool:
    if not _SIGNING_SECRET.match(value):
        return False
    try:
        octets = base64.b64decode(value.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return False
    return 24 <= len(octets) <= 64
