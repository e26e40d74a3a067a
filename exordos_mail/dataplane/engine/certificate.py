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


#: What a certificate is for: the host's name, and the primary domain, which clients
#: that were set up before there was another name go on to ask for.
Names = tuple[str, ...]
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class SelfMadePair(tp.NamedTuple):
    """A certificate and its key: the paths of both, and how a key is made.

    `combined` is the path of both in one file: who opens it gets both of one pair.
    """

    certificate: str
    key: str
    combined: str
    kind: type[Key]
    make: tp.Callable[[], Key]


def pairs(layout: layout_lib.Layout) -> tuple[SelfMadePair, ...]:
    """Return the pairs of a node; clients choose.

    ECDSA P-256 first: an RSA-2048 certificate costs a quarter of the logins per
    second (lab). RSA for devices and old systems whose TLS 1.2 knows nothing else.
    """
    return (
        SelfMadePair(
            layout.certificate,
            layout.certificate_key,
            layout.combined_certificates[0],
            ec.EllipticCurvePrivateKey,
            _new_ecdsa_key,
        ),
        SelfMadePair(
            layout.rsa_certificate,
            layout.rsa_certificate_key,
            layout.combined_certificates[1],
            rsa.RSAPrivateKey,
            _new_rsa_key,
        ),
    )


def renewal(
    layout: layout_lib.Layout, names: Names, now: datetime.datetime
) -> datetime.datetime | None:
    """Return when a certificate in place must be renewed; None: right now.

    One may stay while it is readable, for the names, of the key beside it, not
    about to expire, and both files are as this module writes them.
    """
    moments = [_renewal(layout, pair, names, now) for pair in pairs(layout)]
    known = [moment for moment in moments if moment is not None]
    return min(known) if len(known) == len(moments) else None


def _renewal(
    layout: layout_lib.Layout, pair: SelfMadePair, names: Names, now: datetime.datetime
) -> datetime.datetime | None:
    key, certificate = _read_key(layout, pair), _read_certificate(layout, pair)
    if (
        key is None
        or certificate is None
        or not _is_good(certificate, key, names, now)
        or not files.is_in_place(layout, pair.key, _key_file(layout, key))
        or not files.is_in_place(
            layout, pair.certificate, _certificate_file(layout, certificate)
        )
        or not files.is_in_place(
            layout, pair.combined, _combined_file(layout, certificate, key)
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

    def is_good(self, names: Names, now: datetime.datetime) -> bool:
        """Return whether the certificates in place may stay (see `renewal`)."""
        layout = self._layout
        seen = (
            names,
            *(files.signature(layout.disk(one.certificate)) for one in pairs(layout)),
            *(files.signature(layout.disk(one.key)) for one in pairs(layout)),
            *(files.signature(layout.disk(one.combined)) for one in pairs(layout)),
        )
        if seen != self._seen:
            self._renewal = renewal(layout, names, now)
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


def ensure(layout: layout_lib.Layout, names: Names, now: datetime.datetime) -> None:
    """Make sure of good certificates for the names of the node.

    A usable key is kept when only the certificate is replaced, so a running
    exim never sees halves of two pairs.
    """
    for pair in pairs(layout):
        if _renewal(layout, pair, names, now) is None:
            _renew(layout, pair, names, now)


def _renew(
    layout: layout_lib.Layout, pair: SelfMadePair, names: Names, now: datetime.datetime
) -> None:
    key, certificate = _read_key(layout, pair), _read_certificate(layout, pair)
    if key is None:
        key = pair.make()
    if certificate is None or not _is_good(certificate, key, names, now):
        certificate = _issue(key, names, now)
    files.write(layout, pair.key, _key_file(layout, key))
    files.write(layout, pair.certificate, _certificate_file(layout, certificate))
    files.write(layout, pair.combined, _combined_file(layout, certificate, key))


def _new_ecdsa_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _new_rsa_key() -> Key:
    return rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)


def _read_key(layout: layout_lib.Layout, pair: SelfMadePair) -> Key | None:
    try:
        octets = layout.disk(pair.key).read_bytes()
        key = serialization.load_pem_private_key(octets, password=None)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except (ValueError, TypeError):
        return None  # not a key: replaced by a new one
    return key if isinstance(key, pair.kind) else None


def _read_certificate(
    layout: layout_lib.Layout, pair: SelfMadePair
) -> x509.Certificate | None:
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
    names: Names,
    now: datetime.datetime,
) -> bool:
    try:
        shown = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value.get_values_for_type(x509.DNSName)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return (
        set(names) <= set(shown)
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


def _issue(key: Key, names: Names, now: datetime.datetime) -> x509.Certificate:
    common_name = names[0] if len(names[0]) <= _COMMON_NAME_MAX else "mail"
    others = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
    name = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, common_name)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFETIME)
        .add_extension(others, False)
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


def _combined_file(
    layout: layout_lib.Layout, certificate: x509.Certificate, key: Key
) -> files.File:
    parts = (_certificate_file(layout, certificate), _key_file(layout, key))
    content = b"".join(one.content for one in parts)
    return files.File(content, group=layout.exim_group, mode=_KEY_MODE)
