"""The DKIM keys of an instance: made once, kept encrypted."""

import hashlib
import uuid as sys_uuid

from restalchemy.storage.sql import engines

from exordos_mail import constants as c
from exordos_mail.controlplane import keyring, node_settings
from exordos_mail.controlplane.dm import models
from exordos_mail.standards import dkim

# Every domain signs with both algorithms (RFC 8463 section 3).
_SELECTORS = {
    dkim.RSA_SHA256: c.DKIM_RSA_SELECTOR,
    dkim.ED25519_SHA256: c.DKIM_ED25519_SELECTOR,
}
_MARK_LENGTH = 12  # hexadecimal digits


def selector(instance: sys_uuid.UUID, algorithm: str) -> str:
    """Return the selector of an instance's key: no other instance has the same.

    A selector names one record in the domain's DNS (RFC 6376 section 3.1), and a
    domain may have several instances, each with keys of its own.
    """
    mark = hashlib.sha256(instance.bytes).hexdigest()[:_MARK_LENGTH]
    return f"{_SELECTORS[algorithm]}-{mark}"


def signing_keys(
    instance: models.MailInstance, keys: keyring.Keyring
) -> dict[str, node_settings.SigningKey]:
    """Return the instance's keys by selector; make the ones that are missing.

    Raises:
        keyring.KeyringError: a stored key cannot be opened.
    """
    with engines.engine_factory.get_engine().session_manager() as session:
        found = node_settings.signing_keys(session, instance.uuid, keys)
    for algorithm in _SELECTORS.keys() - {key["algorithm"] for key in found.values()}:
        found[selector(instance.uuid, algorithm)] = _create(instance, algorithm, keys)
    return found


def _create(
    instance: models.MailInstance, algorithm: str, keys: keyring.Keyring
) -> node_settings.SigningKey:
    private_key = dkim.generate_private_key(algorithm)
    uuid = sys_uuid.uuid4()
    models.MailDKIMKey(
        uuid=uuid,
        instance=instance,
        domain=instance.domain,
        selector=selector(instance.uuid, algorithm),
        algorithm=algorithm,
        private_key=keys.seal(private_key, models.MailDKIMKey.envelope_row(uuid)),
        public_key=dkim.public_record(private_key).rpartition("p=")[2],
    ).insert()
    return {"algorithm": algorithm, "private_key": private_key}
