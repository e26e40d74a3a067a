# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Zones of the signed internet: their first content, and where servers find them."""

import dataclasses
import ipaddress
import typing as tp

from tests.lab import addresses

TTL = 60


@dataclasses.dataclass(frozen=True)
class Zone:
    """A zone that both authorities serve.

    name: absolute, e.g. "example.com."
    signed: whether it is signed, and its parent has the digest of its key.
    operator: whether the key `operator.` may change it.
    """

    name: str
    signed: bool = True
    operator: bool = False

    def holds(self, name: str) -> bool:
        """Say whether an absolute name is at or below it."""
        return self.name == "." or name == self.name or name.endswith("." + self.name)

    @property
    def file(self) -> str:
        """The name of its file."""
        return (self.name.rstrip(".") or "root") + ".zone"


FIRST = (
    Zone("."),
    *(Zone(f"{name}.") for name in ("com", "net", "org", "test")),
    *(Zone(f"example.{top}.") for top in ("com", "net", "org")),
    Zone("operator.test.", operator=True),
    Zone("tenant.test.", operator=True),
    Zone("unsigned.test.", signed=False, operator=True),
)


def absolute(name: str) -> str:
    """Return an absolute name in lower case; an address becomes its reverse name.

    >>> absolute("192.0.2.9")
    '9.2.0.192.in-addr.arpa.'
    """
    try:
        return ipaddress.ip_address(name).reverse_pointer + "."
    except ValueError:
        return name.lower().rstrip(".") + "."


def of(name: str, all_of_them: tp.Iterable[Zone]) -> Zone:
    """Return the zone that holds an absolute name: the longest one."""
    return max((z for z in all_of_them if z.holds(name)), key=lambda z: len(z.name))


def parent(zone: Zone, all_of_them: tp.Iterable[Zone]) -> Zone:
    """Return the zone that delegates another one."""
    return of(zone.name, (one for one in all_of_them if one != zone))


def text(zone: Zone, all_of_them: tp.Sequence[Zone]) -> str:
    """Return the zone's file, with a delegation of each zone directly below it."""
    lines = [
        f"$ORIGIN {zone.name}",
        f"$TTL {TTL}",
        "@ SOA ns1.lab. hostmaster.lab. 1 60 1 86400 1",
        *(f"@ NS {server}" for server in addresses.NAMES),
    ]
    for other in all_of_them:
        if other.name != "." and parent(other, all_of_them) == zone:
            lines += [f"{other.name} NS {server}" for server in addresses.NAMES]
    if zone.name == ".":
        lines += glue()
    return "\n".join(lines) + "\n"


def glue() -> list[str]:
    """Return the addresses of both authorities."""
    return [
        f"{name} {kind} {address}"
        for name, pair in addresses.NAMES.items()
        for kind, address in zip(("A", "AAAA"), pair, strict=True)
    ]


def for_knot(all_of_them: tp.Iterable[Zone]) -> str:
    """Return the zones in the form of knot.conf."""
    lines = []
    for zone in all_of_them:
        lines += [f"  - domain: {zone.name}", f"    file: {zone.file}"]
        if zone.signed:
            lines += ["    dnssec-signing: on", "    dnssec-policy: signed"]
        if zone.operator:
            lines += ["    acl: [transfer, lab, operator]"]
    return "\n".join(lines)


def for_nsd(all_of_them: tp.Iterable[Zone]) -> str:
    """Return the zones in the form of nsd.conf."""
    block = f"""
zone:
    name: "{{name}}"
    zonefile: "{{file}}"
    request-xfr: {addresses.PRIMARY} NOKEY
    allow-notify: 0.0.0.0/0 NOKEY
    allow-notify: ::/0 NOKEY
"""
    return "".join(block.format(name=z.name, file=z.file) for z in all_of_them)
