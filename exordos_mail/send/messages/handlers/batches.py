# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Batches: many messages in one request and one transaction."""

import typing as tp

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.api.problem import (
    FieldProblem,
    Problem,
    conflict,
    invalid,
)
from exordos_mail.send.api.route import Access, Call, Logged, route
from exordos_mail.send.content import message, request
from exordos_mail.send.messages import intake
from exordos_mail.send.messages.handlers import submission
from exordos_mail.send.queue import accept, idempotency
from exordos_mail.send.storage import database


class RefusedOut(msgspec.Struct, tag_field="result", tag="refused"):
    """A message of a partial batch that was not accepted."""

    code: str
    errors: list[FieldProblem]


class BatchOut(msgspec.Struct):
    """A verdict for each message, in the order they were sent."""

    accepted: int
    refused: int
    messages: list[accept.Accepted | RefusedOut]


@route(
    "POST",
    "/v1/messages/batch",
    Access.SEND,
    202,
    reads=request.BatchIn,
    log=Logged.ONCE,
)
async def send(call: Call) -> BatchOut:
    """Accept up to 1,000 messages in one transaction."""
    now = clock.now()
    key = submission.header_key(call)
    taken = await submission.read(call, intake.READ_BATCH, now, key)
    checked = taken.messages
    for index, found in enumerate(checked):
        if isinstance(found, message.Draft):
            found.is_test = call.principal.is_test
            checked[index] = await submission.errors(call, found) or found
    errors = [
        _inside(index, problem)
        for index, found in enumerate(checked)
        if isinstance(found, list)
        for problem in found
    ]
    if errors and taken.mode == "atomic":
        raise invalid(errors)
    repeats = key is not None or any(
        found.idempotency_key is not None
        for found in checked
        if isinstance(found, message.Draft)
    )
    try:
        answer = await submission.stored(
            call,
            lambda tx: _accept(tx, call, taken, key, now),
            repeats,
        )
    except accept.BatchRefused as error:
        raise _refusal(error) from None
    except idempotency.KeyReused:
        raise conflict(
            "idempotency_key_reused", "this key was used for another request"
        ) from None
    if isinstance(answer, BatchOut):
        submission.begin(call, answer.messages)
    # A repeated call's first answer is JSON already.
    return tp.cast(BatchOut, answer)


def _accept(
    tx: database.Transaction,
    call: Call,
    taken: intake.Intake,
    key: str | None,
    now: int,
) -> BatchOut | msgspec.Raw:
    """Accept a batch's good messages; a key's second call gets the first answer."""
    if key is not None:
        kind = "test request" if call.principal.is_test else "request"
        name = f"{kind}:{key}"
        known = idempotency.claim(tx, call.tenant_id, name, taken.hash, now)
        if known is not None:
            return msgspec.Raw(known.encode())
    verdicts = iter(
        accept.accept(
            tx,
            call.tenant_id,
            [found for found in taken.messages if isinstance(found, message.Draft)],
            taken.mode == "atomic",
            call.principal.actor,
            now,
            call.service.admission.bounds,
            call.id,
        )
    )
    outs: list[accept.Accepted | RefusedOut] = []
    for found in taken.messages:
        if isinstance(found, list):
            outs.append(RefusedOut("invalid", found))
            continue
        verdict = next(verdicts)
        if isinstance(verdict, accept.Refused):
            problem = FieldProblem(verdict.field, verdict.message)
            outs.append(RefusedOut(verdict.code, [problem]))
        else:
            outs.append(verdict)
    refused = sum(isinstance(out, RefusedOut) for out in outs)
    answer = BatchOut(len(outs) - refused, refused, outs)
    if key is not None:
        text = msgspec.json.encode(answer).decode()
        idempotency.remember(tx, call.tenant_id, name, text)
    return answer


def _refusal(error: accept.BatchRefused) -> Problem:
    problems = [
        _inside(index, FieldProblem(verdict.field, verdict.message))
        for index, verdict in error.verdicts.items()
    ]
    code = next(iter(error.verdicts.values())).code
    status = 409 if code == "idempotency_key_reused" else 422
    return Problem(status, code, "a message of the batch was refused", problems)


def _inside(index: int, problem: FieldProblem) -> FieldProblem:
    return FieldProblem(f"messages[{index}].{problem.field}", problem.message)
