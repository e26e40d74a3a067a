# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The suppression list of a tenant."""

import typing as tp

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import invalid_field, not_found
from exordos_mail.send.api.route import Answer, Call
from exordos_mail.send.content import address
from exordos_mail.send.records import suppressions, tenants
from exordos_mail.send.storage import database
from exordos_mail.standards import recipient

Reason = tp.Annotated[str, msgspec.Meta(min_length=1, max_length=recipient.REASON_MAX)]


class EntryIn(msgspec.Struct, forbid_unknown_fields=True):
    """Why an address gets nothing, and until when."""

    reason: Reason
    #: RFC 3339 text or seconds since 1970; absent: for good.
    expires_at: str | float | None = None


class EntryOut(msgspec.Struct):
    """An address that gets nothing."""

    #: In lower case.
    address: str
    reason: str
    #: manual; hard_bounce: added by the service; managed: by the control plane.
    source: str
    created_at: str
    expires_at: str | None


class SuppressionsOut(msgspec.Struct):
    """Entries in the order of the addresses; `next` is `after` of the next part."""

    suppressions: list[EntryOut]
    next: str | None


async def put(call: Call) -> Answer:
    """Put an address on the list, or change its entry."""
    given: EntryIn = call.body
    wanted = _address(call)
    now = clock.now()
    expires_at = common.future("expires_at", given.expires_at, now)

    def unit(tx: database.Transaction) -> database.Row:
        if tenants.get(tx, call.tenant_id) is None:
            raise not_found("tenant")
        _check_own(tx, call.tenant_id, wanted)
        suppressions.add(
            tx,
            call.tenant_id,
            wanted,
            given.reason,
            suppressions.MANUAL,
            now,
            expires_at,
        )
        return tp.cast(database.Row, suppressions.get(tx, call.tenant_id, wanted))

    row = await call.service.base.write(unit)
    call.service.dispatcher.listed(call.tenant_id)
    return Answer(200, _out(row))


async def get(call: Call) -> Answer:
    """Return one entry."""
    row = await call.service.base.read(suppressions.get, call.tenant_id, _address(call))
    if row is None:
        raise not_found("suppression")
    return Answer(200, _out(row))


async def page(call: Call) -> Answer:
    """Return a part of the list."""
    query = call.query
    rows = await call.service.base.read(
        suppressions.page, call.tenant_id, query.after, query.limit
    )
    next_address = common.next_of(rows, query.limit, "address")
    return Answer(200, SuppressionsOut([_out(row) for row in rows], next_address))


async def remove(call: Call) -> Answer:
    """Take an address off the list."""
    wanted = _address(call)

    def unit(tx: database.Transaction) -> bool:
        _check_own(tx, call.tenant_id, wanted)
        return suppressions.remove(tx, call.tenant_id, wanted)

    if not await call.service.base.write(unit):
        raise not_found("suppression")
    return Answer(204)


def _check_own(tx: database.Transaction, tenant_id: str, wanted: str) -> None:
    row = suppressions.get(tx, tenant_id, wanted)
    if row is not None and row["source"] == suppressions.MANAGED:
        raise common.managed()


def _address(call: Call) -> str:
    try:
        return address.normal(address.check(call.path["address"]))
    except address.AddressError as error:
        raise invalid_field("address", str(error)) from None


def _out(row: database.Row) -> EntryOut:
    return EntryOut(
        row["address"],
        row["reason"],
        row["source"],
        tp.cast(str, common.moment(row["created_at"])),
        common.moment(row["expires_at"]),
    )
