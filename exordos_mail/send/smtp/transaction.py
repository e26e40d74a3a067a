# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""One mail transaction: MAIL, RCPT for each recipient, DATA, the message.

Every reply that was read counts, also when the connection ends before the next one.
Only replies that are known to be out of step do not (RFC 5321 section 4.3.2).
"""

import collections.abc as abc
import dataclasses

from exordos_mail.send.smtp import reply as replies
from exordos_mail.send.smtp import verdict
from exordos_mail.send.smtp.dialogue import Dialogue
from exordos_mail.send.smtp.reply import CLOSING, Reply, ReplyError
from exordos_mail.send.smtp.stream import StreamLost

#: Why a recipient has no answer.
TIMEOUT, LOST, NOT_SMTP = "timeout", "connection_lost", "not_smtp"
CLAIM_LOST = "claim_lost"


@dataclasses.dataclass(frozen=True)
class DecidingReply:
    """The reply that decided about a recipient, and to which step it was."""

    step: str
    reply: Reply


@dataclasses.dataclass(frozen=True)
class Envelope:
    """What a transaction writes before the message."""

    #: MAIL with its parameters.
    mail: str
    recipients: abc.Sequence[str]

    @property
    def commands(self) -> list[str]:
        """Return everything up to DATA."""
        return [self.mail, *map(_rcpt, self.recipients), "DATA"]


class MailTransaction:
    """What the server has said; see `run`."""

    def __init__(self, dialogue: Dialogue, envelope: Envelope, end_timeout: float):
        """Make one.

        Args:
            end_timeout: seconds for the answer to the final dot.
        """
        #: By recipient; None: it has no answer, `broken` says why.
        self.answers: list[DecidingReply | None] = [None] * len(envelope.recipients)
        #: TIMEOUT, LOST, NOT_SMTP or CLAIM_LOST, when the connection cannot be used
        #: any more; else empty.
        self.broken = ""
        #: The same for people.
        self.cause = ""
        #: The server has begun with it. If not, another connection may try again.
        self.begun = False
        #: Positions of the recipients that the server has accepted.
        self.accepted: list[int] = []
        self._dialogue = dialogue
        self._envelope = envelope
        self._end_timeout = end_timeout
        #: Replies and commands are known to be in step.
        self._in_step = False

    def accepted_before(self, index: int) -> int:
        """Return how many recipients before a position were accepted."""
        return sum(one < index for one in self.accepted)

    async def run(self, data: bytes, still_ours: abc.Callable[[], bool]) -> None:
        """Hand one message over.

        Args:
            data: with CRLF line ends.
            still_ours: False when another worker may have taken the message.
        """
        try:
            go_ahead = await self._open()
            if go_ahead is not None and go_ahead.code in replies.DATA:
                await self._message(data, still_ours)
            elif not self.broken:
                await self._check_step()
        except StreamLost as error:
            self._break(TIMEOUT if error.timed_out else LOST, self._cause(error))
        except ReplyError as error:
            if not self._in_step:
                self.answers = [None] * len(self.answers)
            self._break(NOT_SMTP, str(error))
        finally:
            if self.broken:
                self._dialogue.stream.abort()

    async def _open(self) -> Reply | None:
        """Return the reply to DATA; None when there was no DATA."""
        if "PIPELINING" in self._dialogue.extensions:
            return await self._pipelined()
        return await self._step_by_step()

    async def _pipelined(self) -> Reply | None:
        farewell = await self._dialogue.unasked()
        if farewell is not None:
            self._close(farewell)
            return None
        await self._dialogue.write(self._envelope.commands)
        mail = await self._dialogue.reply("MAIL", replies.MAIL)
        if not self._mail(mail):
            return None
        for index in range(len(self.answers)):
            found = await self._dialogue.reply("RCPT", replies.RCPT)
            if not self._recipient(index, found, mail):
                return None
        return self._data(await self._dialogue.reply("DATA", replies.DATA))

    async def _step_by_step(self) -> Reply | None:
        mail = await self._dialogue.command(self._envelope.mail, replies.MAIL)
        if not self._mail(mail) or not mail.ok:
            return None
        for index, recipient in enumerate(self._envelope.recipients):
            found = await self._dialogue.command(_rcpt(recipient), replies.RCPT)
            if not self._recipient(index, found, mail):
                return None
        if not self.accepted:
            return None
        return self._data(await self._dialogue.command("DATA", replies.DATA))

    def _mail(self, reply: Reply) -> bool:
        """Take the answer to MAIL; False: nothing more is to be read."""
        if reply.code == CLOSING:
            self._close(reply, verdict.MAIL)
            return False
        self.begun = True
        if not reply.ok:
            self.answers = [DecidingReply(verdict.MAIL, reply)] * len(self.answers)
        return True

    def _recipient(self, index: int, reply: Reply, mail: Reply) -> bool:
        """Take the answer to RCPT; False: nothing more is to be read."""
        if reply.code == CLOSING:
            self._close(reply, verdict.RCPT)
            return False
        if not mail.ok:
            if reply.ok:
                # The end of a message would send an empty one.
                raise ReplyError("a recipient is accepted of a refused sender")
            return True
        if reply.ok:
            self.accepted.append(index)
        else:
            self.answers[index] = DecidingReply(verdict.RCPT, reply)
        return True

    def _data(self, reply: Reply) -> Reply | None:
        """Take the answer to DATA; None: the connection ends."""
        if reply.code == CLOSING:
            self._close(reply, verdict.DATA)
            return None
        if reply.refused:
            self._answer(DecidingReply(verdict.DATA, reply))
        return reply

    async def _message(self, data: bytes, still_ours: abc.Callable[[], bool]) -> None:
        farewell = await self._dialogue.unasked()
        if farewell is not None:
            self._close(farewell, verdict.DATA)
            return
        self._in_step = True
        if not self.accepted:
            # It waits for a message all the same (RFC 2920 section 3.1).
            await self._dialogue.message(b"", _always)
        elif not await self._written(data, still_ours):
            await self._unended()
            return
        final = await self._dialogue.reply(
            "the end of the message", replies.END, self._end_timeout
        )
        if final.code == CLOSING:
            self._close(final, verdict.DATA)
        else:
            self._answer(DecidingReply(verdict.DATA, final))

    async def _written(self, data: bytes, still_ours: abc.Callable[[], bool]) -> bool:
        self._dialogue.step = "DATA"
        try:
            return await self._dialogue.message(data, still_ours)
        except StreamLost as error:
            if error.timed_out or not self._dialogue.stream.waiting:
                raise
            # Closed in the middle of the message, and it has said why.
            return False

    async def _unended(self) -> None:
        """Take what the server has said before the final dot, which is not written."""
        early = await self._dialogue.early()
        if early is None:
            self._break(CLAIM_LOST, "another worker may have this message by now")
        else:
            self._answer(DecidingReply(verdict.DATA, early))
            self._break(LOST, "the server has answered before the message's end")

    async def _check_step(self) -> None:
        """Reset a transaction that was refused, and see that all was in step.

        A reply too many would make somebody else's refusal that of a recipient.
        """
        try:
            reply = await self._dialogue.command("RSET", replies.RSET)
        except StreamLost:
            # Refused and closed: what it has said before is said.
            self._dialogue.stream.abort()
            return
        if not reply.ok:
            if reply.code != CLOSING:
                raise ReplyError(f"{reply.code} is no answer to RSET")
            self._dialogue.stream.abort()
        elif self._dialogue.stream.waiting:
            await self._dialogue.unasked()
            self._dialogue.stream.abort()

    def _close(self, farewell: Reply, step: str = verdict.MAIL) -> None:
        """Take a 421: it is the answer to all that have none, and the last one."""
        if self.begun:
            self._answer(DecidingReply(step, farewell))
        else:
            self.answers = [DecidingReply(step, farewell)] * len(self.answers)
        self._break(LOST, "the server has closed the connection with 421")

    def _answer(self, answer: DecidingReply) -> None:
        self.answers = [one or answer for one in self.answers]

    def _break(self, reason: str, cause: str) -> None:
        self.broken, self.cause = reason, cause

    def _cause(self, error: StreamLost) -> str:
        what = "no answer in time" if error.timed_out else "the connection ended"
        return f"{what}, after {self._dialogue.step}"


def _rcpt(recipient: str) -> str:
    return f"RCPT TO:<{recipient}>"


def _always() -> bool:
    return True
