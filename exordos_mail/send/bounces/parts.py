# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The parts of a mail that strangers wrote, within bounds of size, depth and number.

Nothing is copied: a part is a stretch of the mail's octets. Boundaries that are missing
or wrong are guessed. A message inside of the message is one part; what is in it is its
author's text, and no report.
"""

import binascii
import collections.abc as abc
import dataclasses
import re

from exordos_mail.send.bounces import header

DEPTH_MAX = 10
#: Parts of one mail; what comes after them is not looked at.
PARTS_MAX = 100
#: Octets of a part's content that are decoded.
CONTENT_MAX = 256 * 1024
#: Places in one multipart that look like a boundary.
_PLACES_MAX = 5000

_BLANK = re.compile(rb"(?:\A|\n)\r?\n")
_SOME_BOUNDARY = re.compile(rb"(?:\A|\n)--([^\s-][^\r\n]{0,199})")
_MBOX = re.compile(rb"\AFrom [^\n]{0,500}\n")


@dataclasses.dataclass(frozen=True)
class MailPart:
    """One part that is no multipart."""

    kind: str
    parameters: dict[str, str]
    fields: header.Fields
    #: Of the whole mail, where its content begins and ends.
    data: bytes
    start: int
    end: int

    def content(self, most: int = CONTENT_MAX) -> bytes:
        """Return the beginning of the content, decoded."""
        encoding = header.first(self.fields, "content-transfer-encoding").lower()
        raw = self.data[self.start : min(self.end, self.start + 2 * most)]
        if encoding == "base64":
            raw = header.base64(raw)
        elif encoding == "quoted-printable":
            raw = binascii.a2b_qp(raw)
        return raw[:most]

    def text(self) -> str:
        """Return the beginning of the content as text with line feeds."""
        found = header.text(self.content(), self.parameters.get("charset", ""))
        return found.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def plain(data: bytes) -> bytes:
    """Return a mail as octets that extend ASCII, with line feeds, without `From `."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode(errors="replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\n" not in data[: header.OCTETS_MAX]:
        data = data.replace(b"\r", b"\n")
    return _MBOX.sub(b"", data[:1000]) + data[1000:]


def fields_of(data: bytes) -> dict[str, list[str]]:
    """Return the header of a mail."""
    return header.parse(data[: _split(data, 0, len(data))[0]])


def walk(data: bytes) -> abc.Iterator[MailPart]:
    """Yield the parts of a mail in their order."""
    waiting = [(0, len(data), 0)]
    looked_at = 0
    while waiting and looked_at < PARTS_MAX:
        start, end, depth = waiting.pop()
        looked_at += 1
        header_end, body = _split(data, start, end)
        fields = header.parse(data[start : min(header_end, start + header.OCTETS_MAX)])
        kind, parameters = header.content_type(fields)
        if kind.startswith("multipart/") and depth < DEPTH_MAX:
            boundary = parameters.get("boundary", "").encode(errors="replace")
            inside = _inside(data, body, end, boundary)
            if inside:
                waiting += [(*one, depth + 1) for one in reversed(inside)]
                continue
        yield MailPart(kind, parameters, fields, data, body, end)


def _split(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where a header ends and where the body begins."""
    found = _BLANK.search(data, start, min(end, start + header.OCTETS_MAX))
    if data[start : start + 1] == b"\n" or data[start : start + 2] == b"\r\n":
        return start, data.index(b"\n", start) + 1
    if found is None:
        return min(end, start + header.OCTETS_MAX), end
    return found.start(), found.end()


def _inside(
    data: bytes, start: int, end: int, boundary: bytes
) -> list[tuple[int, int]]:
    """Return the stretches between boundaries; empty: there is no boundary."""
    found = _between(data, start, end, boundary) if boundary else []
    if not found:
        guess = _SOME_BOUNDARY.search(data[start : start + header.OCTETS_MAX])
        if guess is not None and start < end:
            found = _between(data, start, end, guess[1].rstrip())
    return found


def _between(
    data: bytes, start: int, end: int, boundary: bytes
) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    begin, at = -1, start
    delimiter = b"--" + boundary
    for _ in range(_PLACES_MAX):
        place = data.find(delimiter, at, end)
        if place < 0 or len(found) == PARTS_MAX:
            break
        at = place + len(delimiter)
        if place > start and data[place - 1 : place] != b"\n":
            continue
        line = data.find(b"\n", at, min(end, at + 200))
        rest = data[at : line if line >= 0 else min(end, at + 200)].rstrip()
        if rest not in (b"", b"--"):
            continue
        if begin >= 0:
            found.append((begin, place))
        begin = -1 if rest else (line + 1 if line >= 0 else end)
        if rest:
            break
    if begin >= 0:
        # The last boundary is missing: the mail was cut.
        found.append((begin, end))
    return found
