# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A real SMTP server that does to each recipient what the test says."""

import asyncio
import collections
import dataclasses
import ssl
import threading
import typing as tp

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.integration.support import waiting

#: When an action of one word happens.
_STAGES = {"cut": "data", "cut-after": "end", "hang": "end", "slow": "end"}
#: Seconds that `slow` takes.
SLOW = 0.3


@dataclasses.dataclass
class Taken:
    """A message that was answered with 250, or about to be."""

    sender: str
    recipients: list[str]
    data: bytes
    #: How the client introduced itself.
    ehlo: str = ""
    #: The parameter AUTH of MAIL (RFC 4954 section 5).
    submitter: str = ""

    @property
    def text(self) -> str:
        """Return the message as text."""
        return self.data.decode("utf-8", "surrogateescape")


class _Server(SMTP):
    async def smtp_MAIL(self, arg: str | None) -> None:
        # aiosmtpd knows AUTH, but not as a parameter.
        rest, _, self.envelope.submitter = (arg or "").partition(" AUTH=")
        await super().smtp_MAIL(rest or None)

    async def smtp_DATA(self, arg: str) -> None:
        script = self.event_handler
        steps = [script.step(to, "data") for to in self.envelope.rcpt_tos]
        if "cut" in steps:
            await self.push("354 go on")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class Script:
    """What happens to each recipient, in the order of the attempts.

    Actions: `451 …` and other replies to RCPT; `data: 554 …` to the message;
    `cut` in DATA before the final dot; `cut-after` it; `hang` after it; `slow`:
    taken after a while.
    """

    def __init__(self) -> None:
        self.actions: dict[str, collections.deque[str]] = {}
        self.taken: list[Taken] = []
        self.sessions: set[int] = set()
        #: How many connections there were at once, at the most.
        self.most_sessions = 0
        self.release = threading.Event()
        #: Recipients that one transaction may have.
        self.recipients_max: int | None = None
        self.slow = SLOW

    def step(self, recipient: str, stage: str) -> str | None:
        """Return and use up the next action if it belongs to this stage."""
        actions = self.actions.get(recipient.partition("@")[0])
        if not actions:
            return None
        first = actions[0]
        of = _STAGES.get(first)
        if of is None:
            of = "end" if first.startswith("data: ") else "rcpt"
        if of != stage:
            return None
        return actions.popleft().removeprefix("data: ")

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        to: str,
        options: tp.Any,
    ) -> str:
        action = self.step(to, "rcpt")
        if len(envelope.rcpt_tos) == self.recipients_max:
            action = "452 4.5.3 too many recipients"
        if action is not None:
            return action
        envelope.rcpt_tos.append(to)
        return "250 2.1.5 fine"

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.sessions.add(id(session))
        taken = Taken(
            envelope.mail_from or "",
            list(envelope.rcpt_tos),
            envelope.content or b"",
            session.host_name or "",
            envelope.submitter,
        )
        for to in envelope.rcpt_tos:
            action = self.step(to, "end")
            if action == "cut-after":
                self.taken.append(taken)
                server.transport.abort()
                return "421 cut"
            if action == "hang":
                while not self.release.is_set():
                    await asyncio.sleep(0.05)
                return "421 4.3.2 too late"
            if action == "slow":
                await asyncio.sleep(self.slow)
            elif action is not None:
                return action
        self.taken.append(taken)
        return "250 2.0.0 taken as 4711"


class Sink:
    """The server, in a thread of its own.

    Not aiosmtpd's Controller: it asks its own server whether it is there, and
    so needs to trust its certificate.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        login: tuple[str, str] | None = None,
        utf8: bool = False,
    ) -> None:
        self._utf8 = utf8
        self.script = Script()
        self.port = waiting.free_port()
        self._tls = tls
        self._implicit = implicit
        self.login = login
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: asyncio.Server | None = None
        self._sessions: list[SMTP] = []

    def start(self) -> None:
        """Begin to listen."""
        self._server = asyncio.run_coroutine_threadsafe(
            self._loop.create_server(
                self._factory,
                "127.0.0.1",
                self.port,
                ssl=self._tls if self._implicit else None,
            ),
            self._loop,
        ).result(10)

    def close(self) -> None:
        """Let go what hangs and end."""
        self.script.release.set()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _factory(self) -> SMTP:
        options: dict[str, tp.Any] = {}
        if self.login is not None:
            options = {
                "authenticator": self._authenticate,
                "auth_required": True,
                "auth_require_tls": self._tls is not None,
            }
        session = _Server(
            self.script,
            tls_context=None if self._implicit else self._tls,
            data_size_limit=2**26,
            enable_SMTPUTF8=self._utf8,
            loop=self._loop,
            **options,
        )
        self._sessions.append(session)
        # This one is not connected yet.
        now = self.open_sessions + 1
        self.script.most_sessions = max(self.script.most_sessions, now)
        return session

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, how: str, data: tp.Any
    ) -> AuthResult:
        wanted = tuple(part.encode() for part in self.login or ())
        good = (data.login, data.password) == wanted
        # Not handled: the server itself says 535.
        return AuthResult(success=good, handled=good)

    @property
    def connections(self) -> int:
        """Return how many connections there have been."""
        return len(self._sessions)

    @property
    def open_sessions(self) -> int:
        """Return how many connections there are."""
        return sum(
            session.transport is not None and not session.transport.is_closing()
            for session in self._sessions
        )

    def do(self, recipient: str, *actions: str) -> None:
        """Say what happens to a recipient's next attempts."""
        self.script.actions[recipient] = collections.deque(actions)

    @property
    def taken(self) -> list[Taken]:
        """Return what was taken so far."""
        return self.script.taken

    def to(self, recipient: str) -> list[Taken]:
        """Return what was taken for a recipient's local part."""
        return [
            one
            for one in self.taken
            if any(to.startswith(f"{recipient}@") for to in one.recipients)
        ]

    def wait_for(self, count: int, seconds: float = 30) -> list[Taken]:
        """Wait until so many messages were taken; return them."""
        waiting.until(
            lambda: len(self.taken) >= count, f"{count} messages at the sink", seconds
        )
        return self.taken
