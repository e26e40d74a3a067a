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

"""A connection to a server, over which messages go one after the other.

A transaction's commands are pipelined where the server allows it (RFC 2920):
one round trip for sender, recipients and DATA, one for the message.
"""

import asyncio
import base64
import dataclasses
import socket
import ssl
import time

from exordos_mail.send.attachments.connect import Guard
from exordos_mail.send.attachments.failures import PermanentFailure, TemporaryFailure
from exordos_mail.send.smtp import verdict
from exordos_mail.send.smtp.reply import Parser, Reply, ReplyError
from exordos_mail.send.smtp.stream import Stream, StreamLost

#: Seconds for TCP and TLS to be set up.
CONNECT_TIMEOUT = 15.0
#: The final reply may take this many times an account's time-out (RFC 5321
#: section 4.5.3.2 asks for the double of the other ones).
FINAL_FACTOR = 2


@dataclasses.dataclass(frozen=True)
class Server:
    """Everything a connection depends on."""

    host: str
    port: int
    #: implicit, starttls or none.
    tls: str
    tls_verify: bool
    username: str | None
    password: str | None
    #: Seconds for one reply.
    timeout: float
    #: Only addresses that the operator's policy permits.
    public_only: bool = False

    @property
    def name(self) -> str:
        """Return host and port, as events name them."""
        return f"{self.host}:{self.port}"


@dataclasses.dataclass(frozen=True)
class Answer:
    """The reply that decided about a recipient, and to which step it was."""

    step: str
    reply: Reply


