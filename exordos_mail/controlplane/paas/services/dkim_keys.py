# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The DKIM keys of an instance's primary domain, as a payload needs them."""

import uuid as sys_uuid

from restalchemy.storage.sql import engines

from exordos_mail.controlplane import dns_options, keyring
from exordos_mail.controlplane.documents import collection, settings


def signs(instance: sys_uuid.UUID, keys: keyring.Keyring) -> bool:
    """Tell whether the domain signs already, where nothing keeps it waiting.

    Where the DNS is asked, keys wait for their records, and the node does not.

    Raises:
        keyring.KeyringError: a stored key cannot be opened.
    """
    with engines.engine_factory.get_engine().session_manager() as session:
        found = settings.signing_keys(collection.View(session, instance, keys))
    return bool(found) or dns_options.CONF.mail.dns_checks
