# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An account: a principal that may log in to an instance."""

from exordos_mail.schema import field, mailbox
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
            " Another one later: the mailbox and all that belongs to the account stay,"
            " aliases that lead to it follow, and its sessions end.",
            "alice",
            rule="username",
            sortable=True,
        ),
        Field(
            "domain",
            Kind.TEXT,
            "Right of the @: the name of one of the instance's domains. In the primary"
            " one, the default, the username alone is a login, too. Another one later:"
            " as `username`.",
            "example.com",
            rule="domain",
            sortable=True,
            derived=True,
        ),
        Field(
            "keep_old_address",
            Kind.FLAG,
            "true, where this request changes `username` or `domain`: an alias is made"
            " from the old address to the new one. Else mail for the old address is"
            " refused.",
            True,
            default=False,
            access=Access.WRITE_ONLY,
            column=False,
            declared=False,
        ),
        Field(
            "password",
            Kind.OWN,
            "Password to hash and store; never shown. One of this, `password_hash` and"
            " `generate_password`.",
            "correct horse battery staple",
            access=Access.WRITE_ONLY,
            secret=True,
            column=False,
        ),
        Field(
            "password_hash",
            Kind.TEXT,
            "Hash that crypt(3) verifies, as `openssl passwd -6` makes it, with or"
            " without a scheme such as {SHA512-CRYPT} before it; never shown. One of"
            " this, `password` and `generate_password`.",
            "$6$k2XAnEHBqQ1Ct2aM$iHrwyiyKiHg2YYwyBUuMGKxA1KEcXtz5/1GeBzr0MS1P"
            "/uuE3hZ0bFaooxSWrUiR3AnSTuj.ImcGKhyGcmwS5.",
            rule="password_hash",
            access=Access.WRITE_ONLY,
            secret=True,
        ),
        Field(
            "generate_password",
            Kind.FLAG,
            "true: make a password, which the answer to this request alone shows as"
            " `generated_password`. One of this, `password` and `password_hash`.",
            True,
            access=Access.WRITE_ONLY,
            column=False,
            declared=False,
            schema={"enum": [True]},
        ),
        Field(
            "generated_password",
            Kind.OWN,
            "The password that this request had made; only its hash is kept.",
            "Tq7vK3mWz9RbX4cHn2Ys",
            access=Access.SHOWN_WHEN_MADE,
            secret=True,
            column=False,
        ),
        Field(
            "active",
            Kind.FLAG,
            "Whether the account may log in; false locks it out. Mail for its mailbox"
            " still arrives.",
            True,
            default=True,
            sortable=True,
        ),
        Field(
            "main_password_for_mail",
            Kind.FLAG,
            "Whether the account's own password logs in to SMTP, IMAP, POP3 and"
            " ManageSieve; false: its app passwords alone do.",
            True,
            default=True,
            sortable=True,
        ),
        Field(
            "mailbox",
            Kind.FLAG,
            "Whether mail for the account's address is kept for it, to be read by IMAP"
            " and POP3, as soon as the instance has `mailboxes`. false later: what is"
            " kept stays, and is there again with true.",
            True,
            default=False,
            sortable=True,
        ),
        mailbox.bytes_field(
            "quota_bytes",
            "Most octets that the mailbox keeps; more is refused. null: the"
            " instance's `mailbox_quota_bytes`.",
        ),
        mailbox.messages_field(
            "quota_messages",
            "Most messages that the mailbox keeps; more are refused. null: the"
            " instance's `mailbox_quota_messages`.",
        ),
        Field(
            "bounce_to",
            Kind.TEXT,
            "Where exim's reports on mail that comes from the account's address go:"
            " that it could not be delivered, or is late. An address here or elsewhere."
            " null: to the account's own address.",
            "postmaster@example.net",
            rule="target",
            nullable=True,
        ),
        Field(
            "suspended",
            Kind.WORD,
            "read_only: it reads its mail and sends nothing; mail still arrives. defer:"
            " it does not log in, and mail for it has to be sent again later (450)."
            " refuse: it does not log in, and mail for it is refused (550).",
            "read_only",
            default="none",
            words=("none", "read_only", "defer", "refuse"),
            sortable=True,
        ),
        *mailbox.OBSERVED,
    ),
    below="instance",
    key="username",
    one_of=("password", "password_hash", "generate_password"),
    conflict="an account of this username in this domain, or of this uuid, exists, or"
    " the instance is gone",
    listed=(
        "uuid",
        "username",
        "domain",
        "name",
        "active",
        "usage_bytes",
        "created_at",
    ),
)
