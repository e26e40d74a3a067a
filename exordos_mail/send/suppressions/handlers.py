# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The suppression list of a tenant."""

import typing as tp

import msgspec

from exordos_mail.schema import suppression
from exordos_mail.send import clock, members
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import invalid_field, managed, not_found
from exordos_mail.send.api.route import Access, Call, route
from exordos_mail.send.content import address
from exordos_mail.send.queue import suppressions
from exordos_mail.send.storage import database
from exordos_mail.send.suppressions import records
from exordos_mail.send.tenants import records as tenants

Reason = tp.Annotated[
    str, msgspec.Meta(min_length=1, max_length=suppression.REASON_MAX)
]


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
    #: manual; hard_bounce, complaint: by the service; unsubscribe: by the recipient;
    #: managed: by the control plane.
    source: str
    created_at: str
    expires_at: str | None


class SuppressionsOut(msgspec.Struct):
    """Entries in the order of the addresses; `next` is `after` of the next part."""

    suppressions: list[EntryOut]
    next: str | None


@route("PUT", "/v1/suppressions/{address}", Access.MANAGE)
async def put(call: Call, given: EntryIn) -> EntryOut:
    """Suppress an address."""
    wanted = _address(call)
    now = clock.now()
    expires_at = common.future("expires_at", given.expires_at, now)

    def unit(tx: database.Transaction) -> records.SuppressionRow:
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
        return tp.cast(
            records.SuppressionRow,
            records.get(tx, call.tenant_id, wanted),
        )

    row = await call.base.write(unit)
    call.service.dispatcher.listed(call.tenant_id)
    return members.out(EntryOut, row)


@route("GET", "/v1/suppressions/{address}", Access.READ)
async def get(call: Call) -> EntryOut:
    """Read a suppression."""
    row = await call.base.read(records.get, call.tenant_id, _address(call))
    if row is None:
        raise not_found("suppression")
    return members.out(EntryOut, row)


@route("GET", "/v1/suppressions", Access.READ)
async def page(call: Call, query: common.PageQuery) -> SuppressionsOut:
    """List suppressed addresses."""
    rows, following = await common.part(records.page, call, query, "address")
    return SuppressionsOut([members.out(EntryOut, row) for row in rows], following)


@route("DELETE", "/v1/suppressions/{address}", Access.MANAGE)
async def remove(call: Call) -> None:
    """Send to an address again."""
    wanted = _address(call)

    def unit(tx: database.Transaction) -> bool:
        _check_own(tx, call.tenant_id, wanted)
        return records.remove(tx, call.tenant_id, wanted)

    if not await call.base.write(unit):
        raise not_found("suppression")


def _check_own(tx: database.Transaction, tenant_id: str, wanted: str) -> None:
    row = records.get(tx, tenant_id, wanted)
    if row is not None and row.source == suppressions.MANAGED:
        raise managed()


def _address(call: Call) -> str:
    wanted = suppressions.read(call.path["address"])
    try:
        return address.normal(address.check(wanted))
    except address.AddressError as error:
        raise invalid_field("address", str(error)) from None
