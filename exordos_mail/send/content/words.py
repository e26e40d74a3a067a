# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Text in header fields: as it is, or as encoded-words (RFC 2047), in folded lines.

What a reader shows is the text that was given, whatever it looks like: text that looks
like an encoded-word is encoded itself.
"""

import base64
import collections.abc as abc
import re
import typing as tp

#: Characters of a line, where there is a blank to fold it (RFC 5322 section 2.1.1).
LINE = 76
#: Octets of a line without its end that are never exceeded (RFC 5322 section 2.1.1).
LINE_MAX = 998
#: Longest run without a blank that stands in a line as it is.
RUN_MAX = 900
#: What no text of a header may have: control characters, lone surrogates, line and
#: paragraph separators. A tab is in it: where one is allowed it is looked at apart.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

#: Longest encoded-word (RFC 2047 section 2).
_WORD_MAX = 75
#: Characters that an encoded-word has beside its text.
_AROUND = len("=?utf-8?q??=")
#: A first word shorter than this is not worth its place behind the field's name.
_SHORT = 32
#: Characters that `Q` leaves as they are, in a phrase too (RFC 2047 section 5 (3)).
_SAFE = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"
)
_Q = {
    octet: chr(octet) if octet in _SAFE else f"={octet:02X}" for octet in range(256)
} | {0x20: "_"}

_PLAIN = re.compile(r"[\t -~]*\Z")
_PIECE = re.compile(r"[ \t]*[^ \t]+")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ATOMS = re.compile(rf"{_ATOM}(?: {_ATOM})*\Z")


def is_plain(text: str) -> bool:
    """Tell whether text can stand in a line as it is and is read as it is.

    It is ASCII, has no blank at either end, nothing that begins like an encoded-word,
    and can be folded.
    """
    return (
        _PLAIN.match(text) is not None
        and "=?" not in text
        and text == text.strip(" \t")
        and all(len(piece) <= RUN_MAX for piece in _PIECE.findall(text))
    )


def pieces(text: str) -> list[str]:
    """Return plain text in parts between which a line may end.

    Each part but the first begins with the blanks before it.
    """
    return _PIECE.findall(text)


def encoded(text: str, room: int = _WORD_MAX) -> list[str]:
    """Return text as encoded-words.

    Args:
        room: characters that the first one may have.
    """
    octets = [letter.encode() for letter in text]
    quoted = ["".join(map(_Q.__getitem__, letter)) for letter in octets]
    first = room if room >= _SHORT else _WORD_MAX
    if sum(map(len, quoted)) <= sum(map(len, octets)) * 4 / 3 + 4:
        groups = _groups(quoted, first - _AROUND, _WORD_MAX - _AROUND)
        return [f"=?utf-8?q?{''.join(group)}?=" for group in groups]
    # Four characters for each three octets.
    groups_b = _groups(
        octets, (first - _AROUND) // 4 * 3, (_WORD_MAX - _AROUND) // 4 * 3
    )
    return [
        f"=?utf-8?b?{base64.b64encode(b''.join(group)).decode()}?="
        for group in groups_b
    ]


def phrase(text: str) -> list[str]:
    """Return a display name as words (RFC 5322 section 3.2.5)."""
    if _ATOMS.match(text) and "=?" not in text and len(text) <= LINE:
        return [text]
    quoted = '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    if is_plain(text) and "\t" not in text and len(quoted) <= LINE:
        return [quoted]
    return encoded(text)


def fold(name: str, parts: abc.Iterable[str]) -> str:
    """Return a field in lines that end in CRLF.

    Args:
        parts: texts between which a line may end; one without a blank at its
            beginning gets one.
    """
    lines: list[str] = []
    line = f"{name}:"
    for part in parts:
        if part[0] not in " \t":
            part = " " + part
        # What no line of its own has room for may as well stand behind the name.
        alone = line == f"{name}:" and len(part) > LINE
        if alone or len(line) + len(part) <= LINE:
            line += part
        else:
            lines.append(line)
            line = part
    return "\r\n".join([*lines, line, ""])


_Letter = tp.TypeVar("_Letter", str, bytes)


def _groups(letters: list[_Letter], first: int, most: int) -> list[list[_Letter]]:
    """Return letters, none of them divided, in groups of at most so many."""
    groups: list[list[_Letter]] = [[]]
    room = first
    for letter in letters:
        if len(letter) > room:
            groups.append([])
            room = most
        groups[-1].append(letter)
        room -= len(letter)
    return groups
