# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One attempt: from a claimed message to a result for each recipient."""

import dataclasses
import typing as tp

from exordos_mail.send.delivery import simulation
from exordos_mail.send.queue import states
from exordos_mail.send.queue.job import Job, Result
from exordos_mail.send.smtp import verdict
from exordos_mail.send.smtp.connection import Connection
from exordos_mail.send.smtp.octets import Unsendable
from exordos_mail.send.smtp.outgoing import Outgoing
from exordos_mail.send.smtp.reply import CLOSING, Reply
from exordos_mail.send.smtp.server import CannotOpen
from exordos_mail.send.smtp.transaction import (
    CLAIM_LOST,
    LOST,
    DecidingReply,
    MailTransaction,
)
from exordos_mail.standards import submitter

_Recipients = list[tuple[int, str]]


class Attempt:
    """Hands one message over, in as many transactions as its recipients need."""

    def __init__(self, job: Job, data: bytes, may_send: tp.Callable[[], bool]) -> None:
        """Make one.

        Args:
            may_send: False when another worker may have taken the message.

        Raises:
            ValueError: it is one that no server may hear of.
        """
        if simulation.split(job).simulated.recipients:
            raise ValueError("a simulated recipient is never handed to a server")
        self.results: list[Result] = []
        #: Recipients that have no result yet.
        self.pending: _Recipients = list(job.recipients)
        self._job = job
        self._outgoing = Outgoing(data)
        self._may_send = may_send

    async def go_on(self, connection: Connection, fresh: bool) -> None:
        """Make the next transaction.

        Afterwards fewer are pending, or the connection is not usable: one that was
        not fresh may have been closed while it was idle, which is no failure.

        Raises:
            CannotOpen: the server takes no message from this relay.
        """
        if not self._may_send():
            self._end(self.pending, CLAIM_LOST)
            return
        self._refuse_beyond_ascii(connection)
        part = self.pending[: connection.recipients_max]
        if not part:
            return
        addresses = [address for _, address in part]
        try:
            done = await connection.send(
                self._job.sender,
                addresses,
                self._outgoing,
                self._may_send,
                str(submitter.Submitter(self._job.id, self._job.lane.tenant_id)),
            )
        except Unsendable as error:
            self.fail(error)
            return
        if done.broken and not done.begun and not fresh:
            return
        again = _too_many(done)
        if again:
            connection.recipients_max = done.accepted_before(again[0])
        self._settle(part, done, again)
        if self.pending and not _may_go_on(connection, done):
            self._give_up(done)

    def fail(self, error: Unsendable) -> None:
        """End what is pending: it can never be sent so."""
        self._take(self.pending, _like(states.FAILED, error.reason, cause=error.cause))

    def end(self, reason: str) -> None:
        """End what is pending for a reason of our own."""
        self._take(self.pending, _like(states.FAILED, reason))

    def cannot_open(self, error: CannotOpen) -> None:
        """End what is pending: the server cannot be used now."""
        self._take(
            self.pending,
            _like(states.DEFERRED, error.reason, error.reply, cause=error.cause),
        )

    def _refuse_beyond_ascii(self, connection: Connection) -> None:
        if "SMTPUTF8" in connection.extensions:
            return
        cause = "the server does not offer SMTPUTF8 (RFC 6531) for this address"
        self._take(
            [one for one in self.pending if not one[1].isascii()],
            _like(states.FAILED, "smtputf8_not_offered", cause=cause),
        )

    def _settle(
        self, part: _Recipients, done: MailTransaction, again: list[int]
    ) -> None:
        """Take what is decided, which leaves those for the next transaction."""
        for index, (one, answer) in enumerate(zip(part, done.answers, strict=True)):
            if index not in again:
                self._take([one], _result(answer, done))

    def _give_up(self, done: MailTransaction) -> None:
        """End what is pending by what the server has said of the whole message."""
        for answer in done.answers:
            if answer is not None and _is_for_all(answer):
                self._take(self.pending, _result(answer, done))
                return
        self._end(self.pending, done.broken or LOST, done.cause)

    def _end(self, recipients: _Recipients, reason: str, cause: str = "") -> None:
        self._take(recipients, _like(states.DEFERRED, reason, cause=cause))

    def _take(self, recipients: _Recipients, like: Result) -> None:
        """Write down a result for some of those that are pending."""
        ended = {at for at, _ in recipients}
        self.results += [
            dataclasses.replace(like, position=at, address=to) for at, to in recipients
        ]
        self.pending = [one for one in self.pending if one[0] not in ended]


def _like(
    state: str,
    reason: str,
    reply: Reply | None = None,
    hard: bool = False,
    cause: str = "",
) -> Result:
    """Return a result of nobody yet."""
    told: tuple[int | None, str | None, str | None] = (None, None, None)
    if reply is not None:
        told = (reply.code, reply.enhanced, reply.text.strip("\n"))
    return Result(0, "", state, reason, *told, hard, cause)


def _result(answer: DecidingReply | None, done: MailTransaction) -> Result:
    if answer is None:
        return _like(states.DEFERRED, done.broken, cause=done.cause)
    found = verdict.judge(answer.step, answer.reply)
    return _like(found.state, found.reason, answer.reply, found.hard)


def _too_many(done: MailTransaction) -> list[int]:
    """Return the positions that the next transaction may take at once.

    The server takes only so many in one transaction (RFC 5321 section 4.5.3.1.10).
    """
    over = [
        index
        for index, answer in enumerate(done.answers)
        if answer is not None
        and answer.step == verdict.RCPT
        and verdict.is_too_many(answer.reply)
    ]
    # Without one that was accepted before, the next one would come to the same.
    if done.broken or not over or not done.accepted_before(over[0]):
        return []
    if done.accepted_before(over[0]) == len(done.accepted):
        return over
    # More were accepted after it: it was no number, unless the server says so.
    return [at for at in over if _says_too_many(done.answers[at])]


def _says_too_many(answer: DecidingReply | None) -> bool:
    return answer is not None and answer.reply.enhanced is not None


def _may_go_on(connection: Connection, done: MailTransaction) -> bool:
    """Tell whether the next transaction makes sense, here or over a new connection."""
    if any(one is not None and _is_for_all(one) for one in done.answers):
        return False
    sent = any(
        one is not None and one.step == verdict.DATA and one.reply.ok
        for one in done.answers
    )
    return sent or connection.usable


def _is_for_all(answer: DecidingReply) -> bool:
    """Tell whether other recipients would get the same answer."""
    if answer.reply.code == CLOSING or answer.step == verdict.MAIL:
        return True
    return answer.step == verdict.DATA and 400 <= answer.reply.code < 500
