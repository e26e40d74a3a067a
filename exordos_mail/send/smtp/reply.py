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

"""Replies of a server (RFC 5321 section 4.2) and enhanced codes (RFC 3463)."""

import re
import typing as tp

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\Z", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:\s+|\Z)")
#: Lines of one reply; EHLO's have the most.
LINES_MAX = 100


class ReplyError(Exception):
    """What the server says is no reply."""


class Reply(tp.NamedTuple):
    """One reply."""

    code: int
    #: As `5.1.1`; None when the server gives none.
    enhanced: str | None
    #: The lines, without codes, joined by line feeds.
    text: str

    @property
    def ok(self) -> bool:
        """Tell whether the server did what it was asked for."""
        return 200 <= self.code < 400

    @property
    def permanent(self) -> bool:
        """Tell whether the same again is pointless."""
        return self.code >= 500


class Parser:
    """Takes lines until a reply is complete."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def line(self, line: bytes) -> Reply | None:
        """Take one line without its CRLF; return the reply if it was the last.

        Raises:
            ReplyError: it belongs to no reply.
        """
        match = _LINE.match(line)
        if match is None or len(self._lines) == LINES_MAX:
            raise ReplyError
        text = (match[3] or b"").decode("utf-8", "replace")
        enhanced = _ENHANCED.match(text)
        if enhanced is not None:
            text = text[enhanced.end() :]
        self._lines.append(_printable(text))
        if match[2] == b"-":
            return None
        lines, self._lines = self._lines, []
        return Reply(
            int(match[1]), enhanced and enhanced[1], "\n".join(lines).strip("\n")
        )


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text).strip()
