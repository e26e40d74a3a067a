# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a mailbox may hold, as the fields of instances and accounts say it."""

from exordos_mail.schema import limits
from exordos_mail.schema.field import Access, Field, Kind


def bytes_field(name: str, text: str) -> Field:
    """Return the field of a limit in octets; 0 is none: null says that."""
    return Field(
        name,
        Kind.INTEGER,
        text,
        5 * 1024**3,
        most=limits.QUOTA_BYTES_MAX,
        nullable=True,
    )


def messages_field(name: str, text: str) -> Field:
    """Return the field of a limit in messages; 0 is none: null says that."""
    return Field(
        name,
        Kind.INTEGER,
        text,
        100_000,
        most=limits.QUOTA_MESSAGES_MAX,
        nullable=True,
    )


INSTANCE = (
    Field(
        "mailboxes",
        Kind.FLAG,
        "Whether the instance keeps mailboxes: receives mail for accounts that have"
        " one and lets them read it. false later: what is kept stays.",
        True,
        default=False,
        filterable=True,
    ),
    bytes_field(
        "mailbox_quota_bytes",
        "Most octets of each mailbox whose account has no `quota_bytes`. null: no"
        " limit.",
    ),
    messages_field(
        "mailbox_quota_messages",
        "Most messages of each mailbox whose account has no `quota_messages`. null: no"
        " limit.",
    ),
    Field(
        "mailbox_overcommit",
        Kind.FLAG,
        "Whether the limits of all mailboxes may be more than the data disk together."
        " false: what would make them so is refused.",
        False,
        default=False,
        filterable=True,
    ),
    Field(
        "mailbox_quota_sum_bytes",
        Kind.OWN,
        "What all mailboxes may hold together; null while one of them has no limit.",
        5 * 1024**3,
        access=Access.READ_ONLY,
    ),
)
