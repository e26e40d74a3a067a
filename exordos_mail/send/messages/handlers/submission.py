# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Submission: from a request's body to committed messages."""

import asyncio
import base64
import typing as tp

import msgspec

from exordos_mail.send import clock, limits
from exordos_mail.send.api.problem import (
    FieldProblem,
    Problem,
    conflict,
    invalid,
    not_found,
    too_much,
)
from exordos_mail.send.api.route import Access, Call, Logged, route
from exordos_mail.send.attachments import Attachment as Attached
from exordos_mail.send.attachments import Failure, PermanentFailure
from exordos_mail.send.content import message, render, request
from exordos_mail.send.messages import intake
from exordos_mail.send.messages import records as messages
from exordos_mail.send.messages import resend as again
from exordos_mail.send.metrics import counters
from exordos_mail.send.offload.frame import Order
from exordos_mail.send.offload.offload import TooHard
from exordos_mail.send.queue import accept, contents, states
from exordos_mail.send.queue.bounds import TooMuch
from exordos_mail.send.queue.job import Lane
from exordos_mail.send.storage import database
from exordos_mail.send.unsubscribe import links

#: Header with an idempotency key, for a message or a whole batch.
KEY_HEADER = "idempotency-key"
_KEY_MAX = 256


class DryRunOut(msgspec.Struct):
    """What would be sent, and in which state it would begin."""

    state: str
    sender: str
    recipients: list[str]
    suppressed: list[str]
    #: RFC 5322 in base64, as it would be sent: attachments are fetched.
    raw: str


T = tp.TypeVar("T")
#: Id of a message that is not accepted.
_NO_ID = "00000000-0000-7000-8000-000000000000"
#: Stands for what is made when a message is sent.
_NO_TOKEN = "dry-run"  # noqa: S105 no secret
_NO_URL = (
    "the service does not know its own address: its operator gives it --public-url"
)


@route(
    "POST", "/v1/messages", Access.SEND, 202, reads=request.MessageIn, log=Logged.ONCE
)
async def send(call: Call) -> accept.Accepted:
    """Accept a message; it is on durable storage when the answer comes."""
    now = clock.now()
    draft = await _draft(call, now, header_key(call))
    await _check(call, draft)
    return await _accepted(call, draft, now)


async def _accepted(call: Call, draft: message.Draft, now: int) -> accept.Accepted:
    verdicts = await stored(
        call,
        lambda tx: accept.accept(
            tx,
            call.tenant_id,
            [draft],
            False,
            call.principal.actor,
            now,
            call.service.admission.bounds,
            call.id,
        ),
        repeats=draft.idempotency_key is not None,
    )
    verdict = verdicts[0]
    if isinstance(verdict, accept.Refused):
        raise _refusal(verdict)
    begin(call, [verdict])
    return verdict


@route("POST", "/v1/messages/{message}/resend", Access.SEND, 202, log=Logged.ONCE)
async def resend(call: Call) -> accept.Accepted:
    """Send a final message again, as a new one, to those who did not get it."""
    now = clock.now()
    message_id = call.path["message"]
    try:
        draft = await call.base.read(again.draft, call.tenant_id, message_id, now)
    except messages.NotFinal:
        raise conflict("not_final", "it may still be sent: cancel it first") from None
    except again.NothingLeft:
        raise conflict("nothing_left", "every recipient has got it") from None
    except contents.Erased:
        raise conflict("erased", "its content was erased: send a new one") from None
    if draft is None:
        raise not_found("message")
    # In a thread: what was given as a whole message is read as one.
    draft.sender_domains = await asyncio.to_thread(again.claims, draft)
    draft.idempotency_key = header_key(call)
    # What never left does not leave now, whoever asks for it.
    draft.is_test = draft.is_test or call.principal.is_test
    return await _accepted(call, draft, now)


@route(
    "POST", "/v1/messages/dry-run", Access.SEND, reads=request.MessageIn, log=Logged.NOT
)
async def dry_run(call: Call) -> DryRunOut:
    """Check and render a message without sending it."""
    now = clock.now()
    draft = await _draft(call, now)
    await _check(call, draft)
    try:
        verdict = await call.base.read(accept.examine, call.tenant_id, draft, now)
    except accept.UnknownTenant:
        raise not_found("tenant") from None
    if isinstance(verdict, accept.Refused):
        raise _refusal(verdict)
    attached = await _attached(call, draft)
    base = draft.content.unsubscribe
    link = None if base is None else links.url(base, _NO_TOKEN)
    rendered = await asyncio.to_thread(
        render.render, draft.content, _NO_ID, now, attached, link
    )
    return DryRunOut(
        state=verdict.state,
        sender=draft.sender,
        recipients=draft.recipients,
        suppressed=verdict.suppressed,
        raw=base64.b64encode(rendered).decode(),
    )


