# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A checked message: what is stored, and rendered when it is sent."""

import hashlib

import msgspec

from exordos_mail.send.attachments import Reference
from exordos_mail.send.content import address
from exordos_mail.send.content.labels import Labels

#: Carries the message's id to the recipient, and back in a bounce.
ID_HEADER = "X-Exordos-Mail-ID"


class Content(msgspec.Struct, array_like=True, omit_defaults=True):
    """Everything that becomes RFC 5322 text; stored as MessagePack.

    Fields are stored by position: new ones go to the end and have a default.
    """

    #: (name, address) as in address.Mailbox; empty with `raw`.
    from_: tuple[str, str]
    to: list[tuple[str, str]] = []
    cc: list[tuple[str, str]] = []
    reply_to: list[tuple[str, str]] = []
    subject: str = ""
    text: str | None = None
    html: str | None = None
    headers: dict[str, str] = {}
    message_id: str | None = None
    attachments: list[Reference] = []
    raw: bytes | None = None
    #: Moment for which it was scheduled, milliseconds since 1970; None: at once.
    dated_at: int | None = None
    #: Where the service was reached when it took a message that has a link to
    #: unsubscribe, and one recipient; None: it has none.
    unsubscribe: str | None = None


class Draft(msgspec.Struct):
    """A message that may be accepted."""

    content: Content
    #: Envelope sender.
    sender: str
    #: Domains it claims to be from, and the member that says so.
    sender_domains: dict[str, str]
    #: Envelope recipients, each once.
    recipients: list[str]
    subject: str
    relay: str | None
    batch: str | None
    priority: int
    #: Milliseconds since 1970; None: at once.
    due_at: int | None
    #: Milliseconds since 1970.
    expires_at: int
    idempotency_key: str | None
    #: digest of the content, when there is a key.
    content_hash: str | None
    override_suppression: str | None
    #: The message that this one sends again.
    resend_of: str | None = None
    #: What the caller writes on it; None: nothing.
    labels: Labels | None = None
    #: It asks for a link to unsubscribe.
    unsubscribe: bool = False
    #: It came with a test key, or sends again what did.
    is_test: bool = False


pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(Content).decode


def mailbox(pair: tuple[str, str]) -> address.Mailbox:
    """Return a stored pair as a mailbox."""
    return address.Mailbox(*pair)


def digest(content: bytes) -> str:
    """Return what a content is recognised by."""
    return hashlib.sha256(content).hexdigest()
