# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The header of a message that the caller has composed, field by field.

There is this one reading of it: what is judged and what is sent are the same fields.
So a field that others read otherwise (RFC 5322 section 4.5) is refused.
"""

import dataclasses
import re

from exordos_mail.send.content import words

_FIELD = re.compile(r"([!-9;-~]+):(.*)\Z", re.DOTALL)
_OBSOLETE = re.compile(r"[!-9;-~]+[ \t]+:")


class RawError(ValueError):
    """It cannot be sent; the text says why and holds nothing of it."""


# One field is another one than the next of the same text.
@dataclasses.dataclass(frozen=True, eq=False)
class Field:
    """A field of a header."""

    #: In lower case.
    name: str
    #: What stands behind the colon, unfolded.
    value: str
    #: The whole field without its last line end; its lines end in LF.
    text: str


def split(header: bytes) -> list[Field]:
    """Return the fields of a header whose lines end in LF, without the last line end.

    Raises:
        RawError: it is no header.
    """
    try:
        text = header.decode()
    except UnicodeDecodeError:
        raise RawError("a header is ASCII or UTF-8") from None
    if words.CONTROL.search(text.replace("\n", "").replace("\t", "")):
        raise RawError("a header has no control characters")
    return [_field(lines) for lines in _unfolded(text)]


def _unfolded(text: str) -> list[list[str]]:
    """Return the lines of each field."""
    found: list[list[str]] = []
    for line in text.split("\n"):
        if line[:1] not in (" ", "\t"):
            found.append([line])
        elif not found:
            raise RawError("a header begins with the name of a field")
        elif not line.strip(" \t"):
            raise RawError("a line of a header is not blank")
        else:
            found[-1].append(line)
    return found


def _field(lines: list[str]) -> Field:
    found = _FIELD.match(lines[0])
    if found is None:
        if _OBSOLETE.match(lines[0]):
            raise RawError("no blank stands between the name of a field and its colon")
        raise RawError("a header line is Name: text")
    value = "".join([found[2], *lines[1:]])
    return Field(found[1].lower(), value, "\n".join(lines))
