# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Rules of the relays of the send service's tenants."""

import ipaddress
import re

from exordos_mail.standards import rule

#: Relay of the messages that name none.
DEFAULT = "default"

IMPLICIT, STARTTLS, PLAIN = "implicit", "starttls", "none"
#: TLS from the first octet, after STARTTLS, or none; with the usual port of each.
PORTS = {IMPLICIT: 465, STARTTLS: 587, PLAIN: 25}

HOST_PATTERN = r"[A-Za-z0-9.:_-]{1,253}\Z"
HOST_MAX = 253
HOST_RULE = (
    "a host name or an IP address, without a port and without brackets;"
    " a name in another script is written in its xn-- form"
)

CREDENTIAL_PATTERN = r"[^\x00-\x1f\x7f]+\Z"
CREDENTIAL_MAX = 256
CREDENTIAL_RULE = (
    f"a text of 1 to {CREDENTIAL_MAX} characters without control characters"
)

PAIR_RULE = "a username and a password go together"
TLS_RULE = "a password is sent over TLS only"
PORT_RULE = "port 465 speaks TLS from the first octet (RFC 8314): tls is implicit there"

_HOST = re.compile(HOST_PATTERN)
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?\Z")
_NUMBER = re.compile(r"[0-9]+\Z|0[xX][0-9A-Fa-f]*\Z")
_CREDENTIAL = re.compile(CREDENTIAL_PATTERN)


def check_host(value: object) -> str:
    """Return `value` if it may be the host of a relay.

    Raises:
        RuleError: it may not.
    """
    if (
        not isinstance(value, str)
        or not _HOST.match(value)
        or not (_is_address(value) or _is_name(value))
    ):
        raise rule.RuleError(HOST_RULE)
    return value


def tls_of(port: object) -> str:
    """Return the TLS of a relay that names its port only."""
    return IMPLICIT if port == PORTS[IMPLICIT] else STARTTLS


def fits(port: int, tls: str) -> bool:
    """Tell whether a port can be spoken to so: 465 would wait for TLS for ever."""
    return port != PORTS[IMPLICIT] or tls == IMPLICIT


def check_credential(value: object) -> str:
    """Return `value` if it may be a user name or a password.

    Raises:
        RuleError: it may not.
    """
    if (
        not isinstance(value, str)
        or len(value) > CREDENTIAL_MAX
        or not _CREDENTIAL.match(value)
    ):
        raise rule.RuleError(CREDENTIAL_RULE)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise rule.RuleError(CREDENTIAL_RULE) from None
    return value


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_name(value: str) -> bool:
    # The C library reads `127.1` and `0x7f.1` as addresses; no top level domain is
    # a number (RFC 3696 section 2).
    last = value.removesuffix(".").rpartition(".")[2]
    return _NAME.match(value) is not None and not _NUMBER.match(last)
