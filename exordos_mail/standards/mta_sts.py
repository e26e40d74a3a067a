# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""MTA-STS: the policy file of a domain and the record that tells of it (RFC 8461).

A sender keeps a policy for `max_age` seconds and asks for it anew when the record's id
is another one. So a host that has left the policy may be refused for so long, and a
policy is not taken away but replaced by one of mode `none` (section 8.3).
"""

import dataclasses
import hashlib
import re

from exordos_mail.standards import address, rule

NONE, TESTING, ENFORCE = "none", "testing", "enforce"
MODES = (NONE, TESTING, ENFORCE)
#: Longest life of a policy in seconds (section 3.2: one year).
MAX_AGE_MAX = 31_557_600
#: Longest policy file in octets that senders read (section 3.3).
TEXT_MAX = 64 * 1024
#: The label below the domain where the policy's host and record are.
HOST_LABEL, RECORD_LABEL = "mta-sts", "_mta-sts"

_VERSION = "STSv1"
_LINE = re.compile(r"([a-z_]+):[ \t]*(\S+)[ \t]*\Z")


class PolicyError(rule.RuleError):
    """This is no policy; the text says which rule of RFC 8461 it breaks."""


@dataclasses.dataclass(frozen=True)
class Policy:
    """Where a domain's mail goes, and whether TLS must hold for it.

    Attributes:
        mode: one of MODES.
        mx: host names; with mode `none` there need be none.
        max_age: seconds, 0 to MAX_AGE_MAX.

    Raises:
        PolicyError: the policy breaks a rule.
    """

    mode: str
    mx: tuple[str, ...]
    max_age: int

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise PolicyError(f"the mode is one of {', '.join(MODES)}")
        if not 0 <= self.max_age <= MAX_AGE_MAX:
            raise PolicyError(f"max_age is 0 to {MAX_AGE_MAX} seconds")
        if not self.mx and self.mode != NONE:
            raise PolicyError("a policy names at least one mx, unless its mode is none")
        for name in self.mx:
            _check_host(name)

    @property
    def text(self) -> str:
        """The policy file, its lines ending in CRLF (section 3.2)."""
        lines = [
            f"version: {_VERSION}",
            f"mode: {self.mode}",
            *(f"mx: {name}" for name in self.mx),
            f"max_age: {self.max_age}",
        ]
        return "".join(line + "\r\n" for line in lines)

    @property
    def id(self) -> str:
        """The id of the record: another text has another one (section 3.1).

        A digest, so nothing has to be remembered: who has kept a policy of this id has
        this very text.
        """
        return hashlib.sha256(self.text.encode("ascii")).hexdigest()[:32]

    @property
    def record(self) -> str:
        """The data of the TXT record at `_mta-sts.<domain>` (section 3.1)."""
        return f"v={_VERSION}; id={self.id};"


def parse(text: str) -> Policy:
    """Return the policy of a file; unknown fields are left out (section 3.2).

    Raises:
        PolicyError: it is none, or longer than senders read.
    """
    if len(text) > TEXT_MAX or not text.isascii():
        raise PolicyError(f"a policy is ASCII text of at most {TEXT_MAX} octets")
    found: dict[str, list[str]] = {}
    for line in text.replace("\r\n", "\n").rstrip("\n").split("\n"):
        matched = _LINE.match(line)
        if matched is None:
            raise PolicyError("a line of a policy is 'name: value'")
        found.setdefault(matched[1], []).append(matched[2])
    if next(iter(found)) != "version" or found["version"] != [_VERSION]:
        raise PolicyError(f"a policy begins with 'version: {_VERSION}'")
    age = _only(found, "max_age")
    if not re.fullmatch("[0-9]{1,10}", age):
        raise PolicyError("max_age is 1 to 10 digits")
    return Policy(_only(found, "mode"), tuple(found.get("mx", ())), int(age))


def _only(found: dict[str, list[str]], name: str) -> str:
    values = found.get(name, [])
    if len(values) != 1:
        raise PolicyError(f"a policy has one line '{name}:'")
    return values[0]


def _check_host(name: str) -> None:
    """Check a name of a host, which may begin with the label `*` (section 4.1)."""
    try:
        address.check_domain(name.removeprefix("*."))
    except address.AddressPartError:
        raise PolicyError(
            "an mx is a host name in lower case, at most its first label being *"
        ) from None
