# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Secrets in the database: AES-256-GCM (NIST SP 800-38D)."""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

#: Bytes of a key.
KEY_BYTES = 32
_NONCE_BYTES = 12
#: First byte of what is stored; another method would have another one.
_METHOD = b"\x01"
_DIGEST = b"exordos_mail_send: digest of a key of secrets"


class WrongKey(Exception):
    """A stored secret was not written with one of these keys, or was changed."""


def digest(key: bytes) -> str:
    """Return what may be shown of a key: 64 hexadecimal digits.

    A key has 256 random bits, so nothing of it can be found out by guessing.
    """
    return hashlib.sha256(_DIGEST + key).hexdigest()


def row_name(kind: str, *key: str) -> str:
    """Return the name of a row whose secret is sealed: what it is, and its key."""
    return " ".join((kind, *key))


class Vault:
    """Encrypts what one row keeps; the row's name goes into the tag.

    A secret copied into another row therefore does not open there.
    """

    def __init__(self, *keys: bytes) -> None:
        """Make it.

        Args:
            keys: the first one seals; any of them opens.
        """
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"a key has {KEY_BYTES} bytes, and there is at least one")
        #: Of the keys, in their order.
        self.digests = tuple(map(digest, keys))
        self._ciphers = tuple(map(AESGCM, keys))

    def seal(self, secret: str, row: str) -> bytes:
        """Return a secret in the form it is stored in."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[0].encrypt(nonce, secret.encode(), row.encode())
        return _METHOD + nonce + sealed

    def open(self, stored: bytes, row: str) -> str:
        """Return a stored secret.

        Raises:
            WrongKey: it does not open.
        """
        if stored[:1] != _METHOD:
            raise WrongKey
        nonce, sealed = stored[1 : 1 + _NONCE_BYTES], stored[1 + _NONCE_BYTES :]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, sealed, row.encode()).decode()
            except (InvalidTag, ValueError):
                continue
        raise WrongKey
