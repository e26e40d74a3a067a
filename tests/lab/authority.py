# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A certification authority of the tests' own, as strict clients want it (RFC 5280)."""

import datetime
import typing as tp

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Pair(tp.NamedTuple):
    """A certificate with its issuer, and its key: both PEM."""

    chain: str
    key: str


class Authority:
    """Issues certificates that clients accept who trust `pem`."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("exordos_mail lab CA")
        public = self._key.public_key()
        self._certificate = (
            _builder(self._name, public, days=30)
            .issuer_name(self._name)
            .add_extension(x509.BasicConstraints(True, 0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(public), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        self.pem = _pem(self._certificate)

    def issue(self, *names: str, days: float = 20, since: float = 0) -> Pair:
        """Issue a certificate.

        Args:
            names: of hosts, the first one is also the subject.
            days: of its life; negative: it has ended.
            since: days from now at which it begins.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key()
        hosts = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(
            self._key.public_key()
        )
        certificate = (
            _builder(_name(names[0]), public, days, since)
            .issuer_name(self._name)
            .add_extension(x509.BasicConstraints(False, None), critical=True)
            .add_extension(_usage(), critical=True)
            .add_extension(server, critical=False)
            .add_extension(hosts, critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return Pair(_pem(certificate) + self.pem, secret.decode())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _builder(
    subject: x509.Name, public: tp.Any, days: float, since: float = 0
) -> x509.CertificateBuilder:
    begin = datetime.datetime.now(datetime.timezone.utc)
    begin += datetime.timedelta(days=since, minutes=-5)
    end = begin + datetime.timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(begin, end - datetime.timedelta(days=1)))
        .not_valid_after(end)
    )


def _usage(signs_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
