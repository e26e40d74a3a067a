# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""The last guard: what may follow DATA, and how it is written there.

Two hosts that end a line differently see two messages where there is one ("SMTP
smuggling"). So nothing leaves that RFC 5321 and 5322 do not allow, whoever made it.
"""

#: Octets of a line without its CRLF (RFC 5321 section 4.5.3.1.6, RFC 5322 2.1.1).
LINE_MAX = 998


class Unsendable(Exception):
    """This message can never be sent to this server.

    Args:
        reason: a word for programs.
        cause: for people: what is wrong and where.
    """

    def __init__(self, reason: str, cause: str) -> None:
        super().__init__(f"{reason}: {cause}")
        self.reason = reason
        self.cause = cause


def check(data: bytes) -> None:
    """Check the octets of a message.

    Raises:
        Unsendable: it has a bare CR, a bare LF, a NUL or a line that is too long.
    """
    if (at := data.find(b"\0")) >= 0:
        raise _invalid(data, at, "a NUL")
    ends = data.count(b"\r\n")
    if data.count(b"\r") != ends or data.count(b"\n") != ends:
        raise _bare(data)
    start, last = 0, len(data) - LINE_MAX
    while start < last:
        # The last line end that a line from here on may have; those before it are
        # nearer than that to each other.
        end = data.rfind(b"\n", start, start + LINE_MAX + 2)
        if end < 0:
            raise _invalid(data, start, f"a line of more than {LINE_MAX} octets")
        start = end + 1


def stuffed(data: bytes) -> bytes:
    """Return a message as DATA carries it (RFC 5321 section 4.5.2).

    Args:
        data: with CRLF line ends only (`check`).
    """
    if data.startswith(b"."):
        data = b"." + data
    end = b".\r\n" if data.endswith(b"\r\n") or not data else b"\r\n.\r\n"
    return data.replace(b"\r\n.", b"\r\n..") + end


def check_command(line: str) -> None:
    """Check a command's line.

    Raises:
        Unsendable: it has a control character, and would be more than one line.
    """
    if any(char < " " or char == "\x7f" for char in line):
        raise Unsendable(
            "invalid_address", "an address has a control character; it is never sent"
        )


def _bare(data: bytes) -> Unsendable:
    # Where: a CRLF becomes two octets that are neither.
    masked = data.replace(b"\r\n", b"\0\0")
    found = [(at, what) for what in (b"\r", b"\n") if (at := masked.find(what)) >= 0]
    at, what = min(found)
    return _invalid(data, at, "a CR without LF" if what == b"\r" else "a LF without CR")


def _invalid(data: bytes, at: int, what: str) -> Unsendable:
    line = data.count(b"\n", 0, at) + 1
    return Unsendable(
        "invalid_message", f"line {line} of the message has {what}; it is never sent"
    )
