# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a certificate says about itself, for those who are to trust it."""

import datetime
import typing as tp

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

#: Most certificates that a server shows, and their longest PEM text in characters.
COUNT_MAX, PEM_MAX, ISSUER_MAX = 8, 16 * 1024, 512


class Described(tp.TypedDict):
    """A certificate as a client needs it."""

    key_type: str  # "ECDSA", "RSA" or "other"
    not_after: str  # UTC, ISO 8601
    sha256: str  # of the DER form, 64 hexadecimal digits
    serial: str  # hexadecimal digits
    issuer: str  # RFC 4514; "" for one that has signed itself
    pem: str


def described(pems: tp.Iterable[object]) -> list[Described]:
    """Return what certificates say; what is none is left out.

    Args:
        pems: PEM texts, of which the first certificate of each counts.
    """
    texts = [one for one in pems if isinstance(one, str) and len(one) <= PEM_MAX]
    return [found for one in texts[:COUNT_MAX] if (found := _described(one))]


def _described(pem: str) -> Described | None:
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode("ascii"))
        key = certificate.public_key()
    except (ValueError, TypeError):
        return None
    return {
        "key_type": _key_type(key),
        "not_after": _text(certificate.not_valid_after_utc),
        "serial": f"{certificate.serial_number:x}",
        "issuer": _issuer(certificate),
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
        "pem": certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
    }


def _issuer(certificate: x509.Certificate) -> str:
    if certificate.issuer == certificate.subject:
        return ""
    return certificate.issuer.rfc4514_string()[:ISSUER_MAX]


def _key_type(key: object) -> str:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ECDSA"
    return "RSA" if isinstance(key, rsa.RSAPublicKey) else "other"


def _text(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
