# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""Header fields in UTF-8 for a server without SMTPUTF8.

Texts and display names can be written as encoded-words (RFC 2047) without loss. An
address, or a field of another syntax, cannot: then the message cannot be sent there.
"""

import email.header
import re

from exordos_mail.send.smtp.mime import SIGNED, Entity, Unalterable, entity, of

_TEXTS = (b"subject", b"comments")
_ADDRESSES = (
    *(b"from", b"sender", b"reply-to", b"to", b"cc"),
    *(b"resent-from", b"resent-sender", b"resent-to", b"resent-cc"),
)
#: Pieces of a list of addresses; each character begins one of them.
_PIECE = re.compile(
    r'"(?:[^"\\]|\\.)*"|<[^<>]*>|\((?:[^()\\]|\\.)*\)|[,;:]|[^",;:<>()]+|.', re.DOTALL
)
_LINE = 76


def message(data: bytes, beyond: int) -> bytes:
    """Return a message with ASCII fields.

    Args:
        beyond: how many fields, of all parts, have UTF-8.

    Raises:
        Unalterable: one of them cannot be written so; the text names it.
    """
    whole = entity(data)
    if any(whole.values(name) for name in SIGNED):
        raise Unalterable("a signed header has letters beyond ASCII")
    top = [field for field in whole.fields if not field.isascii()]
    if len(top) != beyond:
        raise Unalterable("the header of a part has letters beyond ASCII")
    fields = [one if one.isascii() else _field(one) for one in whole.fields]
    return Entity(fields, whole.body, whole.between).header + whole.between + whole.body


def _field(field: bytes) -> bytes:
    name, _, raw = field.partition(b":")
    value = " ".join(raw.decode().split())
    if name.isascii() and of(field) in _TEXTS:
        return name + b": " + _words(value, name.decode()) + b"\r\n"
    if name.isascii() and of(field) in _ADDRESSES:
        return name + b": " + _addresses(value, name.decode()) + b"\r\n"
    raise Unalterable(f"the field {of(field).decode('ascii', 'replace')} is in UTF-8")


def _addresses(value: str, name: str) -> bytes:
    written: list[str] = []
    phrase: list[str] = []
    for piece in _PIECE.findall(value):
        if piece.startswith("<") or piece == ":":
            # A name stands before its address, or before the members of its group.
            written += [_phrase("".join(phrase)), piece]
            phrase = []
        elif piece in ",;":
            written += ["".join(phrase), piece]
            phrase = []
        else:
            phrase.append(piece)
    text = "".join([*written, *phrase])
    if not text.isascii():
        raise Unalterable(f"an address in {name} has letters beyond ASCII")
    return re.sub(r"([,;])\s*(?=\S)", "\\1\r\n ", text).strip().encode()


def _phrase(text: str) -> str:
    """Return a display name in ASCII, with a blank behind it."""
    if text.isascii():
        return text
    if "(" in text:
        raise Unalterable("a comment beside an address has letters beyond ASCII")
    plain = re.sub(r"\\(.)", r"\1", text.strip().strip('"'))
    return f"{_words(plain, '').decode()} "


def _words(text: str, name: str) -> bytes:
    header = email.header.Header(text, "utf-8", _LINE, name or "Resent-Sender")
    return header.encode(linesep="\r\n").encode("ascii")
