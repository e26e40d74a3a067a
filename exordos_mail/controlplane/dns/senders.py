# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""SPF of a domain, evaluated for the addresses that its mail comes from.

Those are the instance's own, all of which have to pass. With a smarthost they are its
operator's, who alone knows them; the addresses that it takes mail at are the best that
the DNS tells, and one that passes is enough.
"""

import asyncio
import dataclasses
import typing as tp

from exordos_mail.controlplane import dns_options
from exordos_mail.controlplane.dns import authority, reading, resolving
from exordos_mail.standards import smarthost
from exordos_mail.standards.dns import spf, wanted
from exordos_mail.standards.dns.record import is_below

#: SPF records of a domain that are evaluated, and addresses of a smarthost.
_TEXTS, _ADDRESSES = 2, 8
_SPOKEN = ("answered", "nodata", "nxdomain")

_Known = dict[spf.Question, tp.Sequence[tp.Any]]


class Senders:
    """Who sends a domain's mail.

    Args:
        facts: of the domain.
        resolver: for names of other zones.
        servers: of the domain's own zone.

    Attributes:
        lost: the smarthost has no address, as far as it has been looked up.
    """

    def __init__(
        self,
        facts: wanted.Facts,
        resolver: resolving.Resolver,
        servers: authority.Authority,
    ) -> None:
        self.lost = False
        self._facts = facts
        self._resolver = resolver
        self._servers = servers
        self._known: _Known = {}

    async def evaluations(self, texts: tp.Sequence[str]) -> dict[str, spf.Evaluation]:
        """Evaluate SPF records, by their text."""
        judge = self._of_smarthost if self._facts.smarthost else self._of_host
        return {one: await judge(one) for one in texts[:_TEXTS]}

    async def _of_host(self, text: str) -> spf.Evaluation:
        facts = self._facts
        sources = facts.sources or (*facts.ipv4s, *facts.ipv6s)
        return await self._evaluation(text, sources)

    async def _of_smarthost(self, text: str) -> spf.Evaluation:
        """Evaluate a record for the smarthost's addresses; the best result counts.

        Where all of them are private, mail leaves its network by a gateway that nobody
        knows here: then any record will do that has no error.
        """
        host, domain = self._facts.smarthost, self._facts.domain
        found = await self._evaluation(text, ())
        addresses = await self._addresses(host)
        if found.result in ("permerror", "temperror") or addresses == []:
            return found
        if addresses is None:
            return dataclasses.replace(found, result="temperror", problem=host)
        public = [one for one in addresses if dns_options.is_public(one)]
        results = [await self._evaluation(text, (one,)) for one in public[:_ADDRESSES]]
        is_good = any(one.result == "pass" for one in results) or not public
        if is_good or spf.names_operator(text, host, domain):
            return dataclasses.replace(found, result="pass")
        return results[0]

    async def _addresses(self, host: str) -> list[str] | None:
        """Return a smarthost's addresses; None: the DNS did not answer."""
        if smarthost.version(host):
            return [host]
        said = await asyncio.gather(*(self._said(host, kind) for kind in ("A", "AAAA")))
        addresses = [address for one in said for address in one.values]
        if not addresses and any(one.kind not in _SPOKEN for one in said):
            return None
        self.lost = not addresses
        return addresses

    async def _evaluation(
        self, text: str, addresses: tp.Sequence[str]
    ) -> spf.Evaluation:
        for _ in range(spf.QUESTIONS_MAX):
            outcome = spf.evaluate(text, self._facts.domain, addresses, self._known)
            if isinstance(outcome, spf.Evaluation):
                return outcome
            said = await self._said(*outcome)
            if said.kind not in _SPOKEN:
                why = f"{outcome[0]} {outcome[1]}"
                return spf.Evaluation("temperror", 0, 0, why)
            self._known[outcome] = _known(said, outcome[1])
        return spf.Evaluation("permerror", 0, 0, "too many names")

    async def _said(self, name: str, kind: str) -> reading.Said:
        # The resolver may remember for an hour that a name was not there.
        if is_below(name, self._servers.zone.apex):
            found = await self._servers.any_of_them(name, kind)
            if found.kind in _SPOKEN:
                return found
        return await self._resolver.look_up(name, kind)


def _known(said: reading.Said, kind: str) -> tp.Sequence[tp.Any]:
    """Return an answer in the form that `spf.evaluate` takes."""
    if kind == "TXT":
        return said.raw
    if kind == "MX":
        pairs = [one.split() for one in said.values]
        return [(int(one[0]), one[1].rstrip(".")) for one in pairs if len(one) == 2]
    return [one.rstrip(".") for one in said.values]
