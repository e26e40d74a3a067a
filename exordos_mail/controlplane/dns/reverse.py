# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One check of the reverse DNS of the addresses that a domain's mail leaves from.

It has a time and octets of its own: servers of another's zone take nothing away from
the domain's. A part of a block that is delegated by CNAME (RFC 2317) is followed to the
servers of whoever has it.
"""

import asyncio
import typing as tp

from exordos_mail.controlplane.dns import authority, exchange, resolving
from exordos_mail.standards.dns import reverse, verdict, wanted
from exordos_mail.standards.dns.record import Record

#: Octets that are read about all addresses of a domain.
_OCTETS = 64 * 1024
#: Seconds for the proof of a reverse zone.
_PROOF_SECONDS = 2.5

_NO_SERVER = (verdict.Answer("the resolver", "servfail"),)


async def judged(
    facts: wanted.Facts,
    resolvers: tp.Sequence[str],
    ask: exchange.Ask = exchange.ask,
    seconds: float = 5.0,
) -> tuple[tuple[Record, verdict.Verdict], ...]:
    """Return each PTR record with its verdict, after `seconds` at the most."""
    if not facts.reverse:
        return ()
    look = _Look(facts.hostname, resolvers, exchange.Budget(_OCTETS, seconds), ask)
    return tuple(await asyncio.gather(*map(look.judged, facts.reverse)))


class _Look:
    """The check of one domain; see `judged`."""

    def __init__(
        self,
        host: str,
        resolvers: tp.Sequence[str],
        budget: exchange.Budget,
        ask: exchange.Ask,
    ) -> None:
        self._host = host
        self._budget = budget
        self._ask = ask
        self._resolver = resolving.Resolver(resolvers, budget, ask)
        short = budget.part(_PROOF_SECONDS)
        self._prober = resolving.Resolver(resolvers, short, ask)

    async def judged(self, address: str) -> tuple[Record, verdict.Verdict]:
        """Judge the PTR record of one address, and then whether its name leads back."""
        wish = reverse.record(address, self._host)
        zone = await self._resolver.zone(wish.name)
        if not zone.servers:
            return wish, reverse.not_found(address, wish)
        servers = self._authority(zone)
        security, _ = await asyncio.gather(
            self._prober.security(zone.apex), servers.meet()
        )
        context = verdict.Context(security=security or "insecure", zone=zone.apex)
        answers = await servers.answers(wish.name, wish.type)
        found = reverse.judge(address, wish, answers, context)
        if found.state == "ok":
            leads = await self._leads(reverse.kind_of(address))
            found = reverse.way_back(address, wish, found, leads)
        return wish, found

    async def _leads(self, kind: str) -> tuple[verdict.Answer, ...]:
        """Return what the servers of the host's own zone say of its addresses."""
        zone = await self._resolver.zone(self._host)
        if not zone.servers:
            return _NO_SERVER
        return await self._authority(zone).answers(self._host, kind)

    def _authority(self, zone: resolving.Zone) -> authority.Authority:
        return authority.Authority(zone, self._resolver, self._budget, self._ask)
