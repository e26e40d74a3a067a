# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A tenant of the send service: an application of the project that sends by HTTP."""

from exordos_mail.schema import field, limits
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

#: Longest name in characters.
NAME_MAX = 128

#: Where a tenant's webhook is, and how it knows that a request is ours.
CALLBACK = ("callback_url", "callback_auth", "callback_username", "callback_secret")

FIELDS = (
    Field(
        "active",
        Kind.FLAG,
        "Whether the tenant's messages are sent; false: what it submits waits.",
        True,
        default=True,
        sortable=True,
    ),
    *limits.per_time("tenant"),
    Field(
        "callback_url",
        Kind.TEXT,
        "Where events are posted to, an http:// or https:// URL on port 80, 443, 8080"
        " or 8443; null: nowhere.",
        "https://shop.example.com/mail-events",
        rule="url",
        nullable=True,
    ),
    Field(
        "callback_auth",
        Kind.WORD,
        "How the posts say that they are ours. basic: user name and password. bearer:"
        " a token. signature: signed as Standard Webhooks wants it.",
        "signature",
        default="none",
        words=("none", "basic", "bearer", "signature"),
        sortable=True,
    ),
    Field(
        "callback_username",
        Kind.TEXT,
        "User name; `basic` alone has one.",
        "shop",
        rule="callback_username",
        nullable=True,
    ),
    Field(
        "callback_secret",
        Kind.TEXT,
        "Password, token, or `whsec_` and the base64 of 24 to 64 octets, as"
        " `callback_auth` wants it; never shown. A change of `callback_auth` needs a"
        " new one.",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        rule="callback_secret",
        nullable=True,
        access=Access.WRITE_ONLY,
        secret=True,
        sealed=True,
    ),
    Field(
        "attachment_url",
        Kind.TEXT,
        "Where attachments that messages name by path are fetched; null: nowhere.",
        "https://shop.example.com/attachments",
        rule="url",
        nullable=True,
    ),
)

NOUN = Noun(
    "tenant",
    "tenants",
    "An application of the project that sends by HTTP.",
    (
        field.named("Name for people.", "Shop", most=NAME_MAX),
        field.description("order confirmations"),
        Field(
            "id",
            Kind.TEXT,
            "Id of the tenant in the send service, unique in the instance. Set at"
            " creation.",
            "shop",
            rule="id",
            access=Access.SET_ONCE,
            sortable=True,
        ),
        *FIELDS,
        Field(
            "url",
            Kind.OWN,
            "Where the tenant's HTTP API is; null while the instance has no address.",
            "https://203.0.113.7",
            access=Access.READ_ONLY,
            column=False,
        ),
    ),
    below="instance",
    key="id",
    model="MailSendTenant",
    table="mail_send_tenants",
    permission="send_tenant",
    listed=("uuid", "id", "name", "active", "url"),
)
