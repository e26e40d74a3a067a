# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Addresses of recipients (RFC 5321 section 4.1.2)."""

import functools
import re
import unicodedata

from exordos_mail.standards import address as standard
from exordos_mail.standards import address_faults, idn, rule

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
#: Dot-string: what a local part is that needs no quotes; also beyond ASCII
#: (RFC 6531 section 3.3).
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*\Z")

_LOCAL_RULE = (
    "the local part is 1 to 64 octets of letters, digits and the signs"
    " !#$%&'*+/=?^_`{|}~-, with single dots between them"
)
RULE = f"an address is local@domain, or Name <local@domain>: {_LOCAL_RULE}"
NORMAL_RULE = f"local@domain in lower case: {_LOCAL_RULE}"


class AddressError(rule.RuleError):
    """Not an address; the text says what is wrong and never holds the value."""


def check(text: str) -> str:
    """Return an address with its domain in canonical form.

    A local part beyond ASCII comes out in Normalization Form C (RFC 6532 section 3.1);
    a message to or from it needs SMTPUTF8.

    Raises:
        AddressError: it is none.
    """
    if len(text) > standard.ADDRESS_MAX:
        raise AddressError(f"an address is at most {standard.ADDRESS_MAX} octets")
    local, at, domain = text.rpartition("@")
    if not at:
        raise AddressError(address_faults.whole(text) or RULE)
    address = f"{_local(local)}@{_domain(domain)}"
    if len(address.encode()) > standard.ADDRESS_MAX:
        raise AddressError(f"an address is at most {standard.ADDRESS_MAX} octets")
    return address


def normal(address: str) -> str:
    """Return the form in which two addresses of one mailbox are the same text.

    A local part may differ by case alone (RFC 5321 section 2.4), but no
    mail system in use has two such mailboxes.
    """
    lower = address.lower()
    return lower if lower.isascii() else unicodedata.normalize("NFC", lower)


def check_normal(value: object) -> str:
    """Return `value` if it is an address in its normal form.

    Raises:
        AddressError: it is not; if the value has a normal form, the text ends in
            `; write <that form>`.
    """
    if not isinstance(value, str):
        raise AddressError(NORMAL_RULE)
    try:
        wanted = normal(check(value))
    except AddressError:
        raise AddressError(NORMAL_RULE) from None
    if wanted != value:
        raise AddressError(f"{NORMAL_RULE}; write {wanted}")
    return value


def _local(value: str) -> str:
    if value.isascii():
        if len(value) > standard.USERNAME_MAX or not _LOCAL.match(value):
            raise AddressError(address_faults.local(value))
        return value
    local = unicodedata.normalize("NFC", value)
    # What looks like a sign that is not allowed may be read as that sign, as the wide
    # form of `@`.
    folded = unicodedata.normalize("NFKC", local)
    if (
        any(unicodedata.category(letter)[0] in "CZ" for letter in local)
        or len(local.encode()) > standard.USERNAME_MAX
        or not (_LOCAL.match(local) and _LOCAL.match(folded))
    ):
        raise AddressError(address_faults.local(value))
    return local


@functools.lru_cache(maxsize=4096)
def _domain(value: str) -> str:
    try:
        return standard.check_domain(idn.to_ascii(value))
    except (idn.IdnError, standard.AddressPartError):
        raise AddressError(address_faults.domain(value)) from None
