# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Suspension of batches, or of everything of a tenant."""

import typing as tp

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import not_found
from exordos_mail.send.api.route import Answer, Call
from exordos_mail.send.records import suspensions, tenants
from exordos_mail.send.storage import database


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


async def suspend(call: Call) -> Answer:
    """Suspend a batch, or without a batch everything."""

    def unit(tx: database.Transaction) -> int:
        if tenants.get(tx, call.tenant_id, lock=True) is None:
            raise not_found("tenant")
        return suspensions.suspend(
            tx, call.tenant_id, _batch(call), call.principal.actor, clock.now()
        )

    return Answer(200, HeldOut(await call.service.base.write(unit)))


async def resume(call: Call) -> Answer:
    """Let a batch, or everything, go on."""
    resumed = await call.service.base.write(
        suspensions.resume,
        call.tenant_id,
        _batch(call),
        call.principal.actor,
        clock.now(),
    )
    if resumed is None:
        raise not_found("suspension")
    call.service.dispatcher.wake_all()
    return Answer(200, HeldOut(resumed))


async def page(call: Call) -> Answer:
    """Return a part of the list."""
    query = call.query

    def unit(tx: database.Transaction) -> tuple[bool, list[database.Row]]:
        everything = suspensions.everything_since(tx, call.tenant_id) is not None
        rows = suspensions.page(tx, call.tenant_id, query.after, query.limit)
        return everything, rows

    everything, rows = await call.service.base.read(unit)
    listed = [
        SuspensionOut(row["batch"], tp.cast(str, common.moment(row["created_at"])))
        for row in rows
    ]
    next_batch = common.next_of(rows, query.limit, "batch")
    return Answer(200, SuspensionsOut(everything, listed, next_batch))


def _batch(call: Call) -> str:
    return call.path.get("batch", suspensions.EVERYTHING)
