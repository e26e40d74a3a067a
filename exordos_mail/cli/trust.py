# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which certificates are trusted of a service that no public authority knows.

A node's certificate is signed by itself. Either a file names the authorities, and
the certificate must have the service's name as always; or one certificate is
pinned by its digest, and then nothing but this very one is taken.
"""

import hashlib
import re
import ssl
import typing as tp
import urllib.parse

import click
import msgspec

from exordos_mail.cli.options import options
from exordos_mail.standards.program import Failure, Unavailable

_HTTPS = 443
_CERTIFICATE = re.compile(
    "-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL
)
#: Seconds.
_TIMEOUT = 10


class Trust(msgspec.Struct, omit_defaults=True):
    """What is trusted instead of the system's authorities."""

    #: Certificates, in PEM.
    certificates: str
    #: There is one, and whoever has its key is the service, by whatever name.
    pinned: bool = False


trust_options = options(
    click.option(
        "--ca-file",
        type=click.File("r"),
        help="Certificates (PEM) to trust instead of the system's authorities.",
    ),
    click.option(
        "--pin",
        metavar="SHA256",
        help="Trust the one certificate that has this digest, and no other.",
    ),
)


def chosen(url: str, ca_file: tp.TextIO | None, pin: str | None) -> Trust | None:
    """Return what the options say; a pinned certificate is fetched.

    Raises:
        Failure: the file has no certificate; the service has another one.
        UsageError: both are given, or what is no digest.
    """
    if pin is None:
        return None if ca_file is None else _of_file(ca_file)
    if ca_file is not None:
        raise click.UsageError("give --ca-file or --pin")
    wanted = pin.replace(":", "").lower()
    if not re.fullmatch("[0-9a-f]{64}", wanted):
        raise click.UsageError("--pin: a SHA-256 digest has 64 hexadecimal digits")
    found = _presented(url)
    if _digest(found) != wanted:
        raise Failure(f"{url} has another certificate, of SHA-256 {_digest(found)}")
    return Trust(found, pinned=True)


def tls(trusted: Trust | None) -> ssl.SSLContext:
    """Return how connections are made."""
    if trusted is None:
        return ssl.create_default_context()
    made = ssl.create_default_context(cadata=trusted.certificates)
    if trusted.pinned:
        # Also if an authority has signed it, which is not asked.
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        made.check_hostname = False
    return made


def failure(url: str, reason: str) -> Failure:
    """Return the failure of a certificate that is not trusted."""
    return Failure(
        f"the certificate of {url} is not trusted: {reason}; its SHA-256 is"
        f" {_digest(_presented(url))}: if it is the service's own, give it as --pin"
    )


def _of_file(file: tp.TextIO) -> Trust:
    # A private key may stand beside them.
    certificates = "\n".join(_CERTIFICATE.findall(file.read()))
    try:
        # Not create_default_context: of an empty text it makes the system's.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(
            cadata=certificates
        )
    except (ssl.SSLError, ValueError):
        raise Failure(f"{file.name} holds no certificates") from None
    return Trust(certificates)


def _presented(url: str) -> str:
    """Return the certificate that a service shows, in PEM; nothing else is sent."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" or parts.hostname is None:
        raise click.UsageError(f"{url} has no certificate: it is not https")
    address = parts.hostname, parts.port or _HTTPS
    try:
        return ssl.get_server_certificate(address, timeout=_TIMEOUT)
    except OSError as error:
        raise Unavailable(f"cannot reach {url}: {error}") from None


def _digest(certificate: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
