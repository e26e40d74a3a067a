# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""MIME entities as octets: fields, kind and parts, without changing any octet."""

import dataclasses
import email.message
import re
import typing as tp

#: Octets of a Content-Type field that is looked into.
_FIELD_MAX = 4096
#: Entities in entities.
DEPTH_MAX = 50
#: Fields that vouch for the octets of others.
SIGNED = (b"dkim-signature", b"arc-message-signature")
_END = b"\r\n\r\n"


class Unalterable(Exception):
    """An entity cannot be written in another way; the text says why."""


@dataclasses.dataclass(frozen=True)
class Entity:
    """A header and a body, either of which may be empty."""

    #: Each field with its continuation lines and its CRLF.
    fields: list[bytes]
    body: bytes
    #: What stands between them: an empty line, or nothing.
    between: bytes

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of all fields of a name, given in lower case."""
        return [field.partition(b":")[2] for field in self.fields if of(field) == name]

    def single(self, name: bytes) -> str:
        """Return the value of a field that is there once at the most.

        Raises:
            Unalterable: it is there twice, or too long to be read.
        """
        found = self.values(name)
        if len(found) > 1 or any(len(value) > _FIELD_MAX for value in found):
            raise Unalterable(f"{name.decode()} is there twice, or too long")
        return b"".join(found).decode("latin-1").strip()

    @property
    def header(self) -> bytes:
        """Return all fields."""
        return b"".join(self.fields)

    def kind(self) -> tuple[str, bytes | None]:
        """Return type/subtype in lower case, and the boundary of a multipart."""
        text = " ".join(self.single(b"content-type").split())
        read = email.message.Message()
        read["Content-Type"] = text or "text/plain"
        boundary = read.get_boundary()
        return (
            read.get_content_type(),
            None if boundary is None else boundary.encode("latin-1", "replace"),
        )


def entity(data: bytes) -> Entity:
    """Return octets with CRLF line ends as an entity."""
    if data.startswith(b"\r\n"):
        return Entity([], data[2:], b"\r\n")
    header, blank, body = data.partition(_END)
    fields: list[bytes] = []
    for line in header.split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += line + b"\r\n"
        else:
            fields.append(line + b"\r\n")
    return Entity(fields, body, b"\r\n" if blank else b"")


def of(field: bytes) -> bytes:
    """Return a field's name in lower case."""
    return field.partition(b":")[0].strip().lower()


def is_utf8(data: bytes) -> bool:
    """Tell whether octets are UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@dataclasses.dataclass(frozen=True)
class Multipart:
    """A multipart's body in pieces: octets between parts, and parts, by turns."""

    #: One more than there are parts: preamble with the first delimiter, …, epilogue.
    between: list[bytes]
    parts: list[bytes]

    def joined(self, parts: tp.Iterable[bytes]) -> bytes:
        """Return the body with other parts."""
        pieces = [self.between[0]]
        for part, after in zip(parts, self.between[1:], strict=True):
            pieces += [part, after]
        return b"".join(pieces)


def multipart(body: bytes, boundary: bytes) -> Multipart:
    """Return the pieces of a multipart's body (RFC 2046 section 5.1.1)."""
    line = rb"(?:\A|\r\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r\n|\Z)"
    between: list[bytes] = []
    parts: list[bytes] = []
    last = 0
    # A delimiter's CRLF is also the one before the next: parts may be empty.
    search, at = re.compile(line), 0
    while (found := search.search(body, at)) is not None:
        if between:
            parts.append(body[last : found.start()])
            between.append(body[found.start() : found.end()])
        else:
            between.append(body[: found.end()])
        last = found.end()
        if found[1]:
            break
        at = max(last - 2, found.start() + 1)
    if not parts or found is None:
        raise Unalterable("a multipart has no parts, or no end")
    between[-1] += body[last:]
    return Multipart(between, parts)
