# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A few words with a port in its protocol, up to where a login would follow.

SMTP (RFC 5321, 3207, 4954), IMAP (RFC 9051), POP3 (RFC 1939, 2449, 2595) and
ManageSieve (RFC 5804) are alike in this: a greeting, a list of what the server is able
to, a command that begins TLS. `exordos-mail check` speaks so from outside, and a node
with its own ports.
"""

import dataclasses
import re
import socket
import ssl
import typing as tp

#: Longest answer in octets.
_ANSWER_MAX = 65536


class Problem(Exception):
    """What is wrong with a port, and what would be right.

    Attributes:
        greeted: it has greeted as its protocol has it.
    """

    def __init__(self, wrong: str, right: str, greeted: bool = False) -> None:
        super().__init__(wrong)
        self.wrong, self.right, self.greeted = wrong, right, greeted


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How a protocol says the same things.

    Attributes:
        greeting: what the server says first; it is an expression, as are the others.
        ask: command for what the server is able to; "": the greeting tells it.
        end: the last line of the answer, if it is a good one.
        bad: a line of an answer that is not.
        offer: how the answer says that TLS can begin.
        begin: the command that begins it.
        begun: the good answer to that.
        again: the server tells anew what it is able to when TLS has begun.
        login: how the answer says that one can log in.
        no_login: how it says that one can not.
        leave: the last command.
    """

    greeting: str
    ask: str
    end: str
    bad: str
    offer: str
    begin: str
    begun: str
    login: str
    leave: str
    no_login: str = r"(?!)"
    again: bool = False

    def logs_in(self, able: str) -> bool:
        """Tell whether one can log in, by what the server is able to."""
        return bool(_found(self.login, able)) and not _found(self.no_login, able)


SMTP = Dialect(
    greeting=r"^220 ",
    ask="EHLO check.invalid",
    end=r"^250 ",
    bad=r"^(?!2\d\d[ -])",
    offer=r"^250[ -]STARTTLS$",
    begin="STARTTLS",
    begun=r"^220 ",
    login=r"^250[ -]AUTH ",
    leave="QUIT",
)
IMAP = Dialect(
    greeting=r"^\* OK",
    ask="a CAPABILITY",
    end=r"^a OK",
    bad=r"^(?!\* |a OK)|^\* BYE",
    offer=r"^\* CAPABILITY .*\bSTARTTLS\b",
    begin="a STARTTLS",
    begun=r"^a OK",
    login=r"^\* CAPABILITY ",
    no_login=r"^\* CAPABILITY .*\bLOGINDISABLED\b",
    leave="a LOGOUT",
)
POP3 = Dialect(
    greeting=r"^\+OK",
    ask="CAPA",
    end=r"^\.$",
    bad=r"^-ERR",
    offer=r"^STLS$",
    begin="STLS",
    begun=r"^\+OK",
    login=r"^(USER$|SASL )",
    leave="QUIT",
)
SIEVE = Dialect(
    greeting=r"^OK",
    ask="",
    end=r"^OK",
    bad=r"^(NO|BYE)",
    offer=r'^"STARTTLS"$',
    begin="STARTTLS",
    begun=r"^OK",
    login=r'^"SASL" "[^"]',
    leave="LOGOUT",
    again=True,
)


class _Line:
    """A connection, of which answers are read up to a line."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.greeted = False
        self._read = connection.makefile("rb")

    def answer(self, end: str, bad: str, right: str) -> str:
        """Return an answer, its lines without their ends.

        Raises:
            Problem: it is a bad one, or none.
        """
        lines: list[str] = []
        size = 0
        while size < _ANSWER_MAX:
            octets = self._read.readline(_ANSWER_MAX)
            size += len(octets)
            lines.append(octets.decode("utf-8", "replace").rstrip("\r\n"))
            if _found(end, lines[-1]):
                return "\n".join(lines)
            if not octets or _found(bad, lines[-1]):
                break
        said = " ".join(filter(None, lines))[:100]
        what = (
            f"the server said: {said}" if said else "the server closed the connection"
        )
        raise Problem(what, right, self.greeted)

    def say(self, command: str) -> None:
        """Send a line."""
        self.connection.sendall(command.encode() + b"\r\n")


def converse(
    connection: socket.socket,
    dialect: Dialect,
    encrypt: tp.Callable[[socket.socket], ssl.SSLSocket],
    tls: bool,
    logs_in: bool,
    is_near: bool = False,
) -> bytes:
    """Speak with a port: over TLS one can log in if `logs_in`, and never without.

    Args:
        encrypt: begins TLS.
        tls: TLS comes first of all; else by a command.
        is_near: it may tell its own machine that one can log in without TLS.

    Returns:
        The certificate that it shows, in DER.

    Raises:
        Problem: an answer is not as it should be.
        OSError: there is none.
    """
    if not tls:
        _begin_tls(connection, dialect, is_near)
    with encrypt(connection) as secure:
        line = _Line(secure)
        able = _able(line, dialect, greeted=not tls)
        if logs_in and not dialect.logs_in(able):
            raise Problem(
                "it lets nobody log in, over TLS either", "a way to log in", True
            )
        line.say(dialect.leave)
        return secure.getpeercert(binary_form=True) or b""


def _begin_tls(connection: socket.socket, dialect: Dialect, is_near: bool) -> None:
    line = _Line(connection)
    able = _able(line, dialect, greeted=False)
    if dialect.logs_in(able) and not is_near:
        raise Problem(
            "it lets one log in without TLS",
            "no login before TLS: passwords could be read on the way",
            True,
        )
    if not _found(dialect.offer, able):
        raise Problem("it offers no TLS", f"{dialect.begin} before any login", True)
    line.say(dialect.begin)
    line.answer(dialect.begun, dialect.bad, "a good answer, and TLS")


def _able(line: _Line, dialect: Dialect, greeted: bool) -> str:
    """Return what the server says it is able to."""
    right = "a greeting, and what the server is able to"
    able, line.greeted = "", greeted
    if not greeted:
        able = line.answer(dialect.greeting, dialect.bad, right)
        line.greeted = True
    elif dialect.again:
        able = line.answer(dialect.end, dialect.bad, right)
    if dialect.ask:
        line.say(dialect.ask)
        able = line.answer(dialect.end, dialect.bad, right)
    return able


def _found(expression: str, text: str) -> tp.Any:
    return re.search(expression, text, re.MULTILINE | re.IGNORECASE)
