# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A certificate authority for tests: a root, an intermediate, what they sign."""

import dataclasses
import datetime
import functools
import typing as tp

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
HOST = "mail.example.com"

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclasses.dataclass(frozen=True)
class Signer:
    """Who signs: its certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> str:
        return pem(self.certificate)


@dataclasses.dataclass(frozen=True)
class Leaf:
    """What a server shows: its chain and its key, PEM."""

    chain: str
    key: str


def ecdsa() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_pem(key: Key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def sign(
    by: Signer | None,
    key: Key,
    name: str,
    extensions: tp.Sequence[tuple[x509.ExtensionType, bool]],
    begin: datetime.datetime,
    end: datetime.datetime,
    algorithm: tp.Any = None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    return builder.sign(by.key if by else key, algorithm or hashes.SHA256())


def usage(**allowed: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{one: allowed.get(one, False) for one in names})


def signer(
    by: Signer | None = None,
    name: str = "test authority",
    end: datetime.datetime = NOW + 3650 * DAY,
    begin: datetime.datetime = NOW - 365 * DAY,
    ca: bool = True,
) -> Signer:
    key = ecdsa()
    extensions = [
        (x509.BasicConstraints(ca, None), True),
        (usage(key_cert_sign=True, crl_sign=True), True),
    ]
    return Signer(sign(by, key, name, extensions, begin, end), key)


@functools.cache
def root() -> Signer:
    """Return the authority that all tests share."""
    return signer(name="test root")


@functools.cache
def intermediate() -> Signer:
    """Return one below it, which signs for servers."""
    return signer(root(), "test intermediate")


def leaf(
    *names: str,
    by: Signer | None = None,
    key: Key | None = None,
    begin: datetime.datetime = NOW - DAY,
    end: datetime.datetime = NOW + 89 * DAY,
    usages: x509.KeyUsage | None = None,
    purposes: tp.Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.SERVER_AUTH,),
    ca: bool = False,
    **more: tp.Any,
) -> Leaf:
    """Return a new certificate for a server, with the intermediate behind it."""
    by, key = by or intermediate(), key or ecdsa()
    san = x509.SubjectAlternativeName([x509.DNSName(one) for one in names or (HOST,)])
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (san, False),
        (x509.BasicConstraints(ca, None), True),
        (usages or usage(digital_signature=True), True),
    ]
    if purposes:
        extensions.append((x509.ExtendedKeyUsage(purposes), False))
    made = sign(by, key, "server", extensions, begin, end, **more)
    return Leaf(pem(made) + by.pem, key_pem(key))
