# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The keys of the configured file, for all who seal or open a stored secret."""

from oslo_config import cfg
from restalchemy.storage.sql import engines

from exordos_mail.controlplane import keyring

# No model: each is restored with its parents, with a connection for every one of them,
# and the platform's pool has few.
_IN_USE = (
    "SELECT EXISTS (SELECT FROM mail_dkim_keys WHERE private_key IS NOT NULL) AS in_use"
)


def existing() -> keyring.Keyring:
    """Return the keys of `[mail] secrets_key_file`, to open what is stored.

    Raises:
        keyring.KeyringError: it is not there, or not what it should be.
    """
    return keyring.load(cfg.CONF.mail.secrets_key_file)


def keys() -> keyring.Keyring:
    """Return the keys of the file, to seal with.

    The file is made on first use, which is before any DKIM key is stored. A file
    that is lost later must be restored: what is sealed with a new one meanwhile
    would be lost in its turn.

    Raises:
        keyring.KeyringError: it is lost, or not what it should be.
    """
    with engines.engine_factory.get_engine().session_manager() as session:
        in_use = session.execute(_IN_USE, ()).fetchone()["in_use"]
    if in_use:
        return existing()
    return keyring.load_or_create(cfg.CONF.mail.secrets_key_file)
