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

import typing as tp
import uuid as sys_uuid

from exordos_mail import constants as c
from exordos_mail.controlplane import keyring
from exordos_mail.controlplane.dm import models
from exordos_mail.standards import dkim

# Every domain signs with both algorithms (RFC 8463 section 3).
SELECTORS = {
    c.DKIM_RSA_SELECTOR: dkim.RSA_SHA256,
    c.DKIM_ED25519_SELECTOR: dkim.ED25519_SHA256,
}


class SigningKey(tp.TypedDict):
    """A private key as a node gets it."""

    algorithm: str  # one of dkim.ALGORITHMS
    private_key: str  # PKCS#8 PEM


def signing_keys(
    instance: models.MailInstance, keys: keyring.Keyring
) -> dict[str, SigningKey]:
    """Return the instance's keys by selector; make the ones that are missing.

    Raises:
        keyring.KeyringError: a stored key cannot be opened.
    """
    stored = {row.selector: row for row in models.MailDKIMKey.of_instance(instance)}
    result: dict[str, SigningKey] = {}
    for selector, algorithm in SELECTORS.items():
        row = stored.get(selector) or _create(instance, selector, algorithm, keys)
        result[selector] = {
            "algorithm": row.algorithm,
            "private_key": keys.open(row.private_key, row.envelope_row(row.uuid)),
        }
    return result


def _create(
    instance: models.MailInstance,
    selector: str,
    algorithm: str,
    keys: keyring.Keyring,
) -> models.MailDKIMKey:
    private_key = dkim.generate_private_key(algorithm)
    uuid = sys_uuid.uuid4()
    row = models.MailDKIMKey(
        uuid=uuid,
        instance=instance,
        domain=instance.domain,
        selector=selector,
        algorithm=algorithm,
        private_key=keys.seal(private_key, models.MailDKIMKey.envelope_row(uuid)),
        public_key=dkim.public_record(private_key).rpartition("p=")[2],
    )
    row.insert()
    return row
