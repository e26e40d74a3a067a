# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A whole message that the caller has composed (RFC 5322)."""

import dataclasses
import re

from exordos_mail.send.content import address, address_list, lines, message, words
from exordos_mail.send.content.raw_fields import Field, RawError, split

#: Once at the most (RFC 5322 section 3.6, RFC 2045 section 3). A message that was
#: resent twice does not tell by itself whom it goes to now.
_SINGLE = {
    *("from", "sender", "reply-to", "to", "cc", "date", "message-id", "subject"),
    *("mime-version", "content-type", "content-transfer-encoding", "resent-from"),
    *("resent-sender", "resent-to", "resent-cc", "resent-bcc"),
}
#: Who it says it is from; each names one.
_AUTHORS = ("from", "sender", "resent-from", "resent-sender")
#: Whom it goes to, and whom when it is sent once more (RFC 5322 section 3.6.6).
_RECIPIENTS = ("to", "cc", "bcc")
_RESENT = ("resent-to", "resent-cc", "resent-bcc")
_ADDRESSES = {*_AUTHORS, *_RECIPIENTS, *_RESENT, "reply-to"}
#: Never sent: blind recipients, and what the service or the last server writes.
_DROPPED = {"bcc", "resent-bcc", "return-path", message.ID_HEADER.lower()}
#: Not sent when there is nothing in them, as addresses (RFC 5322 section 3.6).
_NOT_EMPTY = {"date", "message-id", "resent-date", "resent-message-id"}
#: Octets of a header.
HEADER_MAX = 64 * 1024
_END = re.compile(rb"\r?\n\r?\n")


@dataclasses.dataclass(frozen=True)
class Raw:
    """A message and what its header says."""

    content: message.Content
    #: Envelope sender: the address in From, or in Resent-From.
    sender: str
    #: Every address that it says it is from.
    authors: list[str]
    #: Those who get it, the blind ones too.
    recipients: list[address.Mailbox]


def parse(data: bytes) -> Raw:
    """Return a message that was composed by the caller.

    Line ends become CRLF; Bcc is taken out and read as recipients.

    Raises:
        RawError: it cannot be sent.
    """
    found = _END.search(data, 0, HEADER_MAX + len("\r\n\r\n"))
    if found is None:
        raise RawError(
            f"a message has a header of at most {HEADER_MAX} octets and an empty line"
        )
    header = data[: found.start()].replace(b"\r\n", b"\n")
    if b"\r" in header:
        raise RawError("a line of a header ends in CR and LF, or in LF")
    body = lines.unix(data[found.end() :])
    if b"\0" in body or any(
        lines.longer(part, words.LINE_MAX) for part in (header, body)
    ):
        raise RawError(f"a line is at most {words.LINE_MAX} octets, none of them zero")
    return _read(split(header), body)


def names(data: bytes) -> set[str]:
    """Return the names of the fields of a message that was read, in lower case."""
    header = data.partition(b"\r\n\r\n")[0].lower()
    return {line.partition(b":")[0].decode("latin-1") for line in header.split(b"\r\n")}


def _read(fields: list[Field], body: bytes) -> Raw:
    _check_once(fields)
    read = {field: _addresses(field) for field in fields if field.name in _ADDRESSES}
    fields = [field for field in fields if not _is_empty(field, read)]
    authors = {
        field.name: _author(field, read[field])
        for field in fields
        if field.name in _AUTHORS
    }
    if "from" not in authors:
        raise RawError("the field From has one address")
    names = {field.name for field in fields}
    wanted = _RECIPIENTS if names.isdisjoint(_RESENT) else _RESENT
    kept = [field for field in fields if field.name not in _DROPPED]
    content = message.Content(
        from_=("", authors["from"]),
        subject=_value(kept, "subject").strip(" \t")[:200],
        raw=_joined(kept, body),
    )
    return Raw(
        content=content,
        sender=authors.get("resent-from", authors["from"]),
        authors=list(authors.values()),
        recipients=[
            address.Mailbox("", one)
            for name in wanted
            for field, found in read.items()
            if field.name == name
            for one in found.addresses
        ],
    )


def _check_once(fields: list[Field]) -> None:
    seen: set[str] = set()
    for field in fields:
        if field.name in seen & _SINGLE:
            raise RawError(f"the field {field.name.title()} is there twice")
        seen.add(field.name)


def _is_empty(field: Field, read: dict[Field, address_list.AddressList]) -> bool:
    """Tell whether a field that has to say something says nothing."""
    if field in read:
        return not read[field].addresses and not read[field].grouped
    return field.name in _NOT_EMPTY and not field.value.strip(" \t")


def _joined(fields: list[Field], body: bytes) -> bytes:
    header = "".join(f"{field.text}\n" for field in fields)
    return lines.crlf(header.encode() + b"\n" + body)


def _addresses(field: Field) -> address_list.AddressList:
    try:
        return address_list.parse(field.value)
    except address.AddressError as error:
        raise RawError(f"the field {field.name.title()}: {error}") from None


def _author(field: Field, found: address_list.AddressList) -> str:
    if found.one is None:
        raise RawError(f"the field {field.name.title()} has one address")
    return found.one


def _value(fields: list[Field], name: str) -> str:
    return next((field.value for field in fields if field.name == name), "")
