# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Judges a certificate chain and its private key before a server shows them.

    check(chain, key, hostname, now)    PairError: the first fault found, in words

What a sender of mail refuses is a fault here: RFC 5280 (chain, key usage), RFC 6125
section 6.4 (names; a common name counts for nothing), RFC 8446 section 4.4.2.2. Whether
an authority is trusted is for clients to say, so a private one will do.
"""

import dataclasses
import datetime
import functools
import hashlib
import itertools
import typing as tp

from cryptography import exceptions as crypto_exceptions
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import oid

from exordos_mail.standards import certificate_forms, rule

RSA_LEAST, RSA_MOST = 2048, 4096
_KINDS = f"the key must be ECDSA P-256, or RSA of {RSA_LEAST} to {RSA_MOST} bits"
_WEAK = (hashes.MD5, hashes.SHA1)
_UNREAD = (
    ValueError,
    TypeError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    crypto_exceptions.UnsupportedAlgorithm,
)


class PairError(rule.RuleError):
    """A chain and a key that no server must show; the text says why.

    Attributes:
        field: `chain` or `private_key`, whichever is to be changed.
    """

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclasses.dataclass(frozen=True)
class LeafFacts:
    """What a server's certificate says.

    Attributes:
        names: its DNS names, some with `*` as the first label.
        serial: hexadecimal digits.
        sha256: of the certificate's DER form, 64 hexadecimal digits.
        tlsa: of the public key, see `tlsa`.
    """

    names: tuple[str, ...]
    serial: str
    sha256: str
    not_before: datetime.datetime
    not_after: datetime.datetime
    tlsa: str


def check(chain: str, key: str, hostname: str, now: datetime.datetime) -> LeafFacts:
    """Return what the certificate says, if a server may show it for a name.

    Args:
        chain: PEM, the server's certificate first.
        key: PEM of its private key.
        hostname: in lower case and in its xn-- form.
        now: with a time zone.

    Raises:
        PairError: it may not.
    """
    with _Readable():
        certificates = _certificates(chain)
        leaf = certificates[0]
        facts = _facts(leaf)
        _check_key_fits(leaf, key)
        _check_dates(certificates, now)
        _check_names(facts.names, hostname)
        _check_usage(leaf)
        _check_order(certificates)
    return facts


def facts(chain: str) -> LeafFacts:
    """Return what the first certificate of a chain says, unjudged.

    Raises:
        PairError: it cannot be read.
    """
    with _Readable():
        return _facts(_certificates(chain)[0])


def tlsa(key: str) -> str:
    """Return the TLSA record data of a private key: `3 1 1` and the digest (RFC 7671).

    Raises:
        PairError: it is none.
    """
    return _tlsa(_private_key(key).public_key())


def covers(pattern: str, hostname: str) -> bool:
    """Return whether a name of a certificate is that of a host (RFC 6125 6.4.3)."""
    if pattern.startswith("*."):
        label, _, rest = hostname.partition(".")
        return bool(label) and "." in rest and rest == pattern[2:].lower()
    return pattern.lower() == hostname


class _Readable:
    """Has what the parser of certificates raises be a fault of the chain."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, PairError):
            return
        if isinstance(error, rule.RuleError):
            raise PairError("chain", str(error)) from None
        if isinstance(error, _UNREAD):
            raise PairError("chain", "a certificate of the chain is damaged") from None


def _certificates(chain: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(
        certificate_forms.check_chain(chain).encode("ascii")
    )


# Loading an RSA key proves it, which takes 15 ms, and the same one is judged often.
@functools.lru_cache(maxsize=64)
def _private_key(pem: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    try:
        certificate_forms.check_key(pem)
        key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    except (ValueError, TypeError, crypto_exceptions.UnsupportedAlgorithm):
        raise PairError("private_key", certificate_forms.KEY_RULE) from None
    if isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        return key
    raise PairError("private_key", _KINDS)


def _facts(leaf: x509.Certificate) -> LeafFacts:
    return LeafFacts(
        names=_names(leaf),
        serial=f"{leaf.serial_number:x}",
        sha256=leaf.fingerprint(hashes.SHA256()).hex(),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        tlsa=_tlsa(leaf.public_key()),
    )


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    found = _extension(leaf, x509.SubjectAlternativeName)
    return tuple(found.get_values_for_type(x509.DNSName)) if found else ()


def _extension(certificate: x509.Certificate, kind: tp.Any) -> tp.Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _tlsa(key: tp.Any) -> str:
    return f"3 1 1 {hashlib.sha256(_octets(key)).hexdigest()}"


def _octets(key: tp.Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_bytes(serialization.Encoding.DER, form))


def _check_key_fits(leaf: x509.Certificate, key: str) -> None:
    public = leaf.public_key()
    if not _is_usual(public):
        raise PairError("chain", _KINDS)
    if _octets(_private_key(key).public_key()) != _octets(public):
        raise PairError(
            "private_key", "the key is not that of the first certificate of the chain"
        )


def _is_usual(key: object) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return RSA_LEAST <= key.key_size <= RSA_MOST
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(
        key.curve, ec.SECP256R1
    )


def _check_dates(chain: list[x509.Certificate], now: datetime.datetime) -> None:
    for number, one in enumerate(chain, 1):
        which = f"certificate {number} of the chain"
        if now >= one.not_valid_after_utc:
            raise PairError(
                "chain", f"{which} has expired on {_text(one.not_valid_after_utc)}"
            )
        if now < one.not_valid_before_utc:
            raise PairError(
                "chain",
                f"{which} is not valid before {_text(one.not_valid_before_utc)}",
            )


def _check_names(names: tuple[str, ...], hostname: str) -> None:
    if not any(covers(one, hostname) for one in names):
        raise PairError(
            "chain",
            f"the certificate is not for {hostname}: it must be one of its DNS names"
            " (subjectAltName)",
        )


def _check_usage(leaf: x509.Certificate) -> None:
    basic = _extension(leaf, x509.BasicConstraints)
    if basic is not None and basic.ca:
        raise PairError("chain", "the first certificate is an authority's, no server's")
    usage = _extension(leaf, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        raise PairError("chain", "the certificate's key usage has no digitalSignature")
    purposes = _extension(leaf, x509.ExtendedKeyUsage)
    allowed = {oid.ExtendedKeyUsageOID.SERVER_AUTH}
    allowed.add(oid.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
    if purposes is not None and allowed.isdisjoint(purposes):
        raise PairError("chain", "the certificate's purposes have no serverAuth")


def _check_order(chain: list[x509.Certificate]) -> None:
    for number, (one, issuer) in enumerate(itertools.pairwise(chain), 1):
        which = f"certificate {number + 1} of the chain"
        if isinstance(one.signature_hash_algorithm, _WEAK):
            raise PairError(
                "chain",
                f"certificate {number} of the chain is signed with SHA-1 or MD5",
            )
        basic = _extension(issuer, x509.BasicConstraints)
        if basic is None or not basic.ca:
            raise PairError("chain", f"{which} is no authority's")
        usage = _extension(issuer, x509.KeyUsage)
        if usage is not None and not usage.key_cert_sign:
            raise PairError("chain", f"{which} may not sign certificates")
        if not _is_issued_by(one, issuer):
            raise PairError(
                "chain",
                f"{which} has not issued the one before it: each certificate is"
                " followed by its issuer",
            )


def _is_issued_by(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(issuer)
    except (*_UNREAD, crypto_exceptions.InvalidSignature):
        return False
    return True


def _text(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
