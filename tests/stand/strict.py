# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What makes a mail host of the fake internet a strict one.

Its domain says p=reject (RFC 9989), its key stands in the signed DNS (DANE, RFC 7672),
and an MTA-STS policy (RFC 8461) is enforced. An authority that the stand makes is for
those who trust names, as MTA-STS does.
"""

import hashlib
import os
import pathlib

from tests.stand import progress, settings

_NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30")


def authority(stand: settings.Settings) -> pathlib.Path:
    """Return the directory of the hosts' authority: its `crt` and its `key`."""
    home = stand.state / "internet" / "authority"
    if not home.exists():
        home.mkdir(parents=True)
        use = "keyUsage=critical,keyCertSign,cRLSign"
        name = ("-subj", "/CN=Authority of mail hosts", "-addext", use)
        _certify(home, *name)
    return home


def certificate(stand: settings.Settings, host: settings.MailHost) -> pathlib.Path:
    """Return the directory of a host's certificate, `crt` and `key`."""
    home = stand.state / "internet" / f"{host.label}-tls"
    if not home.exists():
        home.mkdir(parents=True)
        by = authority(stand)
        names = f"DNS:{host.hostname},DNS:mta-sts.{host.domain}"
        _certify(
            home,
            *("-subj", f"/CN={host.hostname}", "-addext", f"subjectAltName={names}"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-addext", "keyUsage=critical,digitalSignature"),
            *("-addext", "extendedKeyUsage=serverAuth"),
            *("-CA", by / "crt", "-CAkey", by / "key"),
        )
    return home


def _certify(home: pathlib.Path, *words: str | os.PathLike[str]) -> None:
    files = ("-keyout", home / "key", "-out", home / "crt")
    progress.run("openssl", "req", "-x509", *_NEW, *words, *files)


def records(stand: settings.Settings, host: settings.MailHost) -> list[str]:
    """Return the lines of the zone that a strict domain has besides others."""
    der = certificate(stand, host) / "public.der"
    key = certificate(stand, host) / "key"
    progress.run(
        "openssl", "pkey", "-in", key, "-pubout", "-outform", "DER", "-out", der
    )
    digest = hashlib.sha256(der.read_bytes()).hexdigest()
    return [
        f"_25._tcp.{host.hostname}. TLSA 3 1 1 {digest}",
        f'_dmarc.{host.domain}. TXT "v=DMARC1; p=reject"',
        f'_mta-sts.{host.domain}. TXT "v=STSv1; id=1"',
        f"mta-sts.{host.domain}. A {host.ip}",
    ]


def policy(host: settings.MailHost) -> str:
    """Return the MTA-STS policy of a host's domain."""
    lines = (
        "version: STSv1",
        "mode: enforce",
        f"mx: {host.hostname}",
        "max_age: 86400",
    )
    return "".join(f"{line}\r\n" for line in lines)
