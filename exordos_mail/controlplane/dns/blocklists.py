# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One look at the blocklists that the operator has chosen.

The resolver is asked, as lists want it: its cache spares them, and it is what they know
their users by.
"""

import asyncio
import itertools
import typing as tp

from exordos_mail.controlplane.dns import exchange, resolving
from exordos_mail.standards.dns import blocklist, verdict, wanted
from exordos_mail.standards.dns.record import Record

#: Octets that are read of one list about all addresses of a domain.
_OCTETS = 64 * 1024


async def judged(
    facts: wanted.Facts,
    resolvers: tp.Sequence[str],
    ask: exchange.Ask = exchange.ask,
    seconds: float = 5.0,
) -> tuple[tuple[Record, verdict.Verdict], ...]:
    """Return the verdict of each address at each list, after `seconds` at the most."""
    pairs = list(itertools.product(facts.reverse, facts.blocklists))
    budgets = {one: exchange.Budget(_OCTETS, seconds) for one in facts.blocklists}
    looks = [
        _judged(address, zone, resolving.Resolver(resolvers, budgets[zone], ask))
        for address, zone in pairs
    ]
    return tuple(await asyncio.gather(*looks))


async def _judged(
    address: str, zone: str, resolver: resolving.Resolver
) -> tuple[Record, verdict.Verdict]:
    asked = (address, *blocklist.points(address))
    found = await asyncio.gather(
        *(_answer(resolver, blocklist.name(one, zone)) for one in asked)
    )
    wish = blocklist.record(address, zone)
    texts: tuple[str, ...] = ()
    if found[0].values:
        texts = (await resolver.look_up(wish.name, "TXT")).values
    said = blocklist.Said(found[0], texts, found[1], found[2])
    return wish, blocklist.judge(address, zone, said)


async def _answer(resolver: resolving.Resolver, name: str) -> verdict.Answer:
    said = await resolver.look_up(name, "A")
    return verdict.Answer("the resolver", said.kind, said.values)
