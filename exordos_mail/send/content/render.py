# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""RFC 5322 text of a message, as octets with CRLF line ends.

ASCII throughout, but for addresses whose local part is not (RFC 6532) and for what the
caller has composed. No line is longer than 998 octets.
"""

import datetime
import email.utils
import hashlib
import typing as tp

from exordos_mail.send.attachments import Attachment as Attached
from exordos_mail.send.content import fields, identity, message, mime, raw, words


def render(
    content: message.Content,
    message_id: str,
    created_at: int,
    attached: tp.Sequence[Attached] = (),
    unsubscribe: str | None = None,
) -> bytes:
    """Return the message as it is sent.

    The same arguments give the same octets at each attempt.

    Args:
        message_id: the service's id.
        created_at: moment of acceptance, milliseconds since 1970.
        unsubscribe: a link by which the recipient unsubscribes.
    """
    moment = max(created_at, content.dated_at or 0) // 1000
    date = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
    added = {
        "Date": email.utils.format_datetime(date),
        "Message-ID": identity.of(content, message_id),
        message.ID_HEADER: message_id,
    }
    if unsubscribe is not None:
        # RFC 2369 section 3.2, RFC 8058 section 3.1.
        added["List-Unsubscribe"] = f"<{unsubscribe}>"
        added["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if content.raw is not None:
        return _completed(content.raw, added)
    body = _body(content, attached, message_id)
    header = "".join([*_fields(content, added), body.header])
    return b"".join((header.encode(), b"\r\n", *body.body))


def _fields(content: message.Content, added: dict[str, str]) -> tp.Iterator[str]:
    boxes = {
        name: [message.mailbox(pair) for pair in pairs]
        for name, pairs in (
            ("From", [content.from_]),
            ("To", content.to),
            ("Cc", content.cc),
            ("Reply-To", content.reply_to),
        )
    }
    for name, given in boxes.items():
        yield fields.mailboxes(name, given)
    if not content.to and not content.cc:
        yield words.fold("To", [fields.NOBODY])
    yield fields.text("Subject", content.subject)
    for name, value in added.items():
        yield words.fold(name, [value])
    for name, value in content.headers.items():
        yield fields.given(name, value)
    yield words.fold("MIME-Version", ["1.0"])


def _body(
    content: message.Content, attached: tp.Sequence[Attached], message_id: str
) -> mime.Part:
    """Return the body: texts, with what is shown inside, with what is attached."""
    # No text can have it in it by chance (RFC 2046 section 5.1.1).
    unique = hashlib.sha256(message_id.encode()).hexdigest()[:24]
    inside = [one for one in attached if _is_inside(content, one)]
    parts: list[mime.Part] = []
    if content.text is not None:
        parts.append(mime.text(content.text, "plain"))
    if content.html is not None:
        html = mime.text(content.html, "html")
        shown = [mime.file(one, inline=True) for one in inside]
        if shown:
            # RFC 2387 section 3.1: the type of its first part.
            kind = 'type="text/html"'
            html = mime.multipart("related", [html, *shown], f"{unique}r", kind)
        parts.append(html)
    if len(parts) > 1:
        parts = [mime.multipart("alternative", parts, f"{unique}a")]
    files = [
        mime.file(one, inline=False) for one in attached if not _is_inside(content, one)
    ]
    if files:
        return mime.multipart("mixed", [*parts, *files], f"{unique}m")
    return parts[0]


def _is_inside(content: message.Content, attached: Attached) -> bool:
    return content.html is not None and attached.content_id is not None


def _completed(data: bytes, added: dict[str, str]) -> bytes:
    """Return a composed message with what it lacks."""
    names = raw.names(data)
    lacking = [
        words.fold(name, [value])
        for name, value in added.items()
        if name.lower() not in names
    ]
    if not names & {"to", "cc", "resent-to", "resent-cc"}:
        lacking.append(words.fold("To", [fields.NOBODY]))
    return "".join(lacking).encode() + data
