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

"""A whole message that the caller has composed (RFC 5322)."""

import dataclasses
import email.message
import email.parser
import email.policy
import email.utils
import re

from exordos_mail.send.content import address, message

_LINE_MAX = 998
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
#: Once at the most (RFC 5322 section 3.6).
_SINGLE = ("From", "Sender", "Reply-To", "To", "Cc", "Date", "Message-ID", "Subject")
_parser = email.parser.BytesHeaderParser(policy=email.policy.compat32)


class RawError(ValueError):
    """It cannot be sent; the text says why and holds nothing of it."""


@dataclasses.dataclass(frozen=True)
class Raw:
    """A message and what its header says."""

    content: message.Content
    #: Address in From.
    sender: str
    #: Addresses in To, Cc and Bcc.
    recipients: list[address.Mailbox]


def parse(data: bytes) -> Raw:
    """Return a message that was composed by the caller.

    Line ends become CRLF; Bcc is taken out and read as recipients.

    Raises:
        RawError: it cannot be sent.
    """
    data = _BARE.sub(b"\r\n", data)
    header, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        raise RawError("a message has an empty line after its header")
    if b"\0" in data or any(len(line) > _LINE_MAX for line in data.split(b"\r\n")):
        raise RawError(f"a line is at most {_LINE_MAX} bytes, none of them zero")
    fields = _fields(header)
    parsed = _parser.parsebytes(header + b"\r\n\r\n")
    for name in _SINGLE:
        if len(parsed.get_all(name, [])) > 1:
            raise RawError(f"the field {name} is there twice")
    senders = _addresses(parsed, "From")
    if len(senders) != 1:
        raise RawError("the field From has one address")
    recipients = [
        box for name in ("To", "Cc", "Bcc") for box in _addresses(parsed, name)
    ]
    kept = [field for field in fields if not field.lower().startswith(b"bcc:")]
    content = message.Content(
        from_=senders[0],
        subject=str(parsed.get("Subject", ""))[:200],
        message_id=parsed.get("Message-ID"),
        raw=b"\r\n".join(kept) + b"\r\n\r\n" + body,
    )
    return Raw(content, senders[0].address, recipients)


def _fields(header: bytes) -> list[bytes]:
    """Return the fields, each with its continuation lines."""
    found: list[bytes] = []
    for line in header.split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and found:
            found[-1] += b"\r\n" + line
        elif _FIELD.match(line):
            found.append(line)
        else:
            raise RawError("a header line is Name: text")
    return found


def _addresses(parsed: email.message.Message, name: str) -> list[address.Mailbox]:
    values = [str(value) for value in parsed.get_all(name, [])]
    try:
        return [
            address.Mailbox("", address.check(text))
            for _, text in email.utils.getaddresses(values)
        ]
    except address.AddressError:
        raise RawError(f"the field {name} has something that is no address") from None
