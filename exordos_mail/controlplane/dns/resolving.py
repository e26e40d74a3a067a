# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the validating resolver knows: who serves a zone, and whether it validates."""

import asyncio
import dataclasses
import itertools
import typing as tp

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from exordos_mail.controlplane import dns_options
from exordos_mail.controlplane.dns import exchange, reading

#: Servers of a zone that are asked; a root server's number, as a bound for strangers.
SERVERS_MAX = 8
#: Addresses of one server.
ADDRESSES_MAX = 2


@dataclasses.dataclass(frozen=True)
class Server:
    """An authoritative server; `address` is "" if it has none that may be asked."""

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} ({self.address or 'no public address'})"


@dataclasses.dataclass(frozen=True)
class Zone:
    """A zone and its servers; none: nobody could tell."""

    apex: str
    servers: tuple[Server, ...]


class Resolver:
    """The resolver, as one check of a domain uses it.

    Args:
        addresses: of the resolvers, tried in turn.
        budget: of the check.
        ask: what asks.
    """

    def __init__(
        self,
        addresses: tp.Sequence[str],
        budget: exchange.Budget,
        ask: exchange.Ask = exchange.ask,
    ) -> None:
        self._addresses = addresses
        self._budget = budget
        self._ask = ask

    async def message(
        self, name: str, kind: str, checked: bool = False
    ) -> dns.message.Message:
        """Return the resolver's answer.

        Args:
            name, kind: the question.
            checked: whether what does not validate is an error; else it is shown.

        Raises:
            Failure: none of them answers.
        """
        flags = dns.flags.RD | (dns.flags.AD if checked else dns.flags.CD)
        for address in self._addresses:
            query = exchange.question(name, kind, flags)
            try:
                return await self._ask(query, address, self._budget)
            except exchange.Failure:
                continue
        raise exchange.Failure("silent")

    async def look_up(self, name: str, kind: str) -> reading.Said:
        """Return what the DNS says of a name, whoever serves it."""
        try:
            return reading.said(await self.message(name, kind), name, kind)
        except exchange.Failure as failure:
            return reading.Said(failure.kind)

    async def zone(self, name: str) -> Zone:
        """Return the zone that holds a name."""
        apex = await self._apex(name)
        found = (await self.look_up(apex, "NS")).values if apex else ()
        hosts = [one.rstrip(".") for one in sorted(set(found))[:SERVERS_MAX]]
        servers = await asyncio.gather(*map(self._servers, hosts))
        return Zone(apex, tuple(itertools.chain(*servers)))

    async def security(self, apex: str) -> str:
        """Return whether a zone is secure, insecure or bogus (RFC 4033 section 5).

        "": the resolver did not tell.
        """
        try:
            checked = await self.message(apex, "SOA", checked=True)
            if checked.rcode() == dns.rcode.SERVFAIL:
                plain = await self.message(apex, "SOA")
                is_there = plain.rcode() == dns.rcode.NOERROR
                return "bogus" if is_there else "insecure"
        except exchange.Failure:
            return ""
        return "secure" if checked.flags & dns.flags.AD else "insecure"

    async def _apex(self, name: str) -> str:
        """Return the apex of the zone of a name; "": nobody could tell."""
        try:
            owner = exchange.name_of(name)
        except exchange.Failure:
            return ""
        while True:
            try:
                message = await self.message(reading.host(owner) or ".", "SOA")
            except exchange.Failure:
                return ""
            for rrset in (*message.answer, *message.authority):
                if rrset.rdtype == dns.rdatatype.SOA and owner.is_subdomain(rrset.name):
                    return reading.host(rrset.name)
            if message.rcode() == dns.rcode.SERVFAIL or len(owner) <= 2:
                return ""
            # an answer by an alias, or one without its SOA
            owner = owner.parent()

    async def _servers(self, name: str) -> list[Server]:
        addresses = (await self.look_up(name, "A")).values[:ADDRESSES_MAX]
        if not addresses:
            addresses = (await self.look_up(name, "AAAA")).values[:ADDRESSES_MAX]
        allowed = [one for one in addresses if dns_options.may_ask(one)]
        return [Server(name, one) for one in allowed] or [Server(name, "")]
