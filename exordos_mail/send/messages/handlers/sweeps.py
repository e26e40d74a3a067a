# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Sweeps: cancel or remove many messages with one call."""

import typing as tp

import msgspec

from exordos_mail.send import clock, members
from exordos_mail.send.api.problem import FieldProblem, invalid, not_found
from exordos_mail.send.api.route import Access, Call, Logged, route
from exordos_mail.send.queue import states, sweep
from exordos_mail.send.storage import database

#: Pieces that are done before the call is answered.
_PIECES = 5
_Id = tp.Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{1,64}\Z")]
_Ids = tp.Annotated[list[_Id], msgspec.Meta(min_length=1, max_length=1000)]
#: The databases have no text with a NUL.
_Text = tp.Annotated[
    str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*\Z")
]
_AtRest = tp.Annotated[str, msgspec.Meta(pattern=rf"^({'|'.join(states.AT_REST)})\Z")]
_Final = tp.Annotated[str, msgspec.Meta(pattern=rf"^({'|'.join(states.FINAL)})\Z")]


class _SelectionIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    ids: _Ids | None = None
    tag: _Text | None = None
    reference: _Text | None = None
    batch: _Text | None = None


class CancelIn(_SelectionIn, kw_only=True):
    """Which messages to cancel: those that all of it is true of."""

    state: _AtRest | None = None


class RemoveIn(_SelectionIn, kw_only=True):
    """Which messages to remove: those that all of it is true of."""

    state: _Final | None = None


class SweepOut(msgspec.Struct):
    """How far a call has come that is about many messages."""

    id: str
    action: str
    #: How many messages it has cancelled or removed, and has still to.
    changed: int
    left: int
    created_at: str
    ended_at: str | None


@route("POST", "/v1/messages/cancel", Access.SEND, log=Logged.ONCE, frees=True)
async def cancel(call: Call, given: CancelIn) -> SweepOut:
    """Cancel the messages that are meant and not sent; many go on after the answer."""
    return await _begun(call, sweep.CANCEL, given)


@route("POST", "/v1/messages/remove", Access.MANAGE, log=Logged.ONCE, frees=True)
async def remove(call: Call, given: RemoveIn) -> SweepOut:
    """Remove the messages that are meant and final; many go on after the answer."""
    return await _begun(call, sweep.REMOVE, given)


@route("GET", "/v1/messages/sweeps/{sweep}", Access.READ)
async def get(call: Call) -> SweepOut:
    """Show how far it has come; for a day after it has ended."""

    def unit(tx: database.Transaction) -> SweepOut | None:
        found = sweep.get(tx, call.tenant_id, call.path["sweep"])
        return None if found is None else _out(tx, found)

    found = await call.base.read(unit)
    if found is None:
        raise not_found("sweep")
    return found


async def _begun(call: Call, action: str, given: CancelIn | RemoveIn) -> SweepOut:
    wanted = {
        name: value
        for name, value in msgspec.structs.asdict(given).items()
        if value is not None
    }
    if not wanted:
        text = "say which messages: by ids, tag, reference, batch or state"
        raise invalid([FieldProblem(".", text)])
    selection, actor = sweep.Selection(**wanted), call.principal.actor
    found: sweep.Sweep | None
    try:
        found = await call.base.write(
            sweep.begin, call.tenant_id, action, selection, actor, clock.now()
        )
    except database.Conflict:
        raise not_found("tenant") from None
    for _ in range(_PIECES - 1):
        if found is None or found.ended_at is not None:
            break
        found = await call.base.write(sweep.step, found.id, clock.now())
    if found is None:
        raise not_found("tenant")
    return await call.base.read(_out, found)


def _out(tx: database.Transaction, found: sweep.Sweep) -> SweepOut:
    return members.out(SweepOut, found, left=sweep.left(tx, found))
