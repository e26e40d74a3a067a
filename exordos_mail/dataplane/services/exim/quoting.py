# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Typed filters of the templates: a value is proved harmless or refused.

exim has no quoting that works everywhere in its configuration: the same text
is a line, a list with a separator and an expandable string. So nothing is
quoted; each filter admits only values that mean the same in all three.
"""

import ipaddress
import re
import typing as tp

from exordos_mail.standards import address

_PATH = re.compile(r"/[A-Za-z0-9_][A-Za-z0-9/._-]*\Z")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}\Z")


class QuotingError(ValueError):
    """A value may not stand in exim's configuration."""


def exim_domain(value: object) -> str:
    """Admit a canonical mail domain."""
    try:
        return address.check_domain(value)
    except address.AddressPartError:
        raise QuotingError("not a domain") from None


def exim_path(value: object) -> str:
    """Admit an absolute path without a character that exim would interpret."""
    if not isinstance(value, str) or not _PATH.match(value) or ".." in value:
        raise QuotingError("not a plain path")
    return value


def exim_word(value: object) -> str:
    """Admit a word of letters, digits, `_` and `-` (a user, a digest)."""
    if not isinstance(value, str) or not _WORD.match(value):
        raise QuotingError("not a plain word")
    return value


def exim_port(value: object) -> str:
    """Admit a TCP port number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise QuotingError("not a port")
    if not 0 < value < 65536:
        raise QuotingError("not a port")
    return str(value)


def exim_address(value: object) -> str:
    """Admit an IP address (in lists that are separated by `;`).

    `::0` is exim's own word for every IPv6 address.
    """
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        raise QuotingError("not an IP address") from None
    return str(value)


def exim_regex(value: object) -> str:
    """Admit a pattern of `grammar.py`, quoted so that exim expands nothing of it."""
    if not isinstance(value, str) or not value.isprintable() or r"\N" in value:
        raise QuotingError("not a pattern on one line")
    return rf"\N{value}\N"


#: For values of an instance.
FILTERS: tp.Mapping[str, tp.Callable[[object], str]] = {
    function.__name__: function
    for function in (
        exim_domain,
        exim_path,
        exim_word,
        exim_port,
        exim_address,
    )
}
