# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An account: a principal that may log in to an instance."""

from exordos_mail.schema import field
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

NOUN = Noun(
    "account",
    "accounts",
    "A principal that may log in to an instance's mail server.",
    (
        field.named("Name for people.", "Alice"),
        field.description("printer on the third floor"),
        Field(
            "username",
            Kind.TEXT,
            "Left of the @ in the account's address and login, unique in its domain."
            " Set at creation.",
            "alice",
            rule="username",
            access=Access.SET_ONCE,
            sortable=True,
        ),
        Field(
            "domain",
            Kind.TEXT,
            "Right of the @: the name of one of the instance's domains. In the primary"
            " one, the default, the username alone is a login, too. Set at creation.",
            "example.com",
            rule="domain",
            access=Access.SET_ONCE,
            sortable=True,
            derived=True,
        ),
        Field(
            "password",
            Kind.OWN,
            "Password to hash and store; never shown. Either this or `password_hash`.",
            "correct horse battery staple",
            access=Access.WRITE_ONLY,
            secret=True,
            column=False,
        ),
        Field(
            "password_hash",
            Kind.TEXT,
            "Hash that crypt(3) verifies, as `openssl passwd -6` makes it, with or"
            " without a scheme such as {SHA512-CRYPT} before it; never shown. Either"
            " this or `password`.",
            "$6$k2XAnEHBqQ1Ct2aM$iHrwyiyKiHg2YYwyBUuMGKxA1KEcXtz5/1GeBzr0MS1P"
            "/uuE3hZ0bFaooxSWrUiR3AnSTuj.ImcGKhyGcmwS5.",
            rule="password_hash",
            access=Access.WRITE_ONLY,
            secret=True,
        ),
        Field(
            "active",
            Kind.FLAG,
            "Whether the account may log in; false locks it out.",
            True,
            default=True,
            sortable=True,
        ),
    ),
    below="instance",
    key="username",
    one_of=("password", "password_hash"),
    conflict="an account of this username in this domain, or of this uuid, exists, or"
    " the instance is gone",
    listed=("uuid", "username", "domain", "name", "active", "created_at"),
)
