# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What each authoritative server of a zone says of names, asked straight."""

import asyncio
import typing as tp

from exordos_mail.controlplane.dns import exchange, reading, resolving
from exordos_mail.standards.dns.verdict import Answer

#: Zones that aliases may lead through.
_HOPS = 4

#: Questions that one server is asked at the same time.
_AT_ONCE = 4


#: Who says what; "": the resolver.
_Sayings = tuple[tuple[str, reading.Said], ...]


class Authority:
    """The servers of one zone, as one check of a domain uses them.

    Args:
        zone: the zone.
        resolver: finds the zones that aliases lead to.
        budget: of the check.
        ask: what asks.
        hops: how many more zones aliases may lead through.
    """

    def __init__(
        self,
        zone: resolving.Zone,
        resolver: resolving.Resolver,
        budget: exchange.Budget,
        ask: exchange.Ask = exchange.ask,
        hops: int = _HOPS,
    ) -> None:
        self.zone = zone
        self._resolver = resolver
        self._budget = budget
        self._ask = ask
        self._hops = hops
        self._rooms = {one: asyncio.Semaphore(_AT_ONCE) for one in zone.servers}
        self._failures: dict[resolving.Server, str] = {}
        self._aliases: dict[tuple[str, str], asyncio.Task[_Sayings]] = {}

    async def meet(self) -> None:
        """Find out which servers serve the zone; the others are not asked again."""

        async def one(server: resolving.Server) -> None:
            found = await self._said(server, self.zone.apex, "SOA")
            if found.kind not in ("answered", "nodata"):
                kind = "lame" if found.kind in _NOT_ITS_ZONE else found.kind
                self._failures[server] = kind

        await asyncio.gather(*map(one, self.zone.servers))

    async def answers(self, name: str, kind: str) -> tuple[Answer, ...]:
        """Return what each server says of a name and type.

        Where a name is an alias, what each server of the other zone says: whoever asks
        meets any of them.
        """
        found = await asyncio.gather(
            *(self._answers(one, name, kind) for one in self.zone.servers)
        )
        every = dict.fromkeys(one for answers in found for one in answers)
        return tuple(every) or (Answer("the resolver", "silent"),)

    async def any_of_them(self, name: str, kind: str) -> reading.Said:
        """Return what the first server says that says anything."""
        for server in self.zone.servers:
            if server not in self._failures:
                for _, found in await self._whole(server, name, kind):
                    if found.kind in _SPOKEN:
                        return found
        return reading.Said("silent")

    async def _answers(
        self, server: resolving.Server, name: str, kind: str
    ) -> tuple[Answer, ...]:
        if server in self._failures:
            return (Answer(str(server), self._failures[server]),)
        return tuple(
            Answer(where, found.kind, found.values, found.first)
            for where, found in await self._whole(server, name, kind)
        )

    async def _whole(self, server: resolving.Server, name: str, kind: str) -> _Sayings:
        """Return what a server says, or those do to which its alias leads."""
        found = await self._said(server, name, kind)
        if not found.alias or found.values or kind == "CNAME":
            return ((str(server), found),)
        last = await self._followed(found.alias, kind)
        if all(one.kind in ("servfail", "nxdomain", "loop") for _, one in last):
            return ((str(server), reading.Said("loop", first=found.first)),)
        return tuple(
            (where or str(server), one._replace(alias=found.alias, first=found.first))
            for where, one in last
        )

    async def _followed(self, name: str, kind: str) -> _Sayings:
        """Return what stands where an alias leads to; it is asked once in a check."""
        key = (name, kind)
        if key not in self._aliases:
            self._aliases[key] = asyncio.create_task(self._there(name, kind))
        return await self._aliases[key]

    async def _there(self, name: str, kind: str) -> _Sayings:
        """Return what each server says where an alias leads to, but the silent ones.

        The resolver may remember for an hour that nothing did, so it is asked last.
        """
        if self._hops == 0:
            return (("", reading.Said("loop")),)
        zone = await self._resolver.zone(name)
        there = Authority(zone, self._resolver, self._budget, self._ask, self._hops - 1)
        found = await asyncio.gather(
            *(there._whole(one, name, kind) for one in zone.servers)
        )
        spoken = [one for sayings in found for one in sayings if one[1].kind in _SPOKEN]
        if spoken:
            return tuple(dict.fromkeys(spoken))
        return (("", await self._resolver.look_up(name, kind)),)

    async def _said(
        self, server: resolving.Server, name: str, kind: str
    ) -> reading.Said:
        if not server.address:
            return reading.Said("private")
        try:
            query = exchange.question(name, kind)
            async with self._rooms[server]:
                message = await self._ask(query, server.address, self._budget)
        except exchange.Failure as failure:
            return reading.Said(failure.kind)
        return reading.said(message, name, kind)


_SPOKEN: tp.Final = ("answered", "nodata", "nxdomain")
_NOT_ITS_ZONE: tp.Final = ("referral", "nxdomain", "refused", "lame")
