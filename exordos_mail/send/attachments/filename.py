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
