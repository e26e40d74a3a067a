# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The PTR record of an address that mail leaves from, and the way back from its name.

Receivers look up the name of the address that connects, want it to lead back to that
address (RFC 8601 section 3: `iprev`, also called FCrDNS), and compare it with the name
in HELO, which is the instance's host name. Who owns the address publishes the record,
never the domain's owner nor this service: each sentence says whom to ask.
"""

import dataclasses
import ipaddress
import typing as tp

from exordos_mail.standards.dns import judge as common
from exordos_mail.standards.dns import text, wanted
from exordos_mail.standards.dns.record import Record
from exordos_mail.standards.dns.verdict import Answer, Context, Verdict


def records(facts: wanted.Facts) -> list[Record]:
    """Return the PTR records that are judged with a domain."""
    return [record(one, facts.hostname) for one in facts.reverse]


def record(address: str, hostname: str) -> Record:
    """Return the PTR record that an address should have."""
    name = ipaddress.ip_address(address).reverse_pointer
    return Record(name, "PTR", f"{hostname}.", "ptr", True)


def judge(
    address: str,
    wish: Record,
    answers: tp.Sequence[Answer],
    context: Context,
) -> Verdict:
    """Return the verdict on the PTR record itself.

    Args:
        address: which it is of.
        wish: the record that is wanted.
        answers: what each server of the reverse zone says.
        context: security and apex of that zone.
    """
    # Behind an alias into somebody's part of a block (RFC 2317), nothing is no loop.
    plain = [
        dataclasses.replace(one, kind="nodata") if one.kind == "loop" else one
        for one in answers
    ]
    found = common.judge(wish, plain, context)
    return dataclasses.replace(found, fix=_asking(address, found.fix))


def not_found(address: str, wish: Record) -> Verdict:
    """Return the verdict where nobody could tell which servers there are."""
    fix = (
        f"Wait: the name servers for {wish.name} are not found now; if that lasts, ask"
        f" the owner of the address {address}, usually the hosting provider, about it."
    )
    return Verdict("unreachable", wish.value, (), fix)


def way_back(
    address: str, wish: Record, good: Verdict, answers: tp.Sequence[Answer]
) -> Verdict:
    """Return the verdict on a PTR record that is good, by where its name leads.

    Args:
        address: which it is of.
        wish: the record that is wanted.
        good: the verdict on the record itself.
        answers: what each server says of the addresses of the host.
    """
    host, kind = wish.value.rstrip("."), kind_of(address)
    usable = [one for one in answers if one.usable]
    astray = [one for one in usable if address not in map(_plain, one.values)]
    if usable and not astray:
        return good
    if not usable or len(astray) < len(usable):
        fix = (
            f"Wait until all name servers of {host} answer that it leads to {address},"
            " or repair them: the PTR record is right."
        )
        return dataclasses.replace(good, state="waiting", fix=fix)
    leads = ", ".join(text.shown(one) for one in astray[0].values[:2]) or "nowhere"
    fix = (
        f"Add {address} to the {kind} records of {host}: the PTR record names it, but"
        f" it leads to {leads}, so receivers do not believe the PTR record."
    )
    said = (*good.found, f"{host} {kind} {leads}")
    return dataclasses.replace(good, state="wrong", found=text.shown_all(said), fix=fix)


def kind_of(address: str) -> str:
    """Return the type of the records that lead to an address."""
    return "AAAA" if ":" in address else "A"


def _plain(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return value


def _asking(address: str, fix: str) -> str:
    """Return a sentence as a request to who can do something."""
    if not fix:
        return ""
    owner = f"Ask the owner of the address {address}, usually the hosting provider"
    return f"{owner}: {fix[0].lower()}{fix[1:]}"
