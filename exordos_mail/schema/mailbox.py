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


#: What a mailbox may hold, and how many messages: a larger number no node tells.
USAGE_BYTES_MAX = limits.QUOTA_BYTES_MAX
USAGE_MESSAGES_MAX = limits.QUOTA_MESSAGES_MAX
#: How a moment is known that nodes tell, see docs/adr/0049.
_SEEN = "Known at most an hour late. null: never, as far as it is known."


def _count(name: str, text: str, example: int) -> Field:
    return Field(
        name,
        Kind.INTEGER,
        text,
        example,
        least=0,
        most=2**63 - 1,
        nullable=True,
        access=Access.READ_ONLY,
    )


def seen(name: str, text: str) -> Field:
    """Return the field of a moment that nodes tell."""
    return Field(
        name,
        Kind.MOMENT,
        f"{text} {_SEEN}",
        "2026-01-31T12:00:00Z",
        nullable=True,
        access=Access.READ_ONLY,
    )


def usage_sum(whose: str) -> Field:
    """Return the field of what several mailboxes hold together."""
    return _count(
        "mailbox_usage_bytes",
        f"What the {whose} mailboxes hold together, as far as it is known; null: of"
        " none.",
        3 * 1024**3,
    )


#: What a node sees of an account.
OBSERVED = (
    _count(
        "usage_bytes",
        "What the mailbox holds, in octets, as its quota counts it. Known some minutes"
        " late. null: not yet, or nobody has used the mailbox.",
        123_456_789,
    ),
    _count("usage_messages", "How many messages the mailbox holds.", 4_321),
    Field(
        "usage_at",
        Kind.MOMENT,
        "Since when the usage is known to be this; null: it is not known.",
        "2026-01-31T12:00:00Z",
        nullable=True,
        access=Access.READ_ONLY,
    ),
    seen("last_login_smtp", "Last login to send mail."),
    seen("last_login_imap", "Last login by IMAP."),
    seen("last_login_pop3", "Last login by POP3."),
    seen("last_login_sieve", "Last login by ManageSieve."),
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
        "mailbox_retention_days",
        Kind.INTEGER,
        "Days for which the mail of an account that is deleted is kept, and can be"
        " restored; 0: it is removed at once. Of accounts that are deleted after it is"
        " set.",
        14,
        default=14,
        least=0,
        most=limits.RETENTION_DAYS_MAX,
    ),
    Field(
        "mailbox_quota_sum_bytes",
        Kind.OWN,
        "What all mailboxes may hold together; null while one of them has no limit.",
        5 * 1024**3,
        access=Access.READ_ONLY,
    ),
    usage_sum("instance's"),
)
