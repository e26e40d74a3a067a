#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""The certificate that a node makes for itself until it gets a real one."""

import datetime
import typing as tp

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import oid

from exordos_mail.dataplane import files
from exordos_mail.dataplane import layout as layout_lib

_LIFETIME = datetime.timedelta(days=397)
_RENEW_BEFORE = datetime.timedelta(days=30)
_CLOCK_SKEW = datetime.timedelta(hours=1)
# X.520 ub-common-name: a longer domain stands in the SAN alone.
_COMMON_NAME_MAX = 64
_KEY_MODE = 0o640


def renewal(
    layout: layout_lib.Layout, domain: str, now: datetime.datetime
) -> datetime.datetime | None:
    """Return when the certificate in place must be renewed; None: right now.

    It may stay while it is readable, for the domain, of the key beside it, not
    about to expire, and both files are as this module writes them.
    """
    key, certificate = _read_key(layout), _read_certificate(layout)
    if (
        key is None
        or certificate is None
        or not _is_good(certificate, key, domain, now)
        or not files.is_in_place(layout, layout.certificate_key, _key_file(layout, key))
        or not files.is_in_place(
            layout, layout.certificate, _certificate_file(layout, certificate)
        )
    ):
        return None
    return certificate.not_valid_after_utc - _RENEW_BEFORE


class Watch:
    """The memory of the certificate that was last found to be good."""

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._seen: object = None
        self._renewal: datetime.datetime | None = None
        self._shown: tuple[object, tuple[str, ...]] = (None, ())

    def is_good(self, domain: str, now: datetime.datetime) -> bool:
        """Return whether the certificate in place may stay (see `renewal`)."""
        layout = self._layout
        seen = (
            domain,
            files.signature(layout.disk(layout.certificate)),
            files.signature(layout.disk(layout.certificate_key)),
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


def ensure(
    layout: layout_lib.Layout, domain: str, now: datetime.datetime
) -> datetime.datetime:
    """Make sure of a certificate for `domain`; return when it must be renewed.

    A usable key is kept when only the certificate is replaced, so a running
    exim never sees halves of two pairs.

    ECDSA P-256: an RSA-2048 certificate costs a quarter of the logins per
    second (lab), and making a key takes seconds at boot.
    """
    due = renewal(layout, domain, now)
    if due is not None:
        return due
    key, certificate = _read_key(layout), _read_certificate(layout)
    if key is None:
        key = ec.generate_private_key(ec.SECP256R1())
    if certificate is None or not _is_good(certificate, key, domain, now):
        certificate = _issue(key, domain, now)
    files.write(layout, layout.certificate_key, _key_file(layout, key))
    files.write(layout, layout.certificate, _certificate_file(layout, certificate))
    return certificate.not_valid_after_utc - _RENEW_BEFORE


def _read_key(layout: layout_lib.Layout) -> ec.EllipticCurvePrivateKey | None:
    try:
        octets = layout.disk(layout.certificate_key).read_bytes()
        key = serialization.load_pem_private_key(octets, password=None)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except (ValueError, TypeError):
        return None  # not a key: replaced by a new one
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _read_certificate(layout: layout_lib.Layout) -> x509.Certificate | None:
    try:
        octets = layout.disk(layout.certificate).read_bytes()
        return x509.load_pem_x509_certificate(octets)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except ValueError:
        return None  # not a certificate: replaced by a new one


def _is_good(
    certificate: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
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


def _issue(
    key: ec.EllipticCurvePrivateKey, domain: str, now: datetime.datetime
) -> x509.Certificate:
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


def _key_file(layout: layout_lib.Layout, key: ec.EllipticCurvePrivateKey) -> files.File:
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
