# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""From a relay's server to a dialogue that is ready for messages."""

import asyncio
import base64
import ssl
import typing as tp

from exordos_mail.send.attachments.connect import Guard
from exordos_mail.send.attachments.failures import PermanentFailure, TemporaryFailure
from exordos_mail.send.smtp import greeting_name
from exordos_mail.send.smtp import reply as replies
from exordos_mail.send.smtp.dialogue import Dialogue
from exordos_mail.send.smtp.reply import CLOSING, Reply, ReplyError
from exordos_mail.send.smtp.server import CannotOpen, Server, cause_of
from exordos_mail.send.smtp.stream import Stream, StreamLost
from exordos_mail.standards import relay

#: Seconds for TCP and TLS to be set up.
CONNECT_TIMEOUT = 15.0


async def dial(server: Server, guard: Guard, ehlo_name: str | None) -> Dialogue:
    """Return a dialogue in which a transaction may begin.

    Args:
        guard: judges the addresses of a server that is `public_only`.
        ehlo_name: how we introduce ourselves; None: by our address.

    Raises:
        CannotOpen: the server cannot be reached, or does not let us in.
    """
    context = tls(server)
    stream = await _connected(server, guard, context)
    opening = Opening(Dialogue(stream, server.timeout), server, ehlo_name)
    try:
        await opening.run(context)
    except BaseException as error:
        stream.abort()
        failure = opening.failure(error)
        if failure is None:
            raise
        raise failure from None
    return opening.dialogue


class Opening:
    """Greeting, TLS and login: everything before the first transaction."""

    def __init__(
        self, dialogue: Dialogue, server: Server, ehlo_name: str | None
    ) -> None:
        self.dialogue = dialogue
        self._server = server
        self._name = ehlo_name

    async def run(self, context: ssl.SSLContext | None) -> None:
        """Do it.

        Args:
            context: for the server's STARTTLS.

        Raises:
            CannotOpen, StreamLost, ReplyError, OSError: one of them failed.
        """
        greeting = await self.dialogue.reply("the connection", replies.GREETING)
        if greeting.refused:
            raise CannotOpen("greeting_refused", greeting)
        await self._hello()
        if self._server.tls == "starttls":
            await self._start_tls(tp.cast(ssl.SSLContext, context))
            await self._hello()
        if self._server.username is not None:
            await self._log_in(self._server.username, self._server.password or "")

    def failure(self, error: BaseException) -> CannotOpen | None:
        """Return what an error of `run` means; None: it is a fault of ours."""
        step = self.dialogue.step
        if isinstance(error, StreamLost):
            if error.timed_out:
                seconds = f"{self._server.timeout:g} s"
                return CannotOpen("timeout", cause=self._silent(step, seconds))
            return CannotOpen(
                "connection_lost", cause=f"the server has closed it, after {step}"
            )
        if isinstance(error, ReplyError):
            return CannotOpen("not_smtp", cause=f"{error}, after {step}")
        if isinstance(error, OSError):
            return CannotOpen("tls_failed", cause=cause_of(error))
        return None

    def _silent(self, step: str, seconds: str) -> str:
        text = f"no answer in {seconds}, after {step}"
        if step == "the connection" and self._server.tls != "implicit":
            text += " (a server that waits for TLS says nothing: tls implicit)"
        return text

    async def _hello(self) -> None:
        name = self._name or greeting_name.literal(self.dialogue.stream.local_address)
        # What was offered before TLS is forgotten (RFC 3207 section 4.2).
        self.dialogue.extensions = {}
        reply = await self.dialogue.command(f"EHLO {name}", replies.EHLO)
        if reply.permanent:
            reply = await self.dialogue.command(f"HELO {name}", replies.EHLO)
            if reply.ok:
                return
        if not reply.ok:
            raise CannotOpen("greeting_refused", reply)
        lines = [line.upper().partition(" ") for line in reply.text.split("\n")[1:]]
        self.dialogue.extensions = {word: value for word, _, value in lines}

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        # Never in clear text when TLS was asked for.
        if "STARTTLS" not in self.dialogue.extensions:
            raise CannotOpen(
                "starttls_not_offered",
                cause="the server does not offer STARTTLS; nothing was sent in clear",
            )
        reply = await self.dialogue.command("STARTTLS", replies.STARTTLS)
        if reply.refused:
            raise CannotOpen("starttls_refused", reply)
        if self.dialogue.stream.waiting:
            # Put in before the TLS by somebody between (CVE-2011-0411).
            raise CannotOpen(
                "tls_failed", cause="something came in clear after STARTTLS"
            )
        with self.dialogue.stream.deadline(CONNECT_TIMEOUT):
            await self.dialogue.stream.start_tls(context, self._server.host)

    async def _log_in(self, username: str, password: str) -> None:
        methods = self.dialogue.extensions.get("AUTH", "").split()
        if "PLAIN" in methods:
            reply = await self._auth("PLAIN", _base64(f"\0{username}\0{password}"))
        elif "LOGIN" in methods:
            reply = await self._auth_login(username, password)
        else:
            raise CannotOpen(
                "auth_not_offered",
                cause="the server offers neither AUTH PLAIN nor AUTH LOGIN here",
            )
        if not reply.ok:
            reason = "connection_lost" if reply.code == CLOSING else "auth_failed"
            raise CannotOpen(reason, reply)

    async def _auth(self, method: str, word: str) -> Reply:
        return await self.dialogue.command(
            f"AUTH {method} {word}", replies.AUTH, "AUTH"
        )

    async def _auth_login(self, username: str, password: str) -> Reply:
        reply = await self.dialogue.command("AUTH LOGIN", replies.AUTH_WORD, "AUTH")
        if reply.refused:
            return reply
        reply = await self.dialogue.command(
            _base64(username), replies.AUTH_WORD, "AUTH"
        )
        if reply.refused:
            return reply
        return await self.dialogue.command(_base64(password), replies.AUTH, "AUTH")


async def _connected(
    server: Server, guard: Guard, context: ssl.SSLContext | None
) -> Stream:
    implicit = context if server.tls == "implicit" else None
    try:
        return await asyncio.wait_for(_reach(server, guard, implicit), CONNECT_TIMEOUT)
    except PermanentFailure as error:
        raise CannotOpen("address_not_allowed", cause=error.reason) from None
    except (asyncio.TimeoutError, TimeoutError):
        cause = f"no connection in {CONNECT_TIMEOUT:g} s"
        raise CannotOpen("connect_timeout", cause=cause) from None
    except ssl.SSLError as error:
        raise CannotOpen("tls_failed", cause=cause_of(error)) from None
    except (OSError, UnicodeError, TemporaryFailure) as error:
        raise CannotOpen("connect_failed", cause=cause_of(error)) from None


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


def tls(server: Server) -> ssl.SSLContext | None:
    """Return the TLS that a server is spoken to with; None: without."""
    if server.tls == relay.PLAIN:
        return None
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not server.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
