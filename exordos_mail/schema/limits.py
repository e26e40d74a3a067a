# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How many there may be, and how large a number may be."""

from exordos_mail.schema.field import Field, Kind

#: Domains of an instance, the primary one included.
DOMAINS_MAX = 1_000
#: Aliases of an instance.
ALIASES_MAX = 100_000
#: App passwords of an account.
APP_PASSWORDS_MAX = 50
#: Sieve scripts of an account, and of an instance.
SIEVE_SCRIPTS_MAX = 10
SIEVE_SCRIPTS_OF_INSTANCE_MAX = 20_000
#: Octets of a Sieve script, and of all of an instance.
SIEVE_SCRIPT_BYTES_MAX = 256 * 1024
SIEVE_SCRIPTS_BYTES_MAX = 16 * 1024 * 1024
#: Folders that an import names.
IMPORT_FOLDERS_MAX = 100
#: Addresses that an alias leads to.
TARGETS_MAX = 1_000
#: Certificates of an instance: four names of each domain.
CERTIFICATES_MAX = 4_000
#: Tenants of an instance.
TENANTS_MAX = 1_000
#: API keys, relays and suppressions of a tenant.
KEYS_MAX = 100
RELAYS_MAX = 100
SUPPRESSIONS_MAX = 10_000
#: Bounce mailboxes of a tenant of a send service.
BOUNCE_MAILBOXES_MAX = 10
#: Largest limit of messages in a time, and of messages on a connection.
COUNT_MAX = 1_000_000_000
#: Largest quota of a mailbox: one PiB, and messages.
QUOTA_BYTES_MAX = 2**50
QUOTA_MESSAGES_MAX = 1_000_000_000
#: Days for which the mail of a deleted account is kept.
RETENTION_DAYS_MAX = 3650


def per_time(whose: str) -> tuple[Field, ...]:
    """Return the fields of the most messages in a minute, an hour and a day."""
    return tuple(
        Field(
            f"limit_{span}",
            Kind.INTEGER,
            f"Most messages of the {whose} in any {span}; null: no limit.",
            example,
            most=COUNT_MAX,
            nullable=True,
        )
        for span, example in (("minute", 100), ("hour", 1000), ("day", 10000))
    )
