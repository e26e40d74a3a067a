# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node has to know besides its accounts: names, signing keys and limits."""

import typing as tp

from exordos_mail.controlplane import (
    resolver_options,
    send_options,
    submission_options,
)
from exordos_mail.controlplane.documents import collection, dkim_keys
from exordos_mail.protocol import documents

_OF_INSTANCE = """
SELECT domain, hostname, mailboxes, mailbox_quota_bytes, mailbox_quota_messages
FROM mail_instances
WHERE uuid = %s
"""

# Of the primary domain, which has the uuid of its instance.
_KEYS = """
SELECT uuid, selector, algorithm, private_key
FROM mail_dkim_keys
WHERE domain = %s AND state = 'signing'
ORDER BY selector
"""

_BUCKET = "0"


def signing_keys(view: collection.View) -> dict[str, dkim_keys.SigningKey]:
    """Return the DKIM keys that an instance's primary domain signs with, by selector.

    Raises:
        keyring.KeyringError: a stored key cannot be opened.
    """
    return {
        row["selector"]: dkim_keys.opened(row, view.keys) for row in view.rows(_KEYS)
    }


class Settings:
    """One bucket, with the settings by name."""

    name = "settings"

    def digests(self, view: collection.View) -> dict[str, str]:
        """See Collection."""
        return documents.digests(self.texts(view, [_BUCKET]).texts)

    def texts(
        self, view: collection.View, buckets: tp.Collection[str]
    ) -> collection.Texts:
        """See Collection."""
        (row,) = view.rows(_OF_INSTANCE)
        found: dict[str, tp.Any] = {
            "domain": row["domain"],
            "hostname": row["hostname"],
            "dkim_keys": signing_keys(view),
            "rate_limit": submission_options.rate_limit(),
        }
        if row["mailboxes"]:
            found["mailboxes"] = {
                "quota_bytes": row["mailbox_quota_bytes"],
                "quota_messages": row["mailbox_quota_messages"],
            }
        networks = send_options.private_networks()
        if networks:
            found["send_networks"] = networks
        resolver = resolver_options.resolver()
        if resolver is not None:
            found["resolver"] = resolver
        return collection.Texts({one: documents.text(found) for one in buckets})
