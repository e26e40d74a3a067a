# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""A message with an 8-bit body for a server without 8BITMIME (RFC 6152 section 3).

Bodies are encoded anew, part by part; every other octet stays as it is. What a
signature covers is not touched: it would be false afterwards.
"""

import base64
import binascii
import re

from exordos_mail.send.smtp.mime import (
    DEPTH_MAX,
    SIGNED,
    Entity,
    Unalterable,
    entity,
    is_utf8,
    multipart,
    of,
)

_ENCODING = b"content-transfer-encoding"
_AS_IT_IS = ("", "7bit", "8bit", "binary")
_BEYOND = re.compile(rb"[\x80-\xff]")


def convert(data: bytes) -> bytes:
    """Return a message whose bodies have 7 bits.

    Args:
        data: with CRLF line ends.

    Raises:
        Unalterable: it cannot be written so; the text says why.
    """
    whole = entity(data)
    for name in SIGNED:
        if whole.values(name):
            raise Unalterable(f"its {name.decode()} would not verify any more")
    fields = list(whole.fields)
    if not whole.values(b"mime-version"):
        fields.append(b"MIME-Version: 1.0\r\n")
        if not whole.values(b"content-type"):
            charset = b"utf-8" if is_utf8(whole.body) else b"unknown-8bit"
            fields.append(b"Content-Type: text/plain; charset=" + charset + b"\r\n")
    return _converted(Entity(fields, whole.body, whole.between), 0)


def beyond_ascii(data: bytes) -> list[bytes]:
    """Return the fields, of all parts, that have octets beyond ASCII.

    Raises:
        Unalterable: the message cannot be read.
    """
    return _fields_beyond(entity(data), 0)


def _converted(one: Entity, depth: int) -> bytes:
    if one.body.isascii():
        return one.header + one.between + one.body
    _check_depth(depth)
    main, boundary = one.kind()
    encoding = one.single(_ENCODING).lower()
    if encoding not in _AS_IT_IS:
        raise Unalterable("an encoded part has octets beyond ASCII")
    if main == "message/rfc822":
        return _written(one, b"7bit", _converted(entity(one.body), depth + 1))
    if main in ("multipart/signed", "multipart/encrypted"):
        raise Unalterable(f"a {main} part would not verify any more")
    if main.startswith("multipart/"):
        return _written(one, b"7bit", _parts(one.body, boundary, depth + 1))
    if main.startswith("message/"):
        raise Unalterable(f"a {main} part cannot be encoded (RFC 2046 section 5.2)")
    if main.startswith("text/"):
        return _written(one, b"quoted-printable", _quoted(one.body))
    return _written(one, b"base64", _base64(one.body))


def _parts(body: bytes, boundary: bytes | None, depth: int) -> bytes:
    if not boundary:
        raise Unalterable("a multipart has no boundary")
    found = multipart(body, boundary)
    # What stands before, between and after the parts is for nobody to read.
    found.between[:] = [_BEYOND.sub(b"?", piece) for piece in found.between]
    return found.joined(_converted(entity(part), depth) for part in found.parts)


def _written(one: Entity, encoding: bytes, body: bytes) -> bytes:
    fields = [field for field in one.fields if of(field) != _ENCODING]
    fields.append(b"Content-Transfer-Encoding: " + encoding + b"\r\n")
    return b"".join(field for field in fields if field != b"\r\n") + b"\r\n" + body


def _fields_beyond(one: Entity, depth: int) -> list[bytes]:
    found = [field for field in one.fields if not field.isascii()]
    if one.body.isascii():
        return found
    _check_depth(depth)
    main, boundary = one.kind()
    if main == "message/rfc822":
        return found + _fields_beyond(entity(one.body), depth + 1)
    if main.startswith("multipart/") and boundary:
        for part in multipart(one.body, boundary).parts:
            found += _fields_beyond(entity(part), depth + 1)
    return found


def _check_depth(depth: int) -> None:
    if depth > DEPTH_MAX:
        raise Unalterable(f"it has more than {DEPTH_MAX} parts in parts")


def _quoted(body: bytes) -> bytes:
    # The encoder ends a line as the first one ends, which may be the only one.
    return re.sub(rb"\r?\n", b"\r\n", binascii.b2a_qp(body))


def _base64(body: bytes) -> bytes:
    return base64.encodebytes(body).strip().replace(b"\n", b"\r\n")
