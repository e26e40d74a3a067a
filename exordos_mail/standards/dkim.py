# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""DKIM keys and the TXT records that publish them (RFC 6376, RFC 8463)."""

import base64
import math

from cryptography import exceptions as crypto_exceptions
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from exordos_mail.standards import rule

RSA_SHA256 = "rsa-sha256"
ED25519_SHA256 = "ed25519-sha256"
ALGORITHMS = (RSA_SHA256, ED25519_SHA256)

# RFC 8301 section 3.2: signers use 2048 bits; a longer key does not fit one
# UDP answer together with the rest of the record.
RSA_BITS = 2048
#: Bits of RSA keys that others bring: RFC 8301 section 3.2 has verifiers take these.
RSA_BITS_MIN, RSA_BITS_MAX = 2048, 4096
#: Longest private key in characters of PEM; one of 4,096 bits has 3,300.
PEM_MAX = 8192
PEM_RULE = (
    "a private key without a passphrase in PEM: Ed25519, or RSA of"
    f" {RSA_BITS_MIN} to {RSA_BITS_MAX} bits (PKCS#8 or PKCS#1)"
)
#: Verifiers keep the exponent in 31 bits.
_EXPONENT_MAX = 2**31 - 1

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
    return _text(key)


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


def check_private_key(value: object) -> str:
    """Return `value` if it is a private key that somebody may sign with.

    Raises:
        RuleError: it is not.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= PEM_MAX:
        raise rule.RuleError(PEM_RULE)
    try:
        key = serialization.load_pem_private_key(
            # The check of OpenSSL takes half a second for 4,096 bits, and without an
            # end for more. Ours follows.
            value.encode("ascii"),
            password=None,
            unsafe_skip_rsa_key_validation=True,
        )
    except (ValueError, TypeError, crypto_exceptions.UnsupportedAlgorithm):
        raise rule.RuleError(PEM_RULE) from None
    if isinstance(key, rsa.RSAPrivateKey):
        _check_rsa(key)
    elif not isinstance(key, ed25519.Ed25519PrivateKey):
        raise rule.RuleError(PEM_RULE)
    return value


def _check_rsa(key: rsa.RSAPrivateKey) -> None:
    """Hold an RSA key to its size and to RFC 8017 section 3.2, in a few milliseconds.

    Whether the factors are primes is found by Fermat's test: it need not resist who
    spoils a key of their own.
    """
    if not RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
        raise rule.RuleError(PEM_RULE)
    numbers = key.private_numbers()
    public, p, q, d = numbers.public_numbers, numbers.p, numbers.q, numbers.d
    sound = (
        3 <= public.e <= _EXPONENT_MAX
        and min(p, q) > 2**512
        and p * q == public.n
        and 1 < d < public.n
        and (public.e * d - 1) % math.lcm(p - 1, q - 1) == 0
        and (numbers.dmp1, numbers.dmq1) == (d % (p - 1), d % (q - 1))
        and 0 < numbers.iqmp < p
        and numbers.iqmp * q % p == 1
        and pow(2, p - 1, p) == pow(2, q - 1, q) == 1
    )
    if not sound:
        raise rule.RuleError("the parts of the RSA key do not fit each other")


def normal(pem: str) -> tuple[str, str, str]:
    """Return algorithm, PKCS#8 PEM and public key (`p=`) of a checked private key."""
    key = serialization.load_pem_private_key(
        pem.encode("ascii"), password=None, unsafe_skip_rsa_key_validation=True
    )
    if isinstance(key, rsa.RSAPrivateKey):
        return RSA_SHA256, _text(key), _public(key)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return ED25519_SHA256, _text(key), _public(key)
    raise DKIMKeyError("the key is neither RSA nor Ed25519")


def record(algorithm: str, public_key: str) -> str:
    """Return the TXT record data of a public key; "": that of a revoked one.

    RFC 6376 section 3.6.1; for RSA `p=` is the SubjectPublicKeyInfo, for Ed25519 the
    bare 32 octets (RFC 8463 section 4.2).
    """
    return f"v=DKIM1; k={algorithm.partition('-')[0]}; p={public_key}"


def _text(key: PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


def _public(key: PrivateKey) -> str:
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        octets = public.public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
    else:
        octets = public.public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
    return base64.b64encode(octets).decode("ascii")


def public_record(private_pem: str) -> str:
    """Return the TXT record data of a private key's public half.

    RFC 6376 section 3.6.1; for RSA `p=` is the SubjectPublicKeyInfo, for
    Ed25519 the bare 32 octets (RFC 8463 section 4.2).

    Raises:
        DKIMKeyError: see `load_private_key`.
    """
    key = load_private_key(private_pem)
    rsa_key = isinstance(key, rsa.RSAPrivateKey)
    return record(RSA_SHA256 if rsa_key else ED25519_SHA256, _public(key))


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
