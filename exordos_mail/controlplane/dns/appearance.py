# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whether all authoritative servers show a text, asked now."""

import asyncio
import typing as tp

from exordos_mail.controlplane import dns_options
from exordos_mail.controlplane.dns import authority, exchange, resolving
from exordos_mail.standards.dns import shown
from exordos_mail.standards.dns.verdict import Answer


def of_texts(name: str, apex: str, texts: tp.Collection[str]) -> shown.Shown:
    """Tell who shows all of these TXT records at a name.

    It takes five seconds at the most, and runs in the caller's thread.

    Args:
        name: of the records.
        apex: of its zone. The resolver is asked for that only: it would remember that
            the name was not there, and may be the one of who looks next.
        texts: the records.
    """
    return shown.of_texts(asyncio.run(_answers(name, apex)), texts)


async def _answers(name: str, apex: str) -> tuple[Answer, ...]:
    budget = exchange.Budget()
    resolver = resolving.Resolver(dns_options.resolvers(), budget)
    zone = await resolver.zone(apex)
    return await authority.Authority(zone, resolver, budget).answers(name, "TXT")
