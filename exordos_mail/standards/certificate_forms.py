# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The form of a certificate chain and of a private key in PEM (RFC 7468)."""

import re

from exordos_mail.standards import rule

#: Longest texts in characters, and most certificates of a chain.
CHAIN_MAX, KEY_MAX, COUNT_MAX = 32 * 1024, 8 * 1024, 8

CHAIN_RULE = (
    "a chain is the PEM text of 1 to 8 certificates, the server's own first and its"
    f" issuers in order, of at most {CHAIN_MAX} characters, and nothing else"
)
KEY_RULE = "a private key is the PEM text of one key without a passphrase"

_BASE64 = r"[A-Za-z0-9+/=\r\n]+"
_CHAIN = re.compile(
    rf"(?:-----BEGIN CERTIFICATE-----\r?\n{_BASE64}-----END CERTIFICATE-----\s*)+\Z"
)
_KEY = re.compile(
    rf"-----BEGIN (?P<kind>(?:EC |RSA )?PRIVATE KEY)-----\r?\n{_BASE64}"
    r"-----END (?P=kind)-----\s*\Z"
)


def check_chain(value: object) -> str:
    """Return `value` if it has the form of a chain; its content is not read.

    Raises:
        RuleError: it has not.
    """
    if (
        not isinstance(value, str)
        or len(value) > CHAIN_MAX
        or not _CHAIN.match(value)
        or value.count("-----BEGIN") > COUNT_MAX
    ):
        raise rule.RuleError(CHAIN_RULE)
    return value


def check_key(value: object) -> str:
    """Return `value` if it has the form of a private key; its content is not read.

    Raises:
        RuleError: it has not.
    """
    if not isinstance(value, str) or len(value) > KEY_MAX or not _KEY.match(value):
        raise rule.RuleError(KEY_RULE)
    return value