class CannotOpen(Exception):
    """No transaction is possible with this server now: `reason` says why."""

    def __init__(self, reason: str, reply: Reply | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.reply = reply


class Interrupted(Exception):
    """The connection ended inside of a transaction."""

    def __init__(self, reason: str, answers: dict[int, Answer], begun: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        #: Recipients, by position in the call, that were refused before.
        self.answers = answers
        #: The server has answered something of this transaction.
        self.begun = begun


class Connection:
    """An open connection; see `connect`."""

    def __init__(self, stream: Stream, server: Server) -> None:
        self.server = server
        self.opened_at = time.monotonic()
        #: Transactions so far.
        self.messages = 0
        self._stream = stream
        self._parser = Parser()
        self._extensions: dict[str, str] = {}
        self._dirty = False

    @property
    def usable(self) -> bool:
        """Tell whether another transaction may be tried."""
        # What a server says unasked is its farewell (421).
        return not self._stream.closed and not self._stream.waiting

    async def send(
        self, sender: str, recipients: list[str], data: bytes
    ) -> list[Answer]:
        """Hand over one message; return an answer for each recipient.

        Args:
            data: with CRLF line ends.

        Raises:
            Interrupted: the connection ended.
        """
        self.messages += 1
        answers: dict[int, Answer] = {}
        begun = False
        try:
            if self._dirty:
                await self._command("RSET")
                self._dirty = False
            commands = [
                self._mail(sender, data),
                *(f"RCPT TO:<{recipient}>" for recipient in recipients),
                "DATA",
            ]
            mail, replies, go_ahead = await self._envelope(commands)
            begun = True
            for index, reply in enumerate(replies):
                if not mail.ok:
                    answers[index] = Answer(verdict.MAIL, mail)
                elif not reply.ok:
                    answers[index] = Answer(verdict.RCPT, reply)
            if go_ahead is None or go_ahead.code != 354:
                self._dirty = True
                final = go_ahead or mail
            elif len(answers) == len(recipients):
                # It waits for a message all the same (RFC 2920 section 3.1).
                await self._stream.write(b".\r\n")
                final = await self._reply(FINAL_FACTOR)
            else:
                await self._stream.write(_stuffed(data))
                final = await self._reply(FINAL_FACTOR)
        except StreamLost as error:
            reason = "timeout" if error.timed_out else "connection_lost"
            raise Interrupted(reason, answers, begun) from None
        except ReplyError:
            self._stream.abort()
            raise Interrupted("not_smtp", answers, begun) from None
        if final.code == 421:
            self._stream.abort()
        return [
            answers.get(index, Answer(verdict.DATA, final))
            for index in range(len(recipients))
        ]

    async def close(self) -> None:
        """Say good-bye."""
        try:
            if self.usable:
                await self._stream.write(b"QUIT\r\n")
        except StreamLost:
            return
        finally:
            self._stream.connection_lost(None)

    def abort(self) -> None:
        """End the connection without a word."""
        self._stream.abort()

    def _mail(self, sender: str, data: bytes) -> str:
        command = f"MAIL FROM:<{sender}>"
        if "SIZE" in self._extensions:
            command += f" SIZE={len(data)}"
        if "8BITMIME" in self._extensions and not data.isascii():
            command += " BODY=8BITMIME"
        return command

    async def _envelope(
        self, commands: list[str]
    ) -> tuple[Reply, list[Reply], Reply | None]:
        """Return the replies to MAIL, to each RCPT, and to DATA."""
        if "PIPELINING" in self._extensions:
            await self._stream.write("".join(f"{c}\r\n" for c in commands).encode())
            replies = [await self._reply() for _ in commands]
            return replies[0], replies[1:-1], replies[-1]
        mail = await self._command(commands[0])
        if not mail.ok:
            return mail, [mail] * (len(commands) - 2), None
        replies = [await self._command(command) for command in commands[1:-1]]
        if not any(reply.ok for reply in replies):
            return mail, replies, None
        return mail, replies, await self._command(commands[-1])

    async def _command(self, command: str) -> Reply:
        await self._stream.write(command.encode() + b"\r\n")
        return await self._reply()

    async def _reply(self, factor: int = 1) -> Reply:
        with self._stream.deadline(self.server.timeout * factor):
            while (reply := self._parser.line(await self._stream.line())) is None:
                pass
        return reply

    async def start(self, context: ssl.SSLContext) -> None:
        """Greet, start TLS, log in: everything before the first transaction.

        Raises:
            CannotOpen: one of them failed.
        """
        greeting = await self._reply()
        if greeting.code != 220:
            raise CannotOpen("greeting_refused", greeting)
        await self._hello()
        if self.server.tls == "starttls":
            await self._start_tls(context)
            await self._hello()
        if self.server.username is not None:
            await self._log_in(self.server.username, self.server.password or "")

    async def _hello(self) -> None:
        name = socket.getfqdn() if not _NAME else _NAME[0]
        _NAME[:] = [name]
        reply = await self._command(f"EHLO {name}")
        if not reply.ok:
            reply = await self._command(f"HELO {name}")
            if not reply.ok:
                raise CannotOpen("greeting_refused", reply)
            self._extensions = {}
            return
        lines = [line.upper().partition(" ") for line in reply.text.split("\n")[1:]]
        self._extensions = {name: value for name, _, value in lines}

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        # Never in clear text when TLS was asked for.
        if "STARTTLS" not in self._extensions:
            raise CannotOpen("starttls_not_offered")
        reply = await self._command("STARTTLS")
        if reply.code != 220:
            raise CannotOpen("starttls_refused", reply)
        if self._stream.waiting:
            # Put in before the TLS by somebody between (CVE-2011-0411).
            raise CannotOpen("tls_failed")
        with self._stream.deadline(CONNECT_TIMEOUT):
            await self._stream.start_tls(context, self.server.host)

    async def _log_in(self, username: str, password: str) -> None:
        methods = self._extensions.get("AUTH", "").split()
        if "PLAIN" in methods:
            reply = await self._command(
                "AUTH PLAIN " + _base64(f"\0{username}\0{password}")
            )
        elif "LOGIN" in methods:
            reply = await self._command("AUTH LOGIN")
            for word in (username, password):
                if reply.code == 334:
                    reply = await self._command(_base64(word))
        else:
            raise CannotOpen("auth_not_offered")
        if reply.code != 235:
            raise CannotOpen("auth_failed", reply)


#: This machine's name, looked up once: a look-up may block.
_NAME: list[str] = []


async def connect(server: Server, guard: Guard) -> Connection:
    """Return a connection that is ready for messages.

    Args:
        guard: judges the addresses of a server that is `public_only`.

    Raises:
        CannotOpen: the server cannot be reached, or does not let us in.
    """
    context = _tls(server)
    try:
        stream = await asyncio.wait_for(
            _reach(server, guard, context if server.tls == "implicit" else None),
            CONNECT_TIMEOUT,
        )
    except PermanentFailure:
        raise CannotOpen("address_not_allowed") from None
    except (asyncio.TimeoutError, TimeoutError):
        raise CannotOpen("connect_timeout") from None
    except ssl.SSLError:
        raise CannotOpen("tls_failed") from None
    except (OSError, UnicodeError, TemporaryFailure):
        raise CannotOpen("connect_failed") from None
    connection = Connection(stream, server)
    try:
        await connection.start(context)
    except BaseException as error:
        connection.abort()
        if isinstance(error, StreamLost):
            reason = "timeout" if error.timed_out else "connection_lost"
            raise CannotOpen(reason) from None
        if isinstance(error, ReplyError):
            raise CannotOpen("not_smtp") from None
        if isinstance(error, OSError):
            raise CannotOpen("tls_failed") from None
        raise
    return connection


async def _reach(
    server: Server, guard: Guard, context: ssl.SSLContext | None
) -> Stream:
    """Return a stream to the first address that answers."""
    hosts = [server.host]
    if server.public_only:
        # The address that was judged is the one that is connected to.
        found = await guard.addresses(server.host, server.port, None)
        hosts = [str(address) for address in found]
    failure: OSError = ConnectionError()
    for host in hosts:
        try:
            _, stream = await asyncio.get_running_loop().create_connection(
                Stream,
                host,
                server.port,
                ssl=context,
                server_hostname=None if context is None else server.host,
            )
        except OSError as error:
            failure = error
        else:
            return stream
    raise failure


def _tls(server: Server) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not server.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _stuffed(data: bytes) -> bytes:
    """Return a message as DATA carries it (RFC 5321 section 4.5.2)."""
    if data.startswith(b"."):
        data = b"." + data
    end = b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"
    return data.replace(b"\r\n.", b"\r\n..") + end


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
