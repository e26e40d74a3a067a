# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Erasures: take an address out of what the service keeps of a tenant's mail."""

import typing as tp

import msgspec

from exordos_mail.send import clock, members
from exordos_mail.send.api.problem import invalid_field, not_found
from exordos_mail.send.api.route import Access, Call, Logged, route
from exordos_mail.send.content import address
from exordos_mail.send.queue import erasure
from exordos_mail.send.storage import database
from exordos_mail.standards.address import ADDRESS_MAX

#: Pieces that are done before the call is answered.
_PIECES = 5
_DOMAIN = "erase one address at a time: *@ stands for a whole domain"


class ErasureIn(msgspec.Struct, forbid_unknown_fields=True):
    """Which address to erase."""

    address: tp.Annotated[str, msgspec.Meta(max_length=ADDRESS_MAX)]


class ErasureOut(msgspec.Struct):
    """How far an erasure has come."""

    id: str
    #: Stands where the address stood.
    pseudonym: str
    #: How many have lost it, and how many messages have to end first.
    messages: int
    events: int
    waiting: int
    #: The address is on the suppression list, which keeps it.
    suppressed: bool
    created_at: str
    ended_at: str | None


@route("POST", "/v1/erasures", Access.MANAGE, log=Logged.ONCE, frees=True)
async def begin(call: Call, given: ErasureIn) -> ErasureOut:
    """Erase an address from messages and events; much goes on after the answer."""
    wanted = _address(given.address)
    found: erasure.Erasure | None = await _begun(call, wanted)
    for _ in range(_PIECES - 1):
        if found is None or found.ended_at is not None or found.waiting:
            break
        found = await call.base.write(erasure.step, found.id, clock.now())
    return _out(found)


@route("GET", "/v1/erasures/{erasure}", Access.READ)
async def get(call: Call) -> ErasureOut:
    """Show how far it has come; for 30 days after it has ended."""
    return _out(await call.base.read(erasure.get, call.tenant_id, call.path["erasure"]))


async def _begun(call: Call, wanted: str) -> erasure.Erasure:
    actor = call.principal.actor
    for _ in range(2):
        # Another call about the same address may be first: then there is one to go on
        # with.
        try:
            return await call.base.write(
                erasure.begin, call.tenant_id, wanted, actor, clock.now()
            )
        except database.Conflict:
            continue
    raise not_found("tenant")


def _address(given: str) -> str:
    try:
        found = address.normal(address.check(given))
    except address.AddressError as error:
        raise invalid_field("address", str(error)) from None
    if found.startswith("*@"):
        raise invalid_field("address", _DOMAIN)
    return found


def _out(found: erasure.Erasure | None) -> ErasureOut:
    if found is None:
        raise not_found("erasure")
    return members.out(ErasureOut, found)
