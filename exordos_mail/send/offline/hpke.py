# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Secrets of an exported state: sealed to a public key (HPKE, RFC 9180, base mode).

DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. What is sealed begins with the
encapsulated key, 32 bytes. Where it stands in the file is bound in, so that it does not
open in another place. Keys are base64 of their 32 bytes.
"""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_INFO = "exordos-mail-send state 1: {}"
_KEY_BYTES = 32


class OtherPrivateKey(Exception):
    """It was sealed to another key, is of another place, or was changed."""


def new_key() -> tuple[str, str]:
    """Return a new private key and its public key."""
    private = X25519PrivateKey.generate()
    text = base64.b64encode(private.private_bytes_raw()).decode()
    return text, public_text(text)


def public_text(private: str) -> str:
    """Return the public key of a private one.

    Raises:
        ValueError: it is no private key; it is not repeated.
    """
    public = X25519PrivateKey.from_private_bytes(_key(private)).public_key()
    return base64.b64encode(public.public_bytes_raw()).decode()


def seal(plain: bytes, where: str, public: str) -> str:
    """Return what only the holder of the private key can read.

    Args:
        where: of the file it stands; not a secret.

    Raises:
        ValueError: that is no public key.
    """
    key = X25519PublicKey.from_public_bytes(_key(public))
    sealed = _SUITE.encrypt(plain, key, info=_INFO.format(where).encode())
    return base64.b64encode(sealed).decode()


def open_(sealed: str, where: str, private: str) -> bytes:
    """Return what was sealed.

    Raises:
        OtherPrivateKey: it does not open with this key.
        ValueError: that is no private key.
    """
    key = X25519PrivateKey.from_private_bytes(_key(private))
    try:
        data = base64.b64decode(sealed, validate=True)
        return _SUITE.decrypt(data, key, info=_INFO.format(where).encode())
    except (InvalidTag, binascii.Error, ValueError):
        raise OtherPrivateKey from None


def _key(text: str) -> bytes:
    try:
        found = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != _KEY_BYTES:
        raise ValueError(
            f"not a key of `exordos-mail-send state new-key`, which is base64 of"
            f" {_KEY_BYTES} bytes"
        )
    return found
