# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Header fields of mail that strangers wrote: nothing here raises.

Obsolete forms (RFC 5322 section 4), encoded words (RFC 2047), octets beyond ASCII and
plain nonsense come out as text.
"""

import binascii
import codecs
import re
import typing as tp

#: Octets of a header that are looked at, fields of it, and characters of a field.
OCTETS_MAX = 128 * 1024
FIELDS_MAX = 300
VALUE_MAX = 4000

_FIELD = re.compile(r"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
_FOLD = re.compile(r"\r?\n[ \t]+")
_LINES = re.compile(r"\r?\n")
_WORD = re.compile(
    r"=\?([A-Za-z0-9_.:-]{1,40})(?:\*[A-Za-z0-9-]{0,40})?\?([BbQq])\?([^?\s]{0,500})\?="
)
_BETWEEN = re.compile(r"(\?=)[ \t]+(?==\?)")
_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")
_PARAMETER = re.compile(
    r""";\s*([A-Za-z0-9-]{1,40})(?:\*(\d{1,2}))?\*?\s*=\s*("[^"]{0,500}"|[^;\s"]{1,500})"""
)
#: Python has codecs that are no character sets, and some take seconds.
_CHARSETS = re.compile(
    r"utf[-_]?(?:7|8|16|16le|16be|16-le|16-be)|us-ascii|ascii|iso-?8859-\d{1,2}|latin-?1"
    r"|(?:windows-|cp)\d{3,4}|koi8-[rut]|iso-2022-(?:jp|kr)|shift_jis|euc-(?:jp|kr)"
    r"|gb2312|gbk|gb18030|big5(?:-hkscs)?|ks_c_5601-1987|macintosh",
    re.IGNORECASE,
)

#: Values by the name in lower case, in their order.
Fields = tp.Mapping[str, list[str]]


def text(data: bytes, charset: str = "") -> str:
    """Return octets as text: in the charset they claim, else UTF-8, else Latin-1."""
    if _CHARSETS.fullmatch(charset):
        try:
            return codecs.decode(data, charset, "replace")
        except (LookupError, ValueError):
            pass
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def parse(data: bytes) -> dict[str, list[str]]:
    """Return the fields of a header, unfolded, values without blanks around."""
    found: dict[str, list[str]] = {}
    whole = _FOLD.sub(" ", text(data[:OCTETS_MAX]))
    for line in _LINES.split(whole, maxsplit=4 * FIELDS_MAX)[: 4 * FIELDS_MAX]:
        match = _FIELD.match(line)
        if match is None:
            continue
        values = found.setdefault(match[1].lower(), [])
        values.append(match[2][:VALUE_MAX].strip())
        if len(found) == FIELDS_MAX:
            break
    return found


def first(fields: Fields, name: str) -> str:
    """Return the first value of a field, with its encoded words decoded; or ""."""
    return words(fields[name][0]) if name in fields else ""


def words(value: str) -> str:
    """Return a value with its encoded words decoded."""
    if "=?" not in value:
        return value
    return _WORD.sub(_decoded, _BETWEEN.sub(r"\1", value))


def _decoded(match: re.Match[str]) -> str:
    data = match[3].encode(errors="replace")
    if match[2] in "Bb":
        return text(base64(data), match[1])
    data = data.replace(b"_", b" ")
    return text(_ESCAPE.sub(lambda one: bytes([int(one[1], 16)]), data), match[1])


def base64(data: bytes) -> bytes:
    """Return what base64 stands for, as far as it goes."""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    kept = kept[: len(kept) - (len(kept) % 4 == 1)]
    try:
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
    except binascii.Error:
        return b""


def content_type(fields: Fields) -> tuple[str, dict[str, str]]:
    """Return the type of a part in lower case, and its parameters."""
    value = first(fields, "content-type")
    kind = value.partition(";")[0].partition("(")[0].strip().lower()
    pieces: dict[str, dict[int, str]] = {}
    for name, number, given in _PARAMETER.findall(value):
        # RFC 2231 section 3: a long one may come in pieces.
        pieces.setdefault(name.lower(), {}).setdefault(
            int(number or 0), given.strip('"')
        )
    joined = {
        name: "".join(found[at] for at in sorted(found))
        for name, found in pieces.items()
    }
    return kind or "text/plain", joined
