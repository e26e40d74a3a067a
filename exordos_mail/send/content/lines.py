# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Lines of octets, looked at in time that grows with their number only.

Each call into C is about a part of them: it holds up every other thread.
"""

import binascii
import functools
import re
import typing as tp

#: Octets of a part.
_PART = 256 * 1024


def unix(data: bytes) -> bytes:
    """Return data whose lines end in LF: each CRLF, bare CR and bare LF is one end."""
    return _replaced(_replaced(data, b"\r\n", b"\n"), b"\r", b"\n")


def crlf(data: bytes) -> bytes:
    """Return data of LF lines with the line ends of mail."""
    return _replaced(data, b"\n", b"\r\n")


def quoted(data: bytes) -> bytes:
    """Return LF lines in quoted-printable (RFC 2045 section 6.7), again LF lines."""
    found: list[bytes] = []
    for part in _parts(data):
        found.append(binascii.b2a_qp(part, istext=True))
        if not part.endswith(b"\n"):
            # A soft end: the next part begins on a line of its own.
            found.append(b"=\n")
    if found and found[-1] == b"=\n":
        found.pop()
    return b"".join(found)


def longer(data: bytes, most: int) -> bool:
    """Tell whether a line of LF lines is longer than so many octets."""
    first = data.find(b"\n")
    if (len(data) if first < 0 else first) > most:
        return True
    search = _long(most).search
    return any(
        search(data, at, at + _PART + most + 2) for at in range(0, len(data), _PART)
    )


def _replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    """Return data with each `old`, a line end, as `new`."""
    return b"".join(part.replace(old, new) for part in _parts(data))


def _parts(data: bytes) -> tp.Iterator[bytes]:
    """Return data in parts that end in a line end where there is one."""
    at = 0
    while at < len(data):
        stop = data.rfind(b"\n", at, at + _PART) + 1 or at + _PART
        if data[stop - 1 : stop + 1] == b"\r\n":
            stop += 1
        yield data[at:stop]
        at = stop


@functools.cache
def _long(most: int) -> "re.Pattern[bytes]":
    # It begins with a line end: a pattern that may begin anywhere would look at each
    # octet of a long line as often as the line is long.
    return re.compile(rb"\n[^\n]{%d}" % (most + 1))
