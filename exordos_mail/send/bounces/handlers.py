# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The route that takes bounces and complaints."""

import asyncio

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.api.problem import Problem
from exordos_mail.send.api.route import Access, Call, Logged, route
from exordos_mail.send.bounces import reading, report, taking


class FoundOut(msgspec.Struct, kw_only=True):
    """What the mail says of one recipient, and what was done."""

    #: As the message was sent to it, else as the mail names it.
    recipient: str | None
    message_id: str | None
    action: str
    class_: str | None = msgspec.field(name="class")
    code: int | None
    enhanced: str | None
    reply: str
    server: str
    unsure: bool
    #: The event that was written; null: none.
    event: str | None
    suppressed: bool
    why: str


class BounceOut(msgspec.Struct):
    """What a mail is, and what it says of each recipient."""

    kind: str
    why: str
    found: list[FoundOut]


@route(
    "POST",
    "/v1/bounces",
    Access.MANAGE,
    reads=bytes,
    media="message/rfc822",
    log=Logged.ONCE,
)
async def post(call: Call) -> BounceOut:
    """Take a bounce or a complaint that came by mail, as it came."""
    try:
        # In a thread: a large one takes some hundredths of a second.
        given = await asyncio.to_thread(reading.read, call.body or b"")
    except report.NotMail as error:
        raise Problem(422, "not_mail", str(error)) from None
    if not given.findings:
        return BounceOut(given.kind, given.why, [])
    taken = await call.base.write(
        lambda tx: taking.take(
            tx, call.tenant_id, given, call.principal.actor, clock.now()
        )
    )
    taking.count(call.tenant_id, taken)
    if any(one.suppressed for one in taken):
        call.service.dispatcher.listed(call.tenant_id)
    return BounceOut(given.kind, given.why, [_out(one) for one in taken])


def _out(one: taking.Taken) -> FoundOut:
    finding = one.finding
    named = finding.addresses[0] if finding.addresses else None
    return FoundOut(
        recipient=one.recipient or named,
        message_id=one.message_id,
        action=finding.action,
        class_=one.class_,
        code=finding.code,
        enhanced=finding.enhanced,
        reply=finding.text,
        server=finding.server,
        unsure=not finding.sure,
        event=one.event,
        suppressed=one.suppressed,
        why=one.why,
    )
