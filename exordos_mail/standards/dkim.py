# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""DKIM keys and the TXT records that publish them (RFC 6376, RFC 8463)."""

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

RSA_SHA256 = "rsa-sha256"
ED25519_SHA256 = "ed25519-sha256"
ALGORITHMS = (RSA_SHA256, ED25519_SHA256)

# RFC 8301 section 3.2: signers use 2048 bits; a longer key does not fit one
# UDP answer together with the rest of the record.
RSA_BITS = 2048

PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


class DKIMKeyError(ValueError):
    """The text is not a private key of an algorithm that DKIM knows."""


def generate_private_key(algorithm: str) -> str:
    """Return a new private key as PKCS#8 PEM text.

    Raises:
        DKIMKeyError: `algorithm` is not one of ALGORITHMS.
    """
    key: PrivateKey
    if algorithm == RSA_SHA256:
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    elif algorithm == ED25519_SHA256:
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        raise DKIMKeyError(f"unknown DKIM algorithm {algorithm!r}")
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


def load_private_key(pem: str) -> PrivateKey:
    """Return the key object of PEM text.

    Raises:
        DKIMKeyError: not a PEM private key, or neither RSA nor Ed25519. The
            message never holds any part of the text.
    """
    try:
        key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    except (ValueError, TypeError, UnicodeEncodeError):
        raise DKIMKeyError("not a readable PEM private key") from None
    if isinstance(key, (rsa.RSAPrivateKey, ed25519.Ed25519PrivateKey)):
        return key
    raise DKIMKeyError("the key is neither RSA nor Ed25519")


def public_record(private_pem: str) -> str:
    """Return the TXT record data of a private key's public half.

    RFC 6376 section 3.6.1; for RSA `p=` is the SubjectPublicKeyInfo, for
    Ed25519 the bare 32 octets (RFC 8463 section 4.2).

    Raises:
        DKIMKeyError: see `load_private_key`.
    """
    key = load_private_key(private_pem)
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        name = "rsa"
        octets = public.public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
    else:
        name = "ed25519"
        octets = public.public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
    return f"v=DKIM1; k={name}; p={base64.b64encode(octets).decode('ascii')}"


def is_rsa(record: str) -> bool:
    """Tell whether TXT record data is that of an RSA key (RFC 6376 section 3.6.1)."""
    return "k=rsa;" in record.replace(" ", "")


def record_name(selector: str, domain: str) -> str:
    """Return the owner name of a key's TXT record (RFC 6376 section 3.6.2.1)."""
    return f"{selector}._domainkey.{domain}"


def zone_file_line(selector: str, domain: str, record: str) -> str:
    """Return the record as one line of a zone file, newline included.

    A TXT record is made of strings of at most 255 octets (RFC 1035 section
    3.3.14), which a verifier joins again (RFC 6376 section 3.6.2.2).
    """
    strings = " ".join(f'"{record[i : i + 255]}"' for i in range(0, len(record), 255))
    return f"{record_name(selector, domain)}. 3600 IN TXT ( {strings} )\n"
