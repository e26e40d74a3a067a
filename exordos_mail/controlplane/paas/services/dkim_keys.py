#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""The DKIM keys of an instance: made once, kept encrypted."""

import uuid as sys_uuid

from restalchemy.storage.sql import engines

from exordos_mail import constants as c
from exordos_mail.controlplane import keyring, node_settings
from exordos_mail.controlplane.dm import models
from exordos_mail.standards import dkim

# Every domain signs with both algorithms (RFC 8463 section 3).
SELECTORS = {
    c.DKIM_RSA_SELECTOR: dkim.RSA_SHA256,
    c.DKIM_ED25519_SELECTOR: dkim.ED25519_SHA256,
}


def signing_keys(
    instance: models.MailInstance, keys: keyring.Keyring
) -> dict[str, node_settings.SigningKey]:
    """Return the instance's keys by selector; make the ones that are missing.

    Raises:
        keyring.KeyringError: a stored key cannot be opened.
    """
    with engines.engine_factory.get_engine().session_manager() as session:
        found = node_settings.signing_keys(session, instance.uuid, keys)
    for selector in SELECTORS.keys() - found.keys():
        found[selector] = _create(instance, selector, keys)
    return found


def _create(
    instance: models.MailInstance, selector: str, keys: keyring.Keyring
) -> node_settings.SigningKey:
    algorithm = SELECTORS[selector]
    private_key = dkim.generate_private_key(algorithm)
    uuid = sys_uuid.uuid4()
    models.MailDKIMKey(
        uuid=uuid,
        instance=instance,
        domain=instance.domain,
        selector=selector,
        algorithm=algorithm,
        private_key=keys.seal(private_key, models.MailDKIMKey.envelope_row(uuid)),
        public_key=dkim.public_record(private_key).rpartition("p=")[2],
    ).insert()
    return {"algorithm": algorithm, "private_key": private_key}
