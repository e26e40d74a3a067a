# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The certificates that a node makes for itself until it gets real ones."""

import datetime
import typing as tp

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import oid

from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.engine import layout as layout_lib

_LIFETIME = datetime.timedelta(days=397)
_RENEW_BEFORE = datetime.timedelta(days=30)
_CLOCK_SKEW = datetime.timedelta(hours=1)
# X.520 ub-common-name: a longer domain stands in the SAN alone.
_COMMON_NAME_MAX = 64
_KEY_MODE = 0o640
_RSA_BITS, _RSA_EXPONENT = 2048, 65537


Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Pair(tp.NamedTuple):
    """A certificate and its key: the paths of both, and how a key is made."""

    certificate: str
    key: str
    kind: type[Key]
    make: tp.Callable[[], Key]


def pairs(layout: layout_lib.Layout) -> tuple[Pair, ...]:
    """Return the pairs of a node; clients choose.

    ECDSA P-256 first: an RSA-2048 certificate costs a quarter of the logins per
    second (lab). RSA for devices and old systems whose TLS 1.2 knows nothing else.
    """
    return (
        Pair(
            layout.certificate,
            layout.certificate_key,
            ec.EllipticCurvePrivateKey,
            _new_ecdsa_key,
        ),
        Pair(
            layout.rsa_certificate,
            layout.rsa_certificate_key,
            rsa.RSAPrivateKey,
            _new_rsa_key,
        ),
    )


def renewal(
    layout: layout_lib.Layout, domain: str, now: datetime.datetime
) -> datetime.datetime | None:
    """Return when a certificate in place must be renewed; None: right now.

    One may stay while it is readable, for the domain, of the key beside it, not
    about to expire, and both files are as this module writes them.
    """
    moments = [_renewal(layout, pair, domain, now) for pair in pairs(layout)]
    known = [moment for moment in moments if moment is not None]
    return min(known) if len(known) == len(moments) else None


def _renewal(
    layout: layout_lib.Layout, pair: Pair, domain: str, now: datetime.datetime
) -> datetime.datetime | None:
    key, certificate = _read_key(layout, pair), _read_certificate(layout, pair)
    if (
        key is None
        or certificate is None
        or not _is_good(certificate, key, domain, now)
        or not files.is_in_place(layout, pair.key, _key_file(layout, key))
        or not files.is_in_place(
            layout, pair.certificate, _certificate_file(layout, certificate)
        )
    ):
        return None
    return certificate.not_valid_after_utc - _RENEW_BEFORE


class Watch:
    """The memory of the certificates that were last found to be good."""

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._seen: object = None
        self._renewal: datetime.datetime | None = None
        self._shown: tuple[object, tuple[str, ...]] = (None, ())

    def is_good(self, domain: str, now: datetime.datetime) -> bool:
        """Return whether the certificates in place may stay (see `renewal`)."""
        layout = self._layout
        seen = (
            domain,
            *(files.signature(layout.disk(one.certificate)) for one in pairs(layout)),
            *(files.signature(layout.disk(one.key)) for one in pairs(layout)),
        )
        if seen != self._seen:
            self._renewal = renewal(layout, domain, now)
            self._seen = seen
        return self._renewal is not None and now < self._renewal

    def shown(self) -> tuple[str, ...]:
        """Return the certificates that clients are shown, in PEM; read if changed."""
        layout = self._layout
        paths = [layout.disk(path) for path in layout.certificates]
        seen = [files.signature(path) for path in paths]
        if seen != self._shown[0]:
            found = [
                path.read_text("ascii", "replace") for path in paths if path.is_file()
            ]
            self._shown = seen, tuple(found)
        return self._shown[1]


def ensure(layout: layout_lib.Layout, domain: str, now: datetime.datetime) -> None:
    """Make sure of good certificates for `domain`.

    A usable key is kept when only the certificate is replaced, so a running
    exim never sees halves of two pairs.
    """
    for pair in pairs(layout):
        if _renewal(layout, pair, domain, now) is None:
            _renew(layout, pair, domain, now)


def _renew(
    layout: layout_lib.Layout, pair: Pair, domain: str, now: datetime.datetime
) -> None:
    key, certificate = _read_key(layout, pair), _read_certificate(layout, pair)
    if key is None:
        key = pair.make()
    if certificate is None or not _is_good(certificate, key, domain, now):
        certificate = _issue(key, domain, now)
    files.write(layout, pair.key, _key_file(layout, key))
    files.write(layout, pair.certificate, _certificate_file(layout, certificate))


def _new_ecdsa_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _new_rsa_key() -> Key:
    return rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)


def _read_key(layout: layout_lib.Layout, pair: Pair) -> Key | None:
    try:
        octets = layout.disk(pair.key).read_bytes()
        key = serialization.load_pem_private_key(octets, password=None)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except (ValueError, TypeError):
        return None  # not a key: replaced by a new one
    return key if isinstance(key, pair.kind) else None


def _read_certificate(layout: layout_lib.Layout, pair: Pair) -> x509.Certificate | None:
    try:
        octets = layout.disk(pair.certificate).read_bytes()
        return x509.load_pem_x509_certificate(octets)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except ValueError:
        return None  # not a certificate: replaced by a new one


def _is_good(
    certificate: x509.Certificate,
    key: Key,
    domain: str,
    now: datetime.datetime,
) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value.get_values_for_type(x509.DNSName)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return (
        domain in names
        and _public_octets(certificate.public_key()) == _public_octets(key.public_key())
        and certificate.not_valid_before_utc <= now
        and now < certificate.not_valid_after_utc - _RENEW_BEFORE
    )


def _public_octets(key: tp.Any) -> bytes:
    return tp.cast(
        bytes,
        key.public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        ),
    )


def _issue(key: Key, domain: str, now: datetime.datetime) -> x509.Certificate:
    common_name = domain if len(domain) <= _COMMON_NAME_MAX else "mail"
    name = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, common_name)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .sign(key, hashes.SHA256())
    )


def _key_file(layout: layout_lib.Layout, key: Key) -> files.File:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return files.File(pem, group=layout.exim_group, mode=_KEY_MODE)


def _certificate_file(
    layout: layout_lib.Layout, certificate: x509.Certificate
) -> files.File:
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    return files.File(pem, group=layout.exim_group, mode=_KEY_MODE)
