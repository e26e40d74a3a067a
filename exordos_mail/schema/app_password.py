# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An app password: what one program logs in to an account with."""

from exordos_mail.schema import field, mailbox
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

NOUN = Noun(
    "app_password",
    "app_passwords",
    "What one program logs in to an account with. Deleting it revokes it.",
    (
        Field(
            "name",
            Kind.TEXT,
            "Name for people, unique in the account.",
            "phone",
            rule="key_name",
            sortable=True,
        ),
        field.description("mail program of the phone"),
        Field(
            "scopes",
            Kind.WORDS,
            "What it logs in to. smtp: sends. imap, pop3: read. sieve: changes the"
            " scripts that file mail.",
            ["imap", "smtp"],
            words=("smtp", "imap", "pop3", "sieve"),
            schema={"minItems": 1, "uniqueItems": True},
        ),
        Field(
            "sender",
            Kind.TEXT,
            "The only address that it sends mail from, in the envelope and in From: the"
            " account's own, or that of an alias with `send_as` among whose targets"
            " the account's is. null: all of them.",
            "alice@example.com",
            rule="target",
            nullable=True,
        ),
        Field(
            "expires_at",
            Kind.MOMENT,
            "When it ceases to work, with an offset from UTC; null: never.",
            "2027-01-31T12:00:00Z",
            nullable=True,
        ),
        Field(
            "password",
            Kind.OWN,
            "The app password itself, in the answer to its creation alone; only its"
            " hash is kept.",
            "k7mqp-2x9ab-w4hnc-tr8vz-5yde3",
            access=Access.SHOWN_ONCE,
            secret=True,
            column=False,
        ),
        mailbox.seen("last_used_at", "When it last logged in."),
        Field("password_hash", Kind.OWN, "", None, access=Access.HIDDEN, secret=True),
    ),
    below="account",
    key="name",
    conflict="an app password of this name, password or uuid exists, or the account is"
    " gone",
    declared=("password",),
    listed=("uuid", "name", "scopes", "sender", "expires_at", "last_used_at"),
)
