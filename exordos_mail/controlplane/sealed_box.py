# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Secrets that one process may write and only another may read.

The process of the API takes secrets of users, and cannot read the key file. So it
seals them to a public key, whose private half is derived from a key of that file
(controlplane/keyring.py): HPKE's base mode (RFC 9180) with DHKEM(X25519, HKDF-SHA256),
HKDF-SHA256 and AES-256-GCM.

An envelope is the text `h1:<key id>:<base64>`, where the base64 holds the encapsulated
key, 32 octets, and the ciphertext. The row that it belongs to is bound in, so an
envelope copied to another row does not open.
"""

import base64
import binascii
import typing as tp

from cryptography import exceptions as crypto_exceptions
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.kdf import hkdf

from exordos_mail.controlplane import keyring

_VERSION = "h1"
_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_KEY_SIZE = 32
_PAIR = b"exordos_mail sealed box: key pair"
_INFO = "exordos_mail sealed box: {}"


class PublicKey(tp.NamedTuple):
    """What seals.

    Attributes:
        key_id: of the key file's key that the private half is derived from.
        octets: X25519 public key.
    """

    key_id: str
    octets: bytes


def public_key(keys: keyring.Keyring) -> PublicKey:
    """Return the public half of the keyring's current key."""
    private = _private_key(keys, keys.current)
    return PublicKey(keys.current, private.public_key().public_bytes_raw())


def seal(plain: str, row: str, public: PublicKey) -> str:
    """Return the envelope of `plain`, bound to the row's name `row`."""
    key = x25519.X25519PublicKey.from_public_bytes(public.octets)
    sealed = _SUITE.encrypt(plain.encode(), key, info=_INFO.format(row).encode())
    text = base64.b64encode(sealed).decode("ascii")
    return f"{_VERSION}:{public.key_id}:{text}"


def open_(envelope: str, row: str, keys: keyring.Keyring) -> str:
    """Return the text in an envelope of the row `row`.

    Raises:
        keyring.KeyringError: unknown key id or format, or not of this row.
    """
    version, _, rest = envelope.partition(":")
    key_id, _, text = rest.partition(":")
    if version != _VERSION or not text:
        raise keyring.KeyringError("a sealed secret has an unknown format")
    private = _private_key(keys, key_id)
    try:
        sealed = base64.b64decode(text, validate=True)
        plain = _SUITE.decrypt(sealed, private, info=_INFO.format(row).encode())
    except (binascii.Error, ValueError, crypto_exceptions.InvalidTag):
        raise keyring.KeyringError(
            "a sealed secret does not open with its key"
        ) from None
    return plain.decode()


def _private_key(keys: keyring.Keyring, key_id: str) -> x25519.X25519PrivateKey:
    derivation = hkdf.HKDF(hashes.SHA256(), _KEY_SIZE, salt=None, info=_PAIR)
    return x25519.X25519PrivateKey.from_private_bytes(
        derivation.derive(keys.key(key_id))
    )
