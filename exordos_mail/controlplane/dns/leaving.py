# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where an instance's mail leaves from, as SPF and reverse DNS have to know it.

The node tells its IPv4 addresses. `outbound_address` is one that the tenant has told,
so it may be another one, and the only one of IPv6 that is known.
"""

import typing as tp

from exordos_mail.controlplane import dns_options
from exordos_mail.standards import smarthost


def of(row: tp.Mapping[str, tp.Any]) -> dict[str, tp.Any]:
    """Return members of `wanted.Facts`.

    Args:
        row: `primary` of the domain; `ipsv4`, `smarthost`, `outbound_family` and
            `outbound_address` of its instance.
    """
    told, new = tuple(row["ipsv4"]), _new(row)
    every = (*told, *new)
    chosen = row["outbound_address"]
    sources = (chosen,) if chosen in every else told
    return {
        "ipv4s": tuple(one for one in every if ":" not in one),
        "ipv6s": tuple(one for one in every if ":" in one),
        "sources": sources,
        "unnamed": new,
        "reverse": _reverse(row, sources),
        "blocklists": tuple(dns_options.CONF.mail.dns_blocklists),
        "smarthost": row["smarthost"] or "",
    }


def _new(row: tp.Mapping[str, tp.Any]) -> tuple[str, ...]:
    """Return the address that only the tenant has told, if it is public.

    A private one is behind a gateway whose address nobody knows here, and none that
    the host's name should lead to.
    """
    chosen = row["outbound_address"]
    if chosen is None or chosen in row["ipsv4"] or not dns_options.is_public(chosen):
        return ()
    return (chosen,)


def _reverse(row: tp.Mapping[str, tp.Any], sources: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses whose reverse DNS receivers look at.

    They are the host's affair, so the primary domain alone has them. A smarthost's are
    its operator's, and those of a private network no receiver sees.
    """
    if not row["primary"] or row["smarthost"]:
        return ()
    family = row["outbound_family"]
    return tuple(
        one
        for one in sources
        if family in (smarthost.ANY, smarthost.version(one))
        and dns_options.is_public(one)
    )
