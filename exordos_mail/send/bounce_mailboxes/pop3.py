# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A session of POP3 (RFC 1939), with STLS (RFC 2595)."""

import collections.abc as abc
import re

from exordos_mail.send.attachments.connect import Guard
from exordos_mail.send.bounce_mailboxes import source as sources
from exordos_mail.send.bounce_mailboxes.fault import Fault
from exordos_mail.send.bounce_mailboxes.source import (
    Fetched,
    Listed,
    MailSource,
    Opened,
)
from exordos_mail.send.bounce_mailboxes.wire import ANSWER_MAX, MailWire
from exordos_mail.standards import bounce_mailbox as rules

#: What ends an answer of several lines.
_END, _END_ALONE = b"\r\n.\r\n", b".\r\n"
_UIDL = re.compile(rb"([0-9]{1,10}) +([\x21-\x7e]{1,70}) *\Z")
_LIST = re.compile(rb"([0-9]{1,10}) +([0-9]{1,15})\b")
_STAT = re.compile(rb"\+OK +([0-9]{1,10})\b")
#: RFC 2449 section 8 and RFC 3206: it may be better in a moment.
_PASSING = re.compile(rb"-ERR +\[(?:IN-USE|LOGIN-DELAY|SYS/TEMP)", re.IGNORECASE)
#: Octets of a line of UIDL or LIST.
_LISTED_OCTETS = 128
SLACK = 64 * 1024


class Pop3Session:
    """A connection that has logged in; see MailSession."""

    def __init__(self, source: MailSource, wire: MailWire) -> None:
        self._source, self._wire = source, wire
        self._messages = 0
        #: Numbers by unique id.
        self._numbers: dict[str, int] = {}

    @classmethod
    async def begin(
        cls, source: MailSource, wire: MailWire, guard: Guard
    ) -> "Pop3Session":
        """Connect and log in."""
        await wire.connect(guard)
        made = cls(source, wire)
        greeting = await wire.line()
        if not greeting.startswith(b"+OK"):
            raise made._fault("does not speak POP3 as it should")
        if source.tls == rules.STARTTLS:
            if not (await made._command(b"STLS")).startswith(b"+OK"):
                raise made._fault("offers no STLS; nothing was sent in clear")
            await wire.start_tls()
        await made._log_in()
        return made

    async def open(self, writable: bool) -> Opened:
        """Return how many mails there are."""
        answer = await self._command(b"STAT")
        found = _STAT.match(answer)
        if found is None:
            raise self._fault("does not tell how many mails there are")
        self._messages = int(found[1])
        return Opened(self._messages, None)

    async def listed(self, after: int) -> list[Listed]:
        """Return all mails, in their order."""
        if self._messages > sources.LISTED_MAX:
            raise self._fault(
                f"has more than {sources.LISTED_MAX} mails: delete some, or use IMAP"
            )
        uids = await self._list(b"UIDL", _UIDL)
        sizes = await self._list(b"LIST", _LIST)
        self._numbers = {uid.decode(): number for number, uid in uids.items()}
        return [
            Listed(uid, number, int(sizes.get(number, b"0")))
            for uid, number in self._numbers.items()
        ]

    async def _list(self, command: bytes, form: re.Pattern[bytes]) -> dict[int, bytes]:
        most = ANSWER_MAX + self._messages * _LISTED_OCTETS
        answer = await self._command(command, most)
        if not answer.startswith(b"+OK"):
            raise self._fault(f"does not know {command.decode()}: use IMAP")
        found: dict[int, bytes] = {}
        while (line := await self._wire.line()) != b".":
            row = form.match(line)
            if row is not None:
                found[int(row[1])] = row[2]
        return found

    async def fetched(self, ones: abc.Sequence[Listed]) -> abc.AsyncIterator[Fetched]:
        """Yield mails."""
        for one in ones:
            # Lines may have got a dot more.
            most = min(2 * one.size, sources.MAIL_MAX) + SLACK
            answer = await self._command(b"RETR %d" % one.number, ANSWER_MAX + most)
            if not answer.startswith(b"+OK"):
                raise self._fault("does not give a mail of the folder")
            yield one, await self._body()

    async def _body(self) -> bytes:
        body = bytearray()
        while not (body.endswith(_END) or body == _END_ALONE):
            body += await self._wire.some()
        text = bytes(body[: -len(_END_ALONE)]).replace(b"\r\n..", b"\r\n.")
        return text[1:] if text.startswith(b"..") else text

    async def remove(self, uids: abc.Sequence[str]) -> None:
        """Delete mails."""
        for uid in uids:
            if uid not in self._numbers:
                continue
            answer = await self._command(b"DELE %d" % self._numbers[uid])
            if not answer.startswith(b"+OK"):
                raise self._fault("does not delete mail: `after` has to be keep")

    async def check(self) -> None:
        """Find out whether there are unique ids; whatever is there can be deleted."""
        await self._list(b"UIDL", _UIDL)

    @property
    def tells(self) -> bool:
        """Return False: the server cannot tell that mail has come."""
        return False

    async def wait(self, seconds: float) -> bool:
        """Return False: nobody asks, where the server cannot tell."""
        return False

    async def end(self) -> None:
        """Have removals take effect."""
        answer = await self._command(b"QUIT")
        self._wire.close()
        if not answer.startswith(b"+OK"):
            raise self._fault("does not delete mail", passes=True)

    def abort(self) -> None:
        """Hang up; nothing is removed."""
        self._wire.abort()

    async def _log_in(self) -> None:
        for word, value in (
            (b"USER", self._source.username),
            (b"PASS", self._source.password),
        ):
            answer = await self._command(word + b" " + value.encode())
            if _PASSING.match(answer):
                raise self._fault("lets nobody in for now", passes=True)
            if not answer.startswith(b"+OK"):
                raise self._fault("refuses the user name or the password")

    async def _command(self, command: bytes, most: int = ANSWER_MAX) -> bytes:
        self._wire.expect(most)
        self._wire.send(command + b"\r\n")
        return await self._wire.line()

    def _fault(self, what: str, passes: bool = False) -> Fault:
        return Fault(f"{self._source.where} {what}", passes)
