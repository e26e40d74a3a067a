#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""One attempt: from a claimed message to a result for each recipient."""

import asyncio
import logging
import typing as tp

from exordos_mail.send.attachments import Content as Attached
from exordos_mail.send.content import message, render
from exordos_mail.send.queue import states
from exordos_mail.send.queue.job import Job, Result
from exordos_mail.send.smtp import verdict
from exordos_mail.send.smtp.connection import Answer, Connection, Interrupted

log = logging.getLogger(__name__)

#: Recipients of one transaction (RFC 5321 section 4.5.3.1.8: at least 100).
RECIPIENTS_MAX = 100
#: Bytes from which rendering goes to a thread, so that nobody waits for it.
_LARGE = 256 * 1024


class Attachments(tp.Protocol):
    """Where attachments come from."""

    async def load(self, tenant_id: str, content: message.Content) -> list[Attached]:
        """Return a message's attachments.

        Raises:
            TemporaryFailure, PermanentFailure: one cannot be had.
        """

    async def sweep(self) -> None:
        """Drop what has been cached for too long; called now and then."""


async def prepare(job: Job, body: bytes, attachments: Attachments) -> bytes:
    """Return the RFC 5322 bytes of a job.

    Raises:
        TemporaryFailure, PermanentFailure: see `Attachments`.
    """
    content = message.unpack(body)
    attached: list[Attached] = []
    if content.attachments:
        attached = await attachments.load(job.lane.tenant_id, content)
    if len(body) + sum(len(part.data) for part in attached) < _LARGE:
        return render.render(content, job.id, job.created_at, attached)
    return await asyncio.to_thread(
        render.render, content, job.id, job.created_at, attached
    )


async def transmit(
    connection: Connection, job: Job, data: bytes, may_send: tp.Callable[[], bool]
) -> list[Result]:
    """Hand a message over; return a result for each recipient.

    Raises:
        Interrupted: the connection ended before the server said anything.
    """
    results: list[Result] = []
    for start in range(0, len(job.recipients), RECIPIENTS_MAX):
        part = job.recipients[start : start + RECIPIENTS_MAX]
        if not may_send() or (results and not connection.usable):
            results += [_unanswered(at, to, "connection_lost") for at, to in part]
            continue
        try:
            answers = await connection.send(job.sender, [to for _, to in part], data)
        except Interrupted as error:
            if not error.begun and not results:
                raise
            results += [
                _result(at, to, error.answers[index])
                if index in error.answers
                else _unanswered(at, to, error.reason)
                for index, (at, to) in enumerate(part)
            ]
        else:
            results += [
                _result(at, to, answer)
                for (at, to), answer in zip(part, answers, strict=True)
            ]
    return results


def _result(position: int, address: str, answer: Answer) -> Result:
    found = verdict.judge(answer.step, answer.reply)
    return Result(
        position,
        address,
        found.state,
        found.reason,
        answer.reply.code,
        answer.reply.enhanced,
        answer.reply.text,
        found.hard,
    )


def _unanswered(position: int, address: str, reason: str) -> Result:
    return Result(position, address, states.DEFERRED, reason)
