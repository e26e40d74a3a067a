# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a caller sends for one message: types and names, not yet checked."""

import typing as tp

import msgspec

from exordos_mail.send import limits
from exordos_mail.send.attachments import Reference

#: Longest subject and text of the like, in characters.
LINE_MAX = 900
#: Recipients of one message.
RECIPIENTS_MAX = 1000
#: Messages of one batch.
BATCH_MAX = limits.BATCH.value

Name = tp.Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


def _described(**schema: int) -> msgspec.Meta:
    """Return bounds for the API's description, which others check."""
    return msgspec.Meta(extra_json_schema=schema)


# labels.py checks them.
OwnReference = tp.Annotated[
    str, _described(minLength=1, maxLength=limits.REFERENCE.value)
]
Tag = tp.Annotated[str, _described(minLength=1, maxLength=limits.TAG.value)]
Tags = tp.Annotated[list[Tag], _described(maxItems=limits.TAGS.value)]
Metadata = tp.Annotated[
    dict[str, tp.Annotated[str, _described(maxLength=limits.METADATA_TEXT.value)]],
    _described(maxProperties=limits.METADATA.value),
]
#: An idempotency key.
Key = tp.Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class MailboxIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """An address in parts."""

    email: str
    name: str = ""


Address = str | MailboxIn
Addresses = str | MailboxIn | list[str | MailboxIn]


class MessageIn(
    msgspec.Struct,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename={"from_": "from"},
    kw_only=True,
):
    """One message to send."""

    #: Who it is from: `a@b.c`, `Name <a@b.c>` or an object.
    from_: Address | None = None
    to: Addresses = []
    cc: Addresses = []
    #: Recipients that no header tells of.
    bcc: Addresses = []
    #: Absent: none, or the batch's.
    reply_to: Addresses | msgspec.UnsetType = msgspec.UNSET
    subject: str = ""
    #: The body as plain text, as HTML, or both as alternatives.
    text: str | None = None
    html: str | None = None
    #: Further header fields.
    headers: dict[str, str] = {}
    attachments: list[Reference] = []
    #: Envelope sender; that of `from` when absent. Empty: none, and no bounce comes.
    return_path: str | None = None
    #: `<left@right>`; made when absent.
    message_id: str | None = None
    #: A whole RFC 5322 message in base64, instead of subject, bodies, reply_to and
    #: headers. Its header says whom it goes to; `to` says it instead, `cc` and `bcc`
    #: add to it, and the header stays as it is.
    raw: str | None = None
    #: The relay; the tenant's `default`, or its only one, when absent.
    relay: Name | None = None
    #: immediate, high, medium, low, or 0 to 3; medium when absent.
    priority: str | int | msgspec.UnsetType = msgspec.UNSET
    #: Not before: RFC 3339 text or seconds since 1970.
    send_at: str | float | None = None
    #: No attempt after: RFC 3339 text or seconds since 1970.
    expires_at: str | float | None = None
    #: A code by which many messages are suspended, resumed and counted.
    batch: Name | None = None
    idempotency_key: Key | None = None
    #: Why it goes to suppressed addresses all the same.
    override_suppression: Name | None = None
    #: What the caller knows it by; many messages may have the same.
    reference: OwnReference | None = None
    #: What the caller writes on it, for look-ups, events and webhooks.
    tags: Tags | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata = {}
    #: true: with a link by which its only recipient unsubscribes.
    unsubscribe: bool | msgspec.UnsetType = msgspec.UNSET


class DefaultsIn(
    msgspec.Struct,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename={"from_": "from"},
    kw_only=True,
):
    """What messages of a batch have that do not say it themselves (defaults.py).

    The bounds are narrow, because all of it is judged once for each message.
    """

    from_: Address | None = None
    reply_to: (
        Address
        | tp.Annotated[list[str | MailboxIn], msgspec.Meta(max_length=10)]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    return_path: str | None = None
    headers: tp.Annotated[dict[str, str], msgspec.Meta(max_length=20)] = {}
    relay: Name | None = None
    priority: str | int | msgspec.UnsetType = msgspec.UNSET
    send_at: str | float | None = None
    expires_at: str | float | None = None
    batch: Name | None = None
    reference: OwnReference | None = None
    tags: Tags | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata = {}
    unsubscribe: bool | msgspec.UnsetType = msgspec.UNSET


class BatchIn(
    msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """Many messages in one transaction."""

    #: atomic: all or none; partial: each one by itself.
    mode: tp.Literal["atomic", "partial"] = "atomic"
    #: For members that a message does not give.
    defaults: DefaultsIn | None = None
    messages: tp.Annotated[
        list[MessageIn], msgspec.Meta(min_length=1, max_length=BATCH_MAX)
    ]
