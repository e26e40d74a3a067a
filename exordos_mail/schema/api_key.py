# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An API key: what a tenant's program says who it is with."""

from exordos_mail.schema import field
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

NOUN = Noun(
    "api_key",
    "api_keys",
    "What a tenant's program says who it is with. Deleting it revokes it.",
    (
        Field(
            "name",
            Kind.TEXT,
            "Name for people, to tell the keys apart.",
            "web server",
            rule="key_name",
            sortable=True,
        ),
        field.description("order confirmations"),
        Field(
            "scopes",
            Kind.WORDS,
            "What the key may be used for. send: submit messages. read: see messages"
            " and events. manage: change what belongs to the tenant.",
            ["send", "read"],
            words=("send", "read", "manage"),
            schema={"minItems": 1, "uniqueItems": True},
        ),
        Field(
            "expires_at",
            Kind.MOMENT,
            "When the key ceases to work, with an offset from UTC; null: never.",
            "2027-01-31T12:00:00Z",
            nullable=True,
        ),
        Field(
            "key",
            Kind.OWN,
            "The key itself, in the answer to its creation alone; only its hash is"
            " kept.",
            "exm_2R8m0x3v7cQJ6uN5tYb1kLw9sHd4fGpZaXeVoTiUrBc",
            access=Access.SHOWN_ONCE,
            secret=True,
            column=False,
        ),
        Field("key_hash", Kind.OWN, "", None, access=Access.HIDDEN, secret=True),
    ),
    below="tenant",
    title="API key",
    model="MailSendAPIKey",
    table="mail_send_api_keys",
    permission="send_api_key",
    conflict="this key or its uuid exists, or the tenant is gone",
    declared=("key",),
    listed=("uuid", "name", "scopes", "expires_at"),
)
