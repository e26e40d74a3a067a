# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Parts of a message's body (RFC 2045, RFC 2046), in ASCII with CRLF line ends.

Written out here and not by a library that takes fields apart and puts them together
again: what a caller gave is never read as syntax.
"""

import binascii
import collections.abc as abc
import dataclasses

from exordos_mail.send.attachments import Attachment as Attached
from exordos_mail.send.attachments import media_type
from exordos_mail.send.content import lines, parameters, words

#: How a line begins that only a boundary of ours may be. No line of quoted-printable
#: or base64 begins so (RFC 2045 section 6.7).
_BOUNDARY = "=_"
_LINE_BEGIN = f"--{_BOUNDARY}".encode()
_PRINTABLE = bytes(range(32, 127)) + b"\t\n"
#: Characters of a line of base64 (RFC 2045 section 6.8).
_BASE64_LINE = 76


@dataclasses.dataclass(frozen=True)
class Part:
    """A part: its header fields, and its body in pieces that end in CRLF."""

    header: str
    body: tuple[bytes, ...]

    def pieces(self) -> tuple[bytes, ...]:
        """Return the whole part."""
        return (self.header.encode("ascii"), b"\r\n", *self.body)


def text(body: str, subtype: str) -> Part:
    """Return text of a kind, `plain` or `html`; its last line gets an end."""
    data = lines.unix(body.encode())
    if not data.endswith(b"\n"):
        data += b"\n"
    kind = words.fold("Content-Type", [f"text/{subtype};", 'charset="utf-8"'])
    strange = len(data.translate(None, _PRINTABLE))
    if not strange and not lines.longer(data, words.LINE) and not _like_boundary(data):
        return Part(kind + _encoding("7bit"), (lines.crlf(data),))
    # Three octets for each strange one, or four for each three of all.
    if strange * 6 <= len(data):
        quoted = lines.crlf(lines.quoted(data))
        return Part(kind + _encoding("quoted-printable"), (quoted,))
    return Part(kind + _encoding("base64"), (_base64(lines.crlf(data)),))


def file(attached: Attached, inline: bool) -> Part:
    """Return an attachment; `inline`: it is shown inside of the HTML body."""
    kind = attached.content_type
    body, encoding = (_base64(attached.data),), "base64"
    if kind.startswith(media_type.MESSAGE):
        message = _as_message(attached.data)
        if message is None:
            kind = media_type.UNKNOWN
        else:
            body, encoding = (message,), "7bit"
    header = _type(kind) + _encoding(encoding) + _disposition(attached, inline)
    if inline:
        header += words.fold("Content-ID", [f"<{attached.content_id}>"])
    return Part(header, body)


def multipart(subtype: str, parts: abc.Sequence[Part], unique: str, *more: str) -> Part:
    """Return parts as one.

    Args:
        unique: letters and digits that no other multipart of the message has.
        more: further parameters.
    """
    boundary = f"{_BOUNDARY}{unique}"
    given = [f"multipart/{subtype}", *more, f'boundary="{boundary}"']
    header = words.fold("Content-Type", _joined(given))
    line = f"--{boundary}\r\n".encode()
    body: list[bytes] = []
    for part in parts:
        body += (line, *part.pieces(), b"\r\n")
    return Part(header, (*body, f"--{boundary}--\r\n".encode()))


def _as_message(data: bytes) -> bytes | None:
    """Return a message as it may stand in another one, if it may.

    No encoding is allowed for it (RFC 2046 section 5.2.1).
    """
    data = data.replace(b"\r\n", b"\n")
    if (
        not data.isascii()
        or b"\0" in data
        or b"\r" in data
        or lines.longer(data, words.LINE_MAX)
        or _like_boundary(data)
    ):
        return None
    return lines.crlf(data if data.endswith(b"\n") else data + b"\n")


def _type(kind: str) -> str:
    base, pairs = media_type.split(kind)
    parts = [base]
    for name, value in pairs:
        parts += parameters.parameter(name, value)
    return words.fold("Content-Type", _joined(parts))


def _disposition(attached: Attached, inline: bool) -> str:
    how = "inline" if inline else "attachment"
    name = parameters.parameter("filename", attached.filename)
    return words.fold("Content-Disposition", _joined([how, *name]))


def _joined(parts: list[str]) -> list[str]:
    return [*(f"{part};" for part in parts[:-1]), parts[-1]]


def _encoding(name: str) -> str:
    return words.fold("Content-Transfer-Encoding", [name])


def _like_boundary(data: bytes) -> bool:
    return data.startswith(_LINE_BEGIN) or b"\n" + _LINE_BEGIN in data


def _base64(data: bytes) -> bytes:
    whole = binascii.b2a_base64(data, newline=False)
    ends = range(0, len(whole), _BASE64_LINE)
    return b"\r\n".join([*(whole[at : at + _BASE64_LINE] for at in ends), b""])
