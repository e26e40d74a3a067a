# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""Commands and replies of one connection, each reply to its command.

A server whose replies are out of step has answered something else than it seems: its
250 may be to an earlier command. So a command is written only while nothing waits to
be read, and a reply must be one of those that its step may have.
"""

import collections.abc as abc

from exordos_mail.send.smtp import octets
from exordos_mail.send.smtp.reply import CLOSING, Parser, Reply, ReplyError
from exordos_mail.send.smtp.stream import Stream

#: Octets of a message that are written together with the final dot.
_AT_ONCE = 64 * 1024
_OUT_OF_STEP = "the server has sent more replies than it got commands"


class Dialogue:
    """Speaks with one server."""

    def __init__(self, stream: Stream, timeout: float) -> None:
        """Make it.

        Args:
            timeout: seconds for each reply, and for each part of a message.
        """
        self.stream = stream
        #: What EHLO has offered: keyword, in upper case, and its parameters.
        self.extensions: dict[str, str] = {}
        #: What the server was last asked for.
        self.step = "connection"
        self._timeout = timeout
        self._parser = Parser()

    async def command(self, line: str, good: abc.Set[int], step: str = "") -> Reply:
        """Write one command and return its reply.

        Args:
            good: codes that mean "go on".
            step: what to call a command whose first word must not be told.

        Raises:
            Unsendable, StreamLost, ReplyError: there is no reply to it.
        """
        farewell = await self.unasked()
        if farewell is not None:
            return farewell
        await self.write([line])
        return await self.reply(step or line.partition(" ")[0], good)

    async def write(self, lines: list[str]) -> None:
        """Write commands without waiting for replies (RFC 2920)."""
        for line in lines:
            octets.check_command(line)
        data = "".join(f"{line}\r\n" for line in lines).encode()
        await self.stream.write(data, self._timeout)

    async def message(self, data: bytes, still_ours: abc.Callable[[], bool]) -> bool:
        """Write a message and its final dot; False: it was not ended.

        Args:
            still_ours: asked just before the dot, which is what sends it.
        """
        stuffed = octets.stuffed(data)
        if len(stuffed) > _AT_ONCE:
            # It takes a while to be written; what happens meanwhile counts.
            await self.stream.write(stuffed[:-3], self._timeout)
            stuffed = stuffed[-3:]
        if self.stream.waiting or not still_ours():
            return False
        await self.stream.write(stuffed, self._timeout)
        return True

    async def reply(
        self, step: str, good: abc.Set[int], seconds: float | None = None
    ) -> Reply:
        """Return the next reply.

        Args:
            step: what it must be the answer to, as a cause may show it.
            seconds: how long to wait, if not the usual time.

        Raises:
            StreamLost: none comes.
            ReplyError: it is none, or cannot be the answer to this step.
        """
        self.step = step
        found = await self._next(self._timeout if seconds is None else seconds)
        if found.code not in good and not found.refused:
            raise ReplyError(f"{found.code} is no answer to {step}")
        return found

    async def unasked(self) -> Reply | None:
        """Return what the server has said unasked: its farewell (421), or nothing.

        Raises:
            ReplyError: it is something else.
        """
        found = await self.early()
        if found is not None and found.code != CLOSING:
            raise ReplyError(_OUT_OF_STEP)
        return found

    async def early(self) -> Reply | None:
        """Return a refusal that came before it was asked for, or nothing.

        Raises:
            ReplyError: it is none.
        """
        if not self.stream.waiting:
            return None
        found = await self._next(self._timeout)
        if not found.refused:
            raise ReplyError(_OUT_OF_STEP)
        return found

    async def _next(self, seconds: float) -> Reply:
        with self.stream.deadline(seconds):
            while (reply := self._parser.line(await self.stream.line())) is None:
                pass
        return reply
