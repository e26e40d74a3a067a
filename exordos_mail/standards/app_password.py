# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""App passwords: what one program logs in to an account with, made by a server."""

import hashlib
import secrets

from exordos_mail.standards import rule

SMTP, IMAP, POP3, SIEVE = "smtp", "imap", "pop3", "sieve"
#: Protocols that one may be good for.
SCOPES = (SMTP, IMAP, POP3, SIEVE)
#: Lower-case letters and digits without those that people take for one another.
ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"
#: Groups and the characters of each: 125 bits. So much cannot be guessed, and a fast
#: hash of it is enough.
GROUPS, GROUP_LENGTH = 5, 5
#: Shortest and longest one that a manifest may choose, in characters.
PASSWORD_MIN, PASSWORD_MAX = 24, 128
PASSWORD_RULE = (
    f"an app password is {PASSWORD_MIN} to {PASSWORD_MAX} visible ASCII characters,"
    " made at random"
)


def new() -> str:
    """Return a new app password; it is shown once and kept only as its hash."""
    return "-".join(
        "".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH))
        for _ in range(GROUPS)
    )


def digest(password: str) -> str:
    """Return what is kept of one: SHA-256 in lower-case hexadecimal digits."""
    return hashlib.sha256(password.encode("utf-8", "surrogatepass")).hexdigest()


def check(value: object) -> str:
    """Return `value` if it may be an app password of somebody's own choice.

    Raises:
        RuleError: it may not.
    """
    if (
        not isinstance(value, str)
        or not PASSWORD_MIN <= len(value) <= PASSWORD_MAX
        or not all("!" <= character <= "~" for character in value)
    ):
        raise rule.RuleError(PASSWORD_RULE)
    return value
