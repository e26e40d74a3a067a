# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Names of attachments."""

import re
import unicodedata

from exordos_mail.send.attachments.failures import PermanentFailure

#: `report_{MD5:…}.pdf`; the mark takes one separator before it along.
_MARKER = re.compile(r"[ _.-]?\{MD5:([0-9a-fA-F]{32})\}", re.IGNORECASE)
#: Control characters, lone surrogates, and line and paragraph separators.
_FORBIDDEN = {"Cc", "Cs", "Zl", "Zp"}
#: They make `gpj.exe` read as `exe.jpg` (Unicode TR 36 section 2.5).
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def split_marker(filename: str) -> tuple[str, str | None]:
    """Return the name without its MD5 marker, and the MD5 in lower case."""
    found = _MARKER.search(filename)
    if found is None:
        return filename, None
    name = filename[: found.start()] + filename[found.end() :]
    return name, found.group(1).lower()


def check(filename: str) -> str:
    """Return the name if it can stand in a mail; it is a name, never a path.

    Raises:
        PermanentFailure: it cannot.
    """
    if filename.strip() in ("", ".", "..") or "/" in filename or "\\" in filename:
        raise PermanentFailure("the file name must be a plain name")
    if any(
        unicodedata.category(letter) in _FORBIDDEN or letter in _REORDERING
        for letter in filename
    ):
        raise PermanentFailure("the file name has a forbidden character")
    return filename
