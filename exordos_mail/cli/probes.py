# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A few words with a port in its protocol, up to where a login would follow.

SMTP (RFC 5321, 3207, 4954), IMAP (RFC 9051), POP3 (RFC 1939, 2449, 2595) and
ManageSieve (RFC 5804) are alike in this: a greeting, a list of what the server is able
to, a command that begins TLS.
"""

import dataclasses
import re
import socket
import ssl
import typing as tp

#: Seconds for each answer.
TIMEOUT = 10
#: Longest answer in octets.
_ANSWER_MAX = 65536


class Problem(Exception):
    """What is wrong with a port, and what would be right."""

    def __init__(self, wrong: str, right: str) -> None:
        super().__init__(wrong)
        self.wrong, self.right = wrong, right


@dataclasses.dataclass(frozen=True)
class Place:
    """Where an instance is.

    Attributes:
        host: name that its certificate has to have.
        address: to connect to.
        trusted: how TLS is made.
    """

    host: str
    address: str
    trusted: ssl.SSLContext


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
        self._read = connection.makefile("rb")

    def answer(self, end: str, bad: str, right: str) -> str:
        """Return an answer, its lines without their ends.

        Raises:
            Problem: it is a bad one, or none.
        """
        lines: list[str] = []
        while sum(map(len, lines)) < _ANSWER_MAX:
            octets = self._read.readline(_ANSWER_MAX)
            lines.append(octets.decode("utf-8", "replace").rstrip("\r\n"))
            if _found(end, lines[-1]):
                return "\n".join(lines)
            if not octets or _found(bad, lines[-1]):
                break
        said = " ".join(filter(None, lines))[:100]
        what = (
            f"the server said: {said}" if said else "the server closed the connection"
        )
        raise Problem(what, right)

    def say(self, command: str) -> None:
        """Send a line."""
        self.connection.sendall(command.encode() + b"\r\n")


def speak(place: Place, port: int, dialect: Dialect, tls: bool, logs_in: bool) -> None:
    """Speak with a port: over TLS one can log in if `logs_in`, and never without.

    Args:
        tls: TLS comes first of all; else by a command.

    Raises:
        Problem: something is wrong.
    """
    try:
        with _connected(place, port) as connection:
            _converse(place, connection, dialect, tls, logs_in)
    except TimeoutError:
        raise Problem(
            f"no answer within {TIMEOUT} seconds",
            "an answer at once; see whether a firewall between here and there lets port"
            f" {port} pass",
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise Problem(
            f"the certificate is not trusted: {error.verify_message}",
            f"a certificate for {place.host} of an authority that is known here, or its"
            " authority in --ca-file",
        ) from None
    except ssl.SSLError as error:
        raise Problem(
            f"TLS fails: {error.reason or 'the connection ended'}",
            "TLS 1.2 or 1.3 on this port",
        ) from None
    except OSError as error:
        raise Problem(
            f"the connection broke: {error.strerror}", "an answer in the protocol"
        ) from None


def _connected(place: Place, port: int) -> socket.socket:
    try:
        return socket.create_connection((place.address, port), TIMEOUT)
    except TimeoutError:
        raise
    except OSError as error:
        raise Problem(
            f"no connection to {place.address}: {error.strerror}",
            "a server that listens; `exordos-mail instances show` says how the instance"
            " is",
        ) from None


def _converse(
    place: Place,
    connection: socket.socket,
    dialect: Dialect,
    tls: bool,
    logs_in: bool,
) -> None:
    if not tls:
        line = _Line(connection)
        able = _able(line, dialect, greeted=False)
        if dialect.logs_in(able):
            raise Problem(
                "it lets one log in without TLS",
                "no login before TLS: passwords could be read on the way",
            )
        if not _found(dialect.offer, able):
            raise Problem("it offers no TLS", f"{dialect.begin} before any login")
        line.say(dialect.begin)
        line.answer(dialect.begun, dialect.bad, "a good answer, and TLS")
    secure = place.trusted.wrap_socket(connection, server_hostname=place.host)
    with secure:
        line = _Line(secure)
        able = _able(line, dialect, greeted=not tls)
        if logs_in and not dialect.logs_in(able):
            raise Problem("it lets nobody log in, over TLS either", "a way to log in")
        line.say(dialect.leave)


def _able(line: _Line, dialect: Dialect, greeted: bool) -> str:
    """Return what the server says it is able to."""
    right = "a greeting, and what the server is able to"
    able = ""
    if not greeted or dialect.again:
        able = line.answer(dialect.greeting, dialect.bad, right)
    if dialect.ask:
        line.say(dialect.ask)
        able = line.answer(dialect.end, dialect.bad, right)
    return able


def _found(expression: str, text: str) -> tp.Any:
    return re.search(expression, text, re.MULTILINE | re.IGNORECASE)
