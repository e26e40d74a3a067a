# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Suspension of batches, or of everything of a tenant."""

import msgspec

from exordos_mail.send import clock, members
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import not_found
from exordos_mail.send.api.route import Access, Call, route
from exordos_mail.send.storage import database
from exordos_mail.send.suspensions import records as suspensions
from exordos_mail.send.tenants import records as tenants


class SuspensionOut(msgspec.Struct):
    """A suspended batch."""

    batch: str
    created_at: str


class SuspensionsOut(msgspec.Struct):
    """Suspended batches; `everything`: all messages of the tenant are."""

    everything: bool
    batches: list[SuspensionOut]
    next: str | None


class HeldOut(msgspec.Struct):
    """How many waiting messages the call has stopped, or let go on."""

    messages: int


@route("PUT", "/v1/suspensions", Access.SEND, summary="Suspend every message")
@route("PUT", "/v1/suspensions/{batch}", Access.SEND, summary="Suspend a batch")
async def suspend(call: Call) -> HeldOut:
    """Suspend a batch, or without a batch everything."""

    def unit(tx: database.Transaction) -> int:
        if tenants.get(tx, call.tenant_id, lock=True) is None:
            raise not_found("tenant")
        return suspensions.suspend(
            tx, call.tenant_id, _batch(call), call.principal.actor, clock.now()
        )

    held = await call.base.write(unit)
    call.service.dispatcher.pause(call.tenant_id)
    return HeldOut(held)


@route("DELETE", "/v1/suspensions", Access.SEND, summary="Resume every message")
@route("DELETE", "/v1/suspensions/{batch}", Access.SEND, summary="Resume a batch")
async def resume(call: Call) -> HeldOut:
    """Let a batch, or everything, go on."""
    resumed = await call.base.write(
        suspensions.resume,
        call.tenant_id,
        _batch(call),
        call.principal.actor,
        clock.now(),
    )
    if resumed is None:
        raise not_found("suspension")
    call.service.dispatcher.wake_all()
    return HeldOut(resumed)


@route("GET", "/v1/suspensions", Access.READ)
async def page(call: Call, query: common.PageQuery) -> SuspensionsOut:
    """List suspended batches."""

    def unit(tx: database.Transaction) -> SuspensionsOut:
        rows = suspensions.page(tx, call.tenant_id, query.after, query.limit)
        return SuspensionsOut(
            suspensions.is_everything(tx, call.tenant_id),
            [members.out(SuspensionOut, row) for row in rows],
            common.next_of(rows, query.limit, "batch"),
        )

    return await call.base.read(unit)


def _batch(call: Call) -> str:
    return call.path.get("batch", suspensions.EVERYTHING)
