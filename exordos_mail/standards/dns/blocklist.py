# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whether an address that mail leaves from is on a blocklist (DNSBL, RFC 5782).

An address is listed if there is an A record at its reverse name below the list's zone;
texts beside it say why. Each list has 127.0.0.2 and never 127.0.0.1 (section 5), which
tells a list from a zone that is gone, has another owner, or lists everybody. Lists
answer 127.255.255.x to whom they do not want to answer: that is no listing.
"""

import ipaddress
import typing as tp

from exordos_mail.standards.dns import text, wanted
from exordos_mail.standards.dns.record import Record
from exordos_mail.standards.dns.verdict import Answer, Verdict

_LISTED = ipaddress.ip_network("127.0.0.0/8")
_REFUSED = ipaddress.ip_network("127.255.255.0/24")

#: Addresses that every list has and has not, by the version of IP.
_HAS, _HAS_NOT = ("127.0.0.2", "::ffff:7f00:2"), ("127.0.0.1", "::ffff:7f00:1")


class Said(tp.NamedTuple):
    """What a list says.

    Attributes:
        address: A records of the address itself.
        texts: TXT records of it.
        has, has_not: A records of the two addresses of every list.
    """

    address: Answer
    texts: tuple[str, ...]
    has: Answer
    has_not: Answer


def records(facts: wanted.Facts) -> list[Record]:
    """Return the records that must not be there."""
    return [
        record(address, zone) for address in facts.reverse for zone in facts.blocklists
    ]


def record(address: str, zone: str) -> Record:
    """Return the record by which a list has an address."""
    return Record(name(address, zone), "A", "", "blocklist", False)


def name(address: str, zone: str) -> str:
    """Return the name of an address below a list's zone (RFC 5782 section 2)."""
    labels = ipaddress.ip_address(address).reverse_pointer.rsplit(".", 2)[0]
    return f"{labels}.{zone}"


def points(address: str) -> tuple[str, str]:
    """Return an address that every list has, and one that none has."""
    place = 1 if ":" in address else 0
    return _HAS[place], _HAS_NOT[place]


def judge(address: str, zone: str, said: Said) -> Verdict:
    """Return the verdict on an address at one list."""
    codes = _codes(said.address)
    if any(one in _REFUSED for one in (*codes, *_codes(said.has))):
        return Verdict("waiting", "", _shown(said), _refused(zone))
    if not (said.address.usable and said.has.usable and said.has_not.usable):
        return Verdict("unreachable", "", _shown(said), _silent(zone))
    if not _is_alive(said):
        return Verdict("unreachable", "", _shown(said), _dead(zone))
    if not codes:
        return Verdict("ok", "")
    fix = (
        f"Ask the operator of the blocklist {zone} to remove {address}, after what"
        " brought it there has ended; many receivers refuse its mail."
    )
    return Verdict("wrong", "", _shown(said), fix)


def _is_alive(said: Said) -> bool:
    codes = [*_codes(said.address), *_codes(said.has)]
    has = bool(_codes(said.has)) and not _codes(said.has_not)
    return has and all(one in _LISTED for one in codes)


def _codes(answer: Answer) -> list[ipaddress.IPv4Address]:
    return [ipaddress.IPv4Address(one) for one in answer.values]


def _shown(said: Said) -> tuple[str, ...]:
    return text.shown_all((*said.address.values, *said.texts))


def _refused(zone: str) -> str:
    return (
        f"Nothing to do for you: the blocklist {zone} refuses to answer this service's"
        " resolver (127.255.255.x), so that nobody can tell."
    )


def _silent(zone: str) -> str:
    return f"Nothing to do for you: the blocklist {zone} does not answer now."


def _dead(zone: str) -> str:
    return (
        f"Nothing to do for you: {zone} is no blocklist now (RFC 5782 section 5), and"
        " the operator of this service should take it out of [mail] dns_blocklists."
    )
