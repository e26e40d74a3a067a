# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Addresses of senders and recipients (RFC 5321 section 4.1.2)."""

import re
import typing as tp

from exordos_mail.send.content import words
from exordos_mail.standards import address_faults
from exordos_mail.standards.address import ADDRESS_MAX
from exordos_mail.standards.recipient import RULE, AddressError, check, normal

__all__ = [
    "NAME_MAX",
    "RULE",
    "AddressError",
    "Mailbox",
    "check",
    "check_name",
    "normal",
    "parse",
]

#: Longest display name, in characters.
NAME_MAX = 256
#: Longest text that may be an address with its name, whose quotes and blanks count.
_TEXT_MAX = 2 * NAME_MAX + ADDRESS_MAX + 16
_ESCAPE = re.compile(r"\\(.)")


class Mailbox(tp.NamedTuple):
    """An address and the name shown beside it, which may be empty."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """Return the address's domain."""
        return self.address.rpartition("@")[2]


def parse(text: str) -> Mailbox:
    """Return the mailbox that `local@domain` or `Name <local@domain>` writes.

    The domain comes out in lower case, as A-labels.

    Raises:
        AddressError: it is none.
    """
    if len(text) > _TEXT_MAX:
        raise AddressError(
            f"an address is at most {ADDRESS_MAX} octets, a name {NAME_MAX} characters"
        )
    if not text.endswith(">"):
        problem = address_faults.whole(text)
        if problem is not None:
            raise AddressError(problem)
        return Mailbox("", check(text))
    name, opened, address = text[:-1].rpartition("<")
    if not opened:
        raise AddressError(address_faults.NO_OPENING)
    return Mailbox(check_name(_unquoted(name.strip(" "))), check(address))


def check_name(name: str) -> str:
    """Return a display name.

    Raises:
        AddressError: too long, or has control characters.
    """
    if len(name) > NAME_MAX or words.CONTROL.search(name):
        raise AddressError(
            f"a name is at most {NAME_MAX} characters, none of them a control character"
        )
    return name


def _unquoted(name: str) -> str:
    if len(name) > 1 and name[0] == name[-1] == '"':
        return _ESCAPE.sub(r"\1", name[1:-1])
    return name
