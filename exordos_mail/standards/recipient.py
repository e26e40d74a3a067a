#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.


"""Addresses of recipients (RFC 5321 section 4.1.2)."""

import functools
import re

from exordos_mail.standards import address as standard
from exordos_mail.standards import rule

#: Longest reason for sending an address nothing, in characters.
REASON_MAX = 500

#: Dot-string: what a local part is that needs no quotes.
_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z"
)

RULE = (
    "an address is local@domain, or Name <local@domain>: the local part is 1 to 64"
    " ASCII letters, digits and the signs !#$%&'*+/=?^_`{|}~-, with single dots"
    " between them"
)
NORMAL_RULE = (
    "local@domain in lower case: the local part is 1 to 64 ASCII letters, digits and"
    " the signs !#$%&'*+/=?^_`{|}~-, with single dots between them"
)


class AddressError(rule.RuleError):
    """Not an address; the text says what is wrong and never holds the value."""


def check(text: str) -> str:
    """Return an address with its domain in canonical form.

    Raises:
        AddressError: it is none.
    """
    local, at, domain = text.rpartition("@")
    if not at or len(local) > standard.USERNAME_MAX or not _LOCAL.match(local):
        raise AddressError(RULE)
    address = f"{local}@{_domain(domain)}"
    if len(address) > standard.ADDRESS_MAX:
        raise AddressError(f"an address is at most {standard.ADDRESS_MAX} characters")
    return address


def normal(address: str) -> str:
    """Return the form in which two addresses of one mailbox are the same text.

    A local part may differ by case alone (RFC 5321 section 2.4), but no
    mail system in use has two such mailboxes.
    """
    return address.lower()


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


@functools.lru_cache(maxsize=4096)
def _domain(value: str) -> str:
    lower = value.lower()
    if not lower.isascii():
        try:
            lower = lower.encode("idna").decode("ascii")
        except UnicodeError:
            raise AddressError(standard.DOMAIN_RULE) from None
    try:
        return standard.check_domain(lower)
    except standard.AddressError:
        raise AddressError(standard.DOMAIN_RULE) from None