async def stored(
    call: Call, unit: tp.Callable[[database.Transaction], T], repeats: bool
) -> T:
    """Run a unit that accepts messages, unless the tenant has too much waiting.

    Args:
        repeats: it may be a call that was answered before, and then is again.

    Raises:
        Problem: 404, there is no such tenant; 429, it has too much waiting.
    """
    admission = call.service.admission
    if not repeats and (text := admission.refusal(call.tenant_id)) is not None:
        raise too_much(text)
    try:
        return await call.base.write(unit)
    except accept.UnknownTenant:
        raise not_found("tenant") from None
    except TooMuch as error:
        admission.refused(call.tenant_id, str(error))
        raise too_much(str(error)) from None


async def _work(call: Call, number: int, data: bytes, order: Order) -> tp.Any:
    """Do a work where there is room for it.

    Raises:
        Problem: 422, it takes too long.
    """
    try:
        return await call.service.offload.do(number, call.tenant_id, data, order)
    except TooHard:
        text = limits.READING_SECONDS.said()
        raise Problem(limits.READING_SECONDS.status, "too_hard", text) from None


async def read(
    call: Call, number: int, now: int, key: str | None = None
) -> intake.Intake:
    """Return what a body says.

    Raises:
        Problem: 400, 422, it cannot be used.
    """
    found: intake.Intake = await _work(call, number, call.body or b"", Order(now, key))
    if found.problem is not None:
        told = found.problem
        raise Problem(told.status, told.code, told.detail, told.errors)
    return found


async def _draft(call: Call, now: int, key: str | None = None) -> message.Draft:
    found = await read(call, intake.READ_ONE, now, key)
    draft = tp.cast(message.Draft, found.messages[0])
    draft.is_test = call.principal.is_test
    return draft


async def _check(call: Call, draft: message.Draft) -> None:
    if found := await errors(call, draft):
        raise invalid(found)


async def errors(call: Call, draft: message.Draft) -> list[FieldProblem]:
    """Return what this service cannot do for a draft: its attachments, its link."""
    if draft.unsubscribe:
        draft.content.unsubscribe = call.service.links.public_url
        if draft.content.unsubscribe is None:
            return [FieldProblem("unsubscribe", _NO_URL)]
    if not draft.content.attachments:
        return []
    try:
        await call.service.sources.check(call.tenant_id, draft.content)
    except PermanentFailure as failure:
        return [_attachment_problem(failure)]
    return []


async def _attached(call: Call, draft: message.Draft) -> list[Attached]:
    """Return a draft's attachments with their octets."""
    if not draft.content.attachments:
        return []
    try:
        return await call.service.sources.load(call.tenant_id, draft.content)
    except Failure as failure:
        raise invalid([_attachment_problem(failure)]) from None


def _attachment_problem(failure: Failure) -> FieldProblem:
    where = "" if failure.position is None else f"[{failure.position}]"
    return FieldProblem(f"attachments{where}", failure.reason)


def header_key(call: Call) -> str | None:
    """Return the idempotency key of a call.

    Raises:
        Problem: 422, it is none.
    """
    key = call.headers.get(KEY_HEADER)
    if key is not None and not (0 < len(key) <= _KEY_MAX and key.isprintable()):
        raise invalid(
            [FieldProblem("Idempotency-Key", "1 to 256 printable characters")]
        )
    return key


def _refusal(verdict: accept.Refused) -> Problem:
    if verdict.code == "idempotency_key_reused":
        return conflict(verdict.code, verdict.message)
    return Problem(
        422,
        verdict.code,
        verdict.message,
        [FieldProblem(verdict.field, verdict.message)],
    )


def begin(call: Call, outs: tp.Sequence[object]) -> None:
    """Count what was accepted, and let its lanes look at once if it is due."""
    counters.accepted(call.tenant_id, outs)
    due = {
        out.relay
        for out in outs
        if isinstance(out, accept.Accepted) and out.state == states.QUEUED
    }
    for relay in due:
        call.service.dispatcher.wake(Lane(call.tenant_id, relay))
