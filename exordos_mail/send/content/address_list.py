# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The addresses of a field that a caller has composed (RFC 5322 section 3.4).

Read once over, without recursion. What two readers could take for two things is not
taken at all: an address has no blank and no comment inside, and no sign of an address
stands outside of quotes in a name.
"""

import dataclasses
import re
import typing as tp

from exordos_mail.send.content import address

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t]+)
    | (?P<comment>\()
    | (?P<quoted>"(?:[^"\\]|\\.)*")
    | <(?P<angle>[^<>()",;:\\\[\] \t]+)>
    | (?P<sign>[,:;])
    | (?P<word>[^()<>\[\]:;\\,"\ \t]+)
    """,
    re.VERBOSE,
)
#: What matters inside of a comment.
_IN_COMMENT = re.compile(r"[^()\\]+|\\.|[()]")


@dataclasses.dataclass
class AddressList:
    """What a field names."""

    addresses: list[str] = dataclasses.field(default_factory=list)
    #: It has a group, perhaps one without members, as `undisclosed-recipients:;`.
    grouped: bool = False
    #: Places between commas where nothing is (RFC 5322 section 4.4).
    gaps: int = 0

    @property
    def one(self) -> str | None:
        """Return the address of a field that has one and nothing else."""
        if len(self.addresses) != 1 or self.grouped or self.gaps:
            return None
        return self.addresses[0]


def parse(value: str) -> AddressList:
    """Return the addresses of an unfolded field.

    Raises:
        AddressError: it is no list of addresses.
    """
    return _Reader().read(value)


class _Reader:
    """The entry that is being read."""

    def __init__(self) -> None:
        self.found = AddressList()
        self.words: list[str] = []
        self.angle: str | None = None
        self.in_group = False
        #: A group has just ended: a comma comes, or the end.
        self.after_group = False

    def read(self, value: str) -> AddressList:
        for kind, text in _tokens(value):
            if kind == "sign":
                self._sign(text)
            elif self.angle is not None or self.after_group:
                raise address.AddressError("an address ends, and no comma follows")
            elif kind == "angle":
                self.angle = text
            else:
                self.words.append(text)
        if self.in_group:
            raise address.AddressError("a group has no end")
        if not self.after_group:
            self._end()
        return self.found

    def _sign(self, sign: str) -> None:
        if sign == ":":
            if self.in_group or self.angle is not None or not self._is_phrase():
                raise address.AddressError("a colon that begins no group")
            self.in_group = self.found.grouped = True
            self.words = []
        elif sign == ";":
            if not self.in_group:
                raise address.AddressError("a semicolon that ends no group")
            self._end(in_group=True)
            self.in_group, self.after_group = False, True
        else:
            if not self.after_group:
                self._end()
            self.after_group = False

    def _end(self, in_group: bool = False) -> None:
        if self.angle is not None:
            if self.words and not self._is_phrase():
                raise address.AddressError("a name with @ in it stands in quotes")
            self.found.addresses.append(address.check(self.angle))
        elif len(self.words) == 1:
            self.found.addresses.append(address.check(self.words[0]))
        elif self.words:
            raise address.AddressError(address.RULE)
        elif not in_group:
            self.found.gaps += 1
        self.words, self.angle = [], None

    def _is_phrase(self) -> bool:
        return bool(self.words) and all(
            word.startswith('"') or "@" not in word for word in self.words
        )


def _tokens(value: str) -> tp.Iterator[tuple[str, str]]:
    at = 0
    while at < len(value):
        found = _TOKEN.match(value, at)
        if found is None:
            raise address.AddressError(address.RULE)
        at = found.end()
        kind = tp.cast(str, found.lastgroup)
        if kind == "comment":
            at = _after_comment(value, at)
        elif kind != "blank":
            yield kind, found[kind]


def _after_comment(value: str, at: int) -> int:
    """Return where a comment ends that has just begun; they nest."""
    depth = 1
    while depth:
        found = _IN_COMMENT.match(value, at)
        if found is None:
            raise address.AddressError("a comment has no end")
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        at = found.end()
    return at
