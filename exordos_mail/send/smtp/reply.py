# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Replies of a server (RFC 5321 section 4.2) and enhanced codes (RFC 3463)."""

import re
import typing as tp

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\r\n]*))?\Z")
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:\s+|\Z)")
#: Lines of one reply; EHLO's have the most.
LINES_MAX = 100

#: Codes that mean "go on" at each step (RFC 5321 section 4.3.2). A code from 400 on is
#: an answer to any step. Everything else is an answer to something else.
GREETING = frozenset({220})
EHLO = frozenset({250})
STARTTLS = frozenset({220})
AUTH = frozenset({235})
AUTH_WORD = frozenset({334})
MAIL = frozenset({250})
#: 252 is for VRFY, but some servers give it to RCPT for "accepted, not verified".
RCPT = frozenset({250, 251, 252})
DATA = frozenset({354})
#: Only the first digit of the answer to a whole message counts: it was taken.
END = frozenset(range(200, 300))
RSET = frozenset({250})

#: The server closes the connection, whatever it was asked.
CLOSING = 421


class ReplyError(Exception):
    """The server does not speak SMTP; the text says what was wrong."""


class Reply(tp.NamedTuple):
    """One reply."""

    code: int
    #: As `5.1.1`; None when the server gives none of the class of the code.
    enhanced: str | None
    #: The lines, without codes, joined by line feeds.
    text: str

    @property
    def ok(self) -> bool:
        """Tell whether the server did what it was asked for."""
        return 200 <= self.code < 300

    @property
    def refused(self) -> bool:
        """Tell whether the server did not do what it was asked for."""
        return self.code >= 400

    @property
    def permanent(self) -> bool:
        """Tell whether the same again is pointless."""
        return self.code >= 500


class Parser:
    """Takes lines until a reply is complete."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._code = b""

    def line(self, line: bytes) -> Reply | None:
        """Take one line without its CRLF; return the reply if it was the last.

        Raises:
            ReplyError: it belongs to no reply.
        """
        match = _LINE.match(line)
        if match is None:
            raise ReplyError("a line of the server is no SMTP reply")
        if self._lines and match[1] != self._code:
            # RFC 5321 section 4.2.1: each line has the same code.
            raise ReplyError("the lines of one reply have different codes")
        if len(self._lines) == LINES_MAX:
            raise ReplyError(f"a reply has more than {LINES_MAX} lines")
        text = (match[3] or b"").decode("utf-8", "replace")
        enhanced = _ENHANCED.match(text)
        if enhanced is not None and ord(enhanced[1][0]) != match[1][0]:
            # The class of both is the same (RFC 2034 section 4).
            enhanced = None
        if enhanced is not None:
            text = text[enhanced.end() :]
        self._lines.append(_printable(text))
        self._code = match[1]
        if match[2] == b"-":
            return None
        lines, self._lines = self._lines, []
        return Reply(int(match[1]), enhanced and enhanced[1], "\n".join(lines))


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text).strip()
