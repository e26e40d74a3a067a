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

"""RFC 5322 text of a message, as bytes with CRLF line ends."""

import datetime
import email.header
import email.message
import email.policy
import email.utils
import typing as tp

from exordos_mail.send.attachments import Content as Attached
from exordos_mail.send.content import address, message

_POLICY = email.policy.SMTP.clone(cte_type="7bit", max_line_length=76)
_LINE = 76


def render(
    content: message.Content,
    message_id: str,
    created_at: int,
    attached: tp.Sequence[Attached] = (),
) -> bytes:
    """Return the message as it is sent.

    The same arguments give the same Date and Message-ID at each attempt.

    Args:
        message_id: the service's id.
        created_at: moment of acceptance, milliseconds since 1970.
    """
    date = datetime.datetime.fromtimestamp(created_at // 1000, datetime.timezone.utc)
    sender = address.Mailbox(*content.from_)
    identity = content.message_id or f"<{message_id}@{sender.domain}>"
    own = [(message.ID_HEADER, message_id)]
    if content.raw is not None:
        return _completed(content.raw, own, email.utils.format_datetime(date), identity)
    fields = [
        ("From", address.header(sender)),
        *_address_fields("To", content.to),
        *_address_fields("Cc", content.cc),
        *_address_fields("Reply-To", content.reply_to),
        ("Subject", content.subject),
        ("Date", email.utils.format_datetime(date)),
        ("Message-ID", identity),
        *own,
        *content.headers.items(),
        ("MIME-Version", "1.0"),
    ]
    body = _body(content, attached)
    # The top part's own MIME-Version would be a second one.
    del body["MIME-Version"]
    return _lines(fields) + body.as_bytes(policy=_POLICY)


def _body(
    content: message.Content, attached: tp.Sequence[Attached]
) -> email.message.EmailMessage:
    body = email.message.EmailMessage(policy=_POLICY)
    if content.text is not None:
        body.set_content(content.text)
        if content.html is not None:
            body.add_alternative(content.html, subtype="html")
    elif content.html is not None:
        body.set_content(content.html, subtype="html")
    html = body.get_body(("html",)) if content.html is not None else None
    for part in attached:
        main, _, sub = part.content_type.partition("/")
        if part.content_id is not None and html is not None:
            tp.cast(email.message.EmailMessage, html).add_related(
                part.data,
                main,
                sub,
                cid=f"<{part.content_id}>",
                filename=part.filename,
                disposition="inline",
            )
        else:
            body.add_attachment(part.data, main, sub, filename=part.filename)
    return body


def _address_fields(name: str, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if not pairs:
        return []
    boxes = [address.header(message.mailbox(pair)) for pair in pairs]
    return [(name, ",\r\n ".join(boxes))]


def _lines(fields: list[tuple[str, str]]) -> bytes:
    return "".join(
        f"{name}: {_folded(name, value)}\r\n" for name, value in fields
    ).encode("ascii")


def _folded(name: str, value: str) -> str:
    if value.isascii() and (
        len(name) + 2 + len(value) <= _LINE or value.find("\r\n") >= 0
    ):
        return value
    charset = "us-ascii" if value.isascii() else "utf-8"
    header = email.header.Header(value, charset, _LINE, name)
    return header.encode(linesep="\r\n")


def _completed(
    raw: bytes, own: list[tuple[str, str]], date: str, identity: str
) -> bytes:
    """Return a composed message with what it lacks."""
    header = raw.partition(b"\r\n\r\n")[0].lower()
    names = {line.partition(b":")[0].strip() for line in header.split(b"\r\n")}
    fields = list(own)
    if b"date" not in names:
        fields.append(("Date", date))
    if b"message-id" not in names:
        fields.append(("Message-ID", identity))
    return _lines(fields) + raw
