# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node has to know besides its accounts: signing keys and limits."""

import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane import (
    account_shards,
    keyring,
    send_options,
    submission_options,
)
from exordos_mail.controlplane.dm import models


class SigningKey(tp.TypedDict):
    """A DKIM private key as a node gets it."""

    algorithm: str  # one of dkim.ALGORITHMS
    private_key: str  # PKCS#8 PEM


_KEYS = """
SELECT uuid, selector, algorithm, private_key
FROM mail_dkim_keys
WHERE instance = %s
ORDER BY selector
"""


def signing_keys(
    queries: account_shards.Queries, instance: sys_uuid.UUID, keys: keyring.Keyring
) -> dict[str, SigningKey]:
    """Return the stored DKIM keys of an instance by selector.

    Raises:
        keyring.KeyringError: a stored key cannot be opened.
    """
    return {
        row["selector"]: {
            "algorithm": row["algorithm"],
            "private_key": keys.open(
                row["private_key"], models.MailDKIMKey.envelope_row(row["uuid"])
            ),
        }
        for row in queries.execute(_KEYS, (instance,)).fetchall()
    }


def settings(signing: tp.Mapping[str, SigningKey]) -> dict[str, tp.Any]:
    """Return the settings as a node gets them (protocol/revision.py).

    Args:
        signing: see `signing_keys`.
    """
    found: dict[str, tp.Any] = {
        "dkim_keys": {selector: dict(key) for selector, key in signing.items()},
        "rate_limit": submission_options.rate_limit(),
    }
    networks = send_options.private_networks()
    if networks:
        found["send_networks"] = networks
    return found
