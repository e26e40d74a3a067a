# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Encryption of the secrets that the control plane keeps in its database.

A secret is stored as an *envelope*, the text `v1:<key id>:<base64>`, where the
base64 holds a 12-octet nonce and the AES-256-GCM ciphertext. The row that it
belongs to is bound in as associated data, so an envelope copied to another
row does not open. Keys live in a file that only root can read, never in the
database: a stolen dump of the database gives no key away.
"""

import base64
import binascii
import json
import os
import pathlib
import secrets

from cryptography import exceptions as crypto_exceptions
from cryptography.hazmat.primitives.ciphers import aead
from oslo_config import cfg

from exordos_mail.standards import secret_file

CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.StrOpt(
            "secrets_key_file",
            default="/etc/exordos_metapaas/mail_secrets.json",
            help=(
                "JSON file, mode 0600, of the keys that encrypt secrets at rest: "
                '{"current": "<key id>", "keys": {"<key id>": "<32 octets, base64>"}}. '
                "Created when it does not exist."
            ),
        )
    ],
    group="mail",
)

_VERSION = "v1"
_NONCE_SIZE = 12
_KEY_SIZE = 32


class KeyringError(RuntimeError):
    """A secret cannot be opened or sealed; the text says why, without secrets."""


class Keyring:
    """The keys of one file; old keys still open, the current one seals.

    Args:
        current: id of the key that seals.
        keys: 32-octet keys by id.
    """

    def __init__(self, current: str, keys: dict[str, bytes]) -> None:
        if current not in keys:
            raise KeyringError(f"the current key {current!r} is not in the keyring")
        self._current = current
        self._keys = keys

    @property
    def current(self) -> str:
        """The id of the key that seals."""
        return self._current

    def key(self, key_id: str) -> bytes:
        """Return a key of 32 octets, to derive others from.

        Raises:
            KeyringError: unknown key id.
        """
        if key_id not in self._keys:
            raise KeyringError(
                f"a stored secret needs the key {key_id!r}, which is not in the key "
                "file; restore the file that holds it"
            )
        return self._keys[key_id]

    def seal(self, plain: str, row: str) -> str:
        """Return the envelope of `plain`, bound to the row's name `row`."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        cipher = aead.AESGCM(self._keys[self._current])
        sealed = nonce + cipher.encrypt(nonce, plain.encode(), row.encode())
        text = base64.b64encode(sealed).decode("ascii")
        return f"{_VERSION}:{self._current}:{text}"

    def open(self, envelope: str, row: str) -> str:
        """Return the text in an envelope of the row `row`.

        Raises:
            KeyringError: unknown key id or format, or not of this row.
        """
        version, _, rest = envelope.partition(":")
        key_id, _, text = rest.partition(":")
        if version != _VERSION or not text:
            raise KeyringError("a stored secret has an unknown format")
        key = self.key(key_id)
        try:
            sealed = base64.b64decode(text, validate=True)
            nonce, body = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
            plain = aead.AESGCM(key).decrypt(nonce, body, row.encode())
        except (binascii.Error, ValueError, crypto_exceptions.InvalidTag):
            raise KeyringError("a stored secret does not open with its key") from None
        return plain.decode()


def load(path: str) -> Keyring:
    """Return the keyring of a file.

    Raises:
        KeyringError: unreadable, readable by others than its owner, or not of
            the documented form.
    """
    try:
        content = json.loads(secret_file.read(pathlib.Path(path)))
        keys = {
            key_id: base64.b64decode(text, validate=True)
            for key_id, text in content["keys"].items()
        }
        current = content["current"]
    except secret_file.SecretFileError as error:
        raise KeyringError(str(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeyringError(f"{path} is not a key file of the known form") from None
    if any(len(key) != _KEY_SIZE for key in keys.values()):
        raise KeyringError(f"{path} holds a key that is not 32 octets long")
    return Keyring(current, keys)


def load_or_create(path: str) -> Keyring:
    """Return the keyring of a file, which is made first if it is not there.

    The file appears complete and with mode 0600 or not at all; of two
    processes that make it at once, one wins and both use its key.
    """
    if not os.path.exists(path):
        key_id = secrets.token_hex(4)
        key = base64.b64encode(secrets.token_bytes(_KEY_SIZE)).decode("ascii")
        text = json.dumps({"current": key_id, "keys": {key_id: key}})
        try:
            secret_file.create(pathlib.Path(path), text)
        except OSError as error:
            raise KeyringError(f"cannot create {path}: {error.strerror}") from error
    return load(path)
