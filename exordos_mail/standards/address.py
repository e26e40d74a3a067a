# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Rules of mail domains and of account names, the two halves of an address.

Only the canonical form of a domain is accepted, so that what a tenant writes
is what is stored, compared, signed and published. The patterns are anchored
with `\\Z`: a `$` would let a trailing newline into configuration files.
"""

import codecs
import ipaddress
import re

from exordos_mail.standards import idn, rule

#: Longest local part in octets (RFC 5321 section 4.5.3.1.1).
USERNAME_MAX = 64
#: Longest domain name in octets without the root's dot (RFC 1035 section 2.3.4).
DOMAIN_MAX = 253
#: Longest address in octets (RFC 5321 section 4.5.3.1.3, without the brackets).
ADDRESS_MAX = 254
#: Longest label of a domain name in octets (RFC 1035 section 2.3.4).
LABEL_MAX = 63

USERNAME_PATTERN = r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*\Z"
DOMAIN_LABEL_PATTERN = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN_PATTERN = rf"{DOMAIN_LABEL_PATTERN}(?:\.{DOMAIN_LABEL_PATTERN})+\Z"

USERNAME_RULE = (
    "a username is 1 to 64 of the characters a-z 0-9 . _ + - in lower case,"
    " with no dot at either end and no two dots in a row"
)
DOMAIN_RULE = (
    "a domain is two or more labels of a-z 0-9 - joined by dots, in lower case,"
    " at most 63 characters a label and 253 in all, with no hyphen at either end of"
    " a label, no dot at the end, and it is not an IP address;"
    " a name in another script is written in its xn-- form"
)

_USERNAME = re.compile(USERNAME_PATTERN)
_DOMAIN = re.compile(DOMAIN_PATTERN)
# Python loads codecs when they are first used, which a server that has given
# up its privileges meanwhile may not be able to; its sockets use this one.
_CODECS = (codecs.lookup("idna"),)


class AddressPartError(rule.RuleError):
    """A username or domain breaks its rule; the text says which rule."""


def check_username(value: object) -> str:
    """Return `value` if it may be an account's name.

    The rule is narrower than the Dot-string of RFC 5321 section 4.1.2: the
    name is also a login, a key of a `:`-separated file and part of a path.

    Raises:
        AddressPartError: the rule is broken; the text never holds the value.
    """
    if (
        not isinstance(value, str)
        or len(value) > USERNAME_MAX
        or not _USERNAME.match(value)
    ):
        raise AddressPartError(USERNAME_RULE)
    return value


def check_domain(value: object) -> str:
    """Return `value` if it is a mail domain in canonical form.

    Labels are letters, digits and hyphens (RFC 5321 section 4.1.2, RFC 5890
    section 2.3.1 for the `xn--` form).

    Raises:
        AddressPartError: not canonical; when the value has a canonical form, the
            text ends in `; write <that form>`.
    """
    if not isinstance(value, str):
        raise AddressPartError(DOMAIN_RULE)
    if _is_domain(value):
        return value
    canonical = _canonical_domain(value)
    if canonical is None:
        raise AddressPartError(DOMAIN_RULE)
    raise AddressPartError(f"{DOMAIN_RULE}; write {canonical}")


def check_address(username: str, domain: str) -> str:
    """Return the address of two checked halves.

    Raises:
        AddressPartError: SMTP cannot carry an address of that length.
    """
    address = f"{username}@{domain}"
    if len(address) > ADDRESS_MAX:
        raise AddressPartError(
            f"with its domain it makes an address of at most {ADDRESS_MAX} characters;"
            f" this one would have {len(address)}"
        )
    return address


def _is_domain(value: str) -> bool:
    return (
        len(value) <= DOMAIN_MAX
        and _DOMAIN.match(value) is not None
        and not _is_ip_address(value)
    )


def _is_ip_address(value: str) -> bool:
    # All-numeric names such as 1.2.3 are refused with the addresses: no top
    # level domain is numeric (RFC 3696 section 2), and inet_aton() reads them.
    if value.rpartition(".")[2].isdigit():
        return True
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _canonical_domain(value: str) -> str | None:
    """Return the canonical form that `value` obviously means, if there is one.

    Case and one trailing dot are the same name in DNS (RFC 4343); a name in
    another script has its A-labels. Nothing else is guessed: white space and
    control characters are no spelling of a domain.
    """
    try:
        candidate = idn.to_ascii(value).removesuffix(".")
    except idn.IdnError:
        return None
    return candidate if _is_domain(candidate) else None
