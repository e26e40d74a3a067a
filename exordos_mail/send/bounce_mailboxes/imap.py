# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A session of IMAP (RFC 3501), with UIDPLUS (4315), MOVE (6851) and IDLE (2177)."""

import base64
import collections.abc as abc
import itertools

from exordos_mail.send.attachments.connect import Guard
from exordos_mail.send.bounce_mailboxes import imap_reply
from exordos_mail.send.bounce_mailboxes import source as sources
from exordos_mail.send.bounce_mailboxes.fault import Fault
from exordos_mail.send.bounce_mailboxes.imap_reply import ImapReply, ImapStatus
from exordos_mail.send.bounce_mailboxes.source import (
    Fetched,
    Listed,
    MailSource,
    Opened,
)
from exordos_mail.send.bounce_mailboxes.wire import ANSWER_MAX, LINE_MAX, MailWire
from exordos_mail.standards import bounce_mailbox as rules

#: UIDs of one command.
_SET = 100
_LITERALS = 20
#: Octets of a line of a list.
_LISTED_OCTETS = 80
#: Octets that a mail may be longer than the server said; some count line ends so.
SLACK = 64 * 1024


class ImapSession:
    """A connection that has logged in; see MailSession."""

    def __init__(self, source: MailSource, wire: MailWire) -> None:
        self._source, self._wire = source, wire
        self._tags = itertools.count(1)
        self._capabilities: frozenset[str] = frozenset()
        self._folder = imap_reply.quoted(rules.encode(source.folder))
        #: How the last command has ended.
        self._status = ImapStatus("", b"")
        self._exists = 0
        #: Mail has come since the folder was listed.
        self._has_news = False

    @classmethod
    async def begin(
        cls, source: MailSource, wire: MailWire, guard: Guard
    ) -> "ImapSession":
        """Connect and log in."""
        await wire.connect(guard)
        made = cls(source, wire)
        greeting = await made._reply()
        if not greeting.text.upper().startswith(b"* OK"):
            raise made._fault(_WRONG)
        await made._ask_capabilities()
        if source.tls == rules.STARTTLS:
            if not await made._done(b"STARTTLS"):
                raise made._fault("offers no STARTTLS; nothing was sent in clear")
            await wire.start_tls()
            # What was offered before TLS is forgotten.
            await made._ask_capabilities()
        await made._log_in()
        await made._ask_capabilities()
        return made

    async def open(self, writable: bool) -> Opened:
        """Open the folder."""
        verb, validity = (b"SELECT " if writable else b"EXAMINE "), None
        async for reply in self._replies(verb + self._folder):
            if reply.code is not None and reply.code[0] == "UIDVALIDITY":
                validity = reply.code[1]
        if not self._status.ok:
            raise self._fault(
                f"does not open the folder {self._source.folder}: is this its name?",
                self._status.passes,
            )
        if validity is None:
            raise self._fault("gives the mails of the folder no lasting numbers")
        if writable and self._status.has(b"READ-ONLY"):
            raise self._fault(
                "lets the user change nothing in the folder: `after` has to be keep"
            )
        return Opened(self._exists, validity)

    async def listed(self, after: int) -> list[Listed]:
        """Return the mails with higher UIDs, in their order."""
        found: dict[int, int] = {}
        self._has_news = False
        if self._exists == 0:
            return []
        command = f"UID FETCH {after + 1}:* (UID RFC822.SIZE)".encode()
        most = ANSWER_MAX + min(self._exists, sources.LISTED_MAX) * _LISTED_OCTETS
        async for reply in self._replies(command, most):
            uid = reply.uid
            # `*` is the last mail also where its UID is lower.
            if uid is not None and uid > after and len(found) < sources.LISTED_MAX:
                found[uid] = reply.size
        self._demand("does not list the mails of the folder")
        return [Listed(str(uid), uid, found[uid]) for uid in sorted(found)]

    async def fetched(self, ones: abc.Sequence[Listed]) -> abc.AsyncIterator[Fetched]:
        """Yield mails in the order in which they come."""
        left = {one.number: one for one in ones}
        uids = imap_reply.uid_set(left)
        room = {one.number: 2 * one.size + SLACK for one in ones}
        most = sum(room.values())
        literal = min(max(room.values()), sources.MAIL_MAX + SLACK)
        command = b"UID FETCH " + uids + b" (UID BODY.PEEK[])"
        async for reply in self._replies(command, ANSWER_MAX + most, literal):
            body = reply.body
            one = left.pop(reply.uid or 0, None) if body is not None else None
            if one is not None:
                yield one, body
        self._demand("does not give a mail of the folder")
        for one in left.values():
            yield one, None

    async def remove(self, uids: abc.Sequence[str]) -> None:
        """Move or delete mails."""
        await self.check()
        for start in range(0, len(uids), _SET):
            some = imap_reply.uid_set(map(int, uids[start : start + _SET]))
            await self._remove(some)

    async def _remove(self, uids: bytes) -> None:
        source = self._source
        if source.after == rules.MOVE:
            target = imap_reply.quoted(rules.encode(source.move_to or ""))
            with_move = "MOVE" in self._capabilities
            verb = b"UID MOVE " if with_move else b"UID COPY "
            await self._run(verb + uids + b" " + target)
            self._demand(
                f"does not move mail to {source.move_to}: it is full, or not there"
            )
            if with_move:
                return
        await self._run(b"UID STORE " + uids + rb" +FLAGS.SILENT (\Deleted)")
        self._demand("does not delete mail")
        # Not EXPUNGE, which deletes what others have marked.
        await self._run(b"UID EXPUNGE " + uids)
        self._demand("does not delete mail")

    async def check(self) -> None:
        """Find out whether mail can be moved or deleted."""
        source, can = self._source, self._capabilities
        needed = {"UIDPLUS"} if source.after == rules.DELETE else {"UIDPLUS", "MOVE"}
        if source.after != rules.KEEP and not can & needed:
            raise self._fault(
                "cannot delete single mails (UIDPLUS, RFC 4315): `after` has to be keep"
            )
        if source.after == rules.MOVE:
            target = imap_reply.quoted(rules.encode(source.move_to or ""))
            if not await self._done(b"STATUS " + target + b" (MESSAGES)"):
                raise self._fault(f"has no folder {source.move_to} to move mail to")

    @property
    def tells(self) -> bool:
        """Tell whether the server tells that mail has come."""
        return "IDLE" in self._capabilities

    async def wait(self, seconds: float) -> bool:
        """Wait until mail has come (RFC 2177)."""
        if self._has_news:
            return True
        tag = self._send(b"IDLE")
        reply = await self._reply()
        if reply.text.startswith(b"+"):
            await self._idle(seconds)
            self._wire.send(b"DONE\r\n")
            reply = await self._reply()
        await self._finish(tag, reply)
        return self._has_news

    async def _idle(self, seconds: float) -> None:
        end = self._wire.loop.time() + seconds
        while not self._has_news and (left := end - self._wire.loop.time()) > 0:
            # Servers say `* OK Still here` from time to time.
            line = await self._wire.line_or_none(left)
            if line is None:
                return
            self._know(ImapReply(line))

    async def end(self) -> None:
        """Say good-bye."""
        self._wire.send(b"z LOGOUT\r\n")
        self._wire.close()

    def abort(self) -> None:
        """Hang up."""
        self._wire.abort()

    # Commands.

    async def _log_in(self) -> None:
        source = self._source
        if "AUTH=PLAIN" in self._capabilities:
            said = f"\0{source.username}\0{source.password}".encode()
            tag = self._send(b"AUTHENTICATE PLAIN")
            reply = await self._reply()
            if reply.text.startswith(b"+"):
                self._wire.send(base64.b64encode(said) + b"\r\n")
                reply = await self._reply()
            await self._finish(tag, reply)
        elif "LOGINDISABLED" in self._capabilities:
            raise self._fault("takes no password from anybody (LOGINDISABLED)")
        elif not (source.username + source.password).isascii():
            raise self._fault("takes no user name or password beyond ASCII")
        else:
            words = (source.username.encode(), source.password.encode())
            await self._run(b"LOGIN " + b" ".join(map(imap_reply.quoted, words)))
        if not self._status.ok and self._status.passes:
            raise self._fault("lets nobody in for now", passes=True)
        self._demand("refuses the user name or the password", passes=False)

    async def _ask_capabilities(self) -> None:
        async for reply in self._replies(b"CAPABILITY"):
            self._capabilities = reply.capabilities or self._capabilities

    async def _done(self, command: bytes) -> bool:
        await self._run(command)
        return self._status.ok

    async def _run(self, command: bytes) -> None:
        async for _ in self._replies(command):
            pass

    def _send(self, command: bytes, most: int = ANSWER_MAX) -> bytes:
        tag = b"x%d" % next(self._tags)
        self._wire.expect(most)
        self._wire.send(tag + b" " + command + b"\r\n")
        return tag

    async def _replies(
        self, command: bytes, most: int = ANSWER_MAX, literal: int = LINE_MAX
    ) -> abc.AsyncIterator[ImapReply]:
        """Yield what is said before the command has ended; `_status` is how.

        Args:
            most: octets of all.
            literal: octets of a literal.
        """
        tag = self._send(command, most)
        while True:
            reply = await self._reply(literal)
            if reply.text.startswith(tag + b" "):
                await self._finish(tag, reply)
                return
            yield reply

    async def _finish(self, tag: bytes, reply: ImapReply) -> None:
        while not reply.text.startswith(tag + b" "):
            reply = await self._reply()
        word, _, text = reply.text[len(tag) + 1 :].partition(b" ")
        self._status = ImapStatus(word.decode("ascii", "replace").upper(), text)

    async def _reply(self, literal: int = LINE_MAX) -> ImapReply:
        text, literals = b"", list[bytes]()
        while True:
            line = (await self._wire.line()).replace(imap_reply.MARK, b"?")
            found = imap_reply.LITERAL.search(line)
            text += line[: found.start()] + imap_reply.MARK if found else line
            if len(text) > 2 * LINE_MAX or len(literals) > _LITERALS:
                raise self._fault(_WRONG)
            if found is None:
                break
            if int(found[1]) > literal:
                raise self._fault("sends a mail that is longer than it said")
            literals.append(await self._wire.exactly(int(found[1])))
        if text.upper().startswith(b"* BYE"):
            raise self._fault("ends the session", passes=True)
        made = ImapReply(text, tuple(literals))
        self._know(made)
        return made

    def _know(self, reply: ImapReply) -> None:
        if reply.exists is not None:
            self._exists, self._has_news = reply.exists, True

    def _demand(self, what: str, passes: bool | None = None) -> None:
        """Raise a Fault unless the last command went well."""
        if not self._status.ok:
            raise self._fault(what, self._status.passes if passes is None else passes)

    def _fault(self, what: str, passes: bool = False) -> Fault:
        return Fault(f"{self._source.where} {what}", passes)


_WRONG = "does not speak IMAP as it should"
