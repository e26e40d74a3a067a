# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the node's exim has in its log of messages: events, each once.

The node tells it by the control socket and is believed. It tells again what it is not
sure to have told; what is known already is not written again.
"""

import collections.abc as abc
import itertools
import typing as tp

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.api.route import Access, Call, Logged, Route, of
from exordos_mail.send.bounces import records, report, taking
from exordos_mail.send.queue import events
from exordos_mail.send.storage import database
from exordos_mail.send.tenants import records as tenants
from exordos_mail.standards import submitter

_ACTIONS = {
    "delivered": report.DELIVERED,
    "relayed": report.RELAYED,
    "delayed": report.DELAYED,
    "bounced": report.FAILED,
    "expired": report.EXPIRED,
}


class Told(msgspec.Struct):
    """What became of a message for one recipient; see exordos_mail/protocol."""

    #: The node's number for it.
    seq: int
    #: Whose message it is, as standards/submitter.py writes it.
    submitter: str
    at: int
    state: tp.Literal["delivered", "relayed", "delayed", "bounced", "expired"]
    queue_id: str
    recipient: str
    host: str
    address: str
    tls: str
    code: int | None
    enhanced: str | None
    reply: str


class OutcomesIn(msgspec.Struct):
    """Some outcomes, in the order in which they came to pass."""

    outcomes: tp.Annotated[list[Told], msgspec.Meta(max_length=1000)]


class OutcomesOut(msgspec.Struct):
    """Numbers of those that come too early: their messages are not written as sent."""

    again: list[int]


def table() -> tuple[Route, ...]:
    """Return the route of the control socket."""
    where = "/v1/managed/outcomes"
    # As many as messages; the events tell of them.
    return (of(post, "POST", where, Access.CONTROL, log=Logged.NOT),)


async def post(call: Call, given: OutcomesIn) -> OutcomesOut:
    """Take outcomes; what is about no message of ours is left out."""
    found = await call.base.write(take, given.outcomes, clock.now())
    again: list[int] = []
    for tenant_id, pairs in found.items():
        taken = [one for _, one in pairs]
        taking.count(tenant_id, taken)
        if any(one.suppressed for one in taken):
            call.service.dispatcher.listed(tenant_id)
        again += [told.seq for told, one in pairs if one.why == taking.WAITING]
    return OutcomesOut(again)


def take(
    tx: database.Transaction, told: abc.Sequence[Told], now: int
) -> dict[str, list[tuple[Told, taking.Taken]]]:
    """Write outcomes; return by tenant what was done for each."""
    known = [(one, submitter.read(one.submitter)) for one in told]
    ours = [(one, whose) for one, whose in known if whose is not None]
    # In the order of the tenants: see events.add.
    ours.sort(key=lambda pair: pair[1].tenant_id)
    return {
        tenant_id: _of_tenant(tx, tenant_id, some, now)
        for tenant_id, some in itertools.groupby(ours, lambda pair: pair[1].tenant_id)
        if tenants.get(tx, tenant_id) is not None
    }


def _of_tenant(
    tx: database.Transaction,
    tenant_id: str,
    told: abc.Iterable[tuple[Told, submitter.Submitter]],
    now: int,
) -> list[tuple[Told, taking.Taken]]:
    messages: dict[str, taking.Message] = {}
    found = []
    for one, whose in told:
        message_id = whose.message_id
        if message_id not in messages:
            is_removed = records.lock(tx, tenant_id, [message_id]) is None
            messages[message_id] = taking.Message(
                tx, tenant_id, message_id, now, is_removed
            )
        found.append((one, messages[message_id].take(_finding(one))))
    happened = [event for one in messages.values() for event in one.happened]
    events.add(tx, tenant_id, happened, now)
    return found


def _finding(told: Told) -> report.Finding:
    more = {
        "address": told.address,
        "tls": told.tls,
        "queue_id": told.queue_id,
        "happened_at": clock.text(told.at),
    }
    return report.Finding(
        addresses=[told.recipient],
        action=_ACTIONS[told.state],
        enhanced=told.enhanced,
        code=told.code,
        text=told.reply,
        server=told.host,
        more={name: one for name, one in more.items() if one},
    )
