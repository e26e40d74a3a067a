# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail that came back to the node, to the envelope sender of a message of ours.

Which message it is about stands in that address, which nobody else can make, so it is
believed whatever the mail itself names.
"""

import asyncio

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.api.route import Access, Call, Logged, Route, of
from exordos_mail.send.bounces import reading, report, taking
from exordos_mail.send.content import identity
from exordos_mail.send.events import records as events
from exordos_mail.send.storage import database


class ReturnedOut(msgspec.Struct):
    """Whether it comes too early: the message is not written as sent yet."""

    again: bool


def table() -> tuple[Route, ...]:
    """Return the route of the control socket."""
    where = "/v1/managed/returned/{message}"
    media = "message/rfc822"
    # As much as messages; the events tell of it.
    return (
        of(
            post,
            "POST",
            where,
            Access.CONTROL,
            reads=bytes,
            media=media,
            log=Logged.NOT,
        ),
    )


async def post(call: Call) -> ReturnedOut:
    """Take a bounce of a message; what tells nothing of it is left out."""
    try:
        # In a thread: a large one takes some hundredths of a second.
        given = await asyncio.to_thread(reading.read, call.body or b"")
    except report.NotMail:
        return ReturnedOut(again=False)
    message_id = call.path["message"]
    tenant_id, taken = await call.base.write(take, message_id, given, clock.now())
    taking.count(tenant_id, taken)
    if any(one.suppressed for one in taken):
        call.service.dispatcher.listed(tenant_id)
    return ReturnedOut(again=any(one.why == taking.WAITING for one in taken))


def take(
    tx: database.Transaction, message_id: str, given: report.MailReport, now: int
) -> tuple[str, list[taking.Taken]]:
    """Write what a mail tells of a message; return whose it is, and what was done."""
    # What is no id of ours is not asked for: it may be no text to the database.
    ids = identity.own([message_id])
    tenant_id = events.tenant_of(tx, ids[0]) if ids else None
    if tenant_id is None:
        return "", []
    return tenant_id, taking.take_returned(tx, tenant_id, message_id, given, now)
