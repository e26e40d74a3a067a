# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Authorities that clients trust or do not, and what they sign."""

import os
import pathlib

from tests.stand import progress

_NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30")


def make(files: pathlib.Path, name: str) -> None:
    """Make an authority: NAME.pem and NAME.key."""
    use = "keyUsage=critical,keyCertSign,cRLSign"
    words = ("-subj", f"/CN=Authority {name}", "-addext", use)
    _openssl(files / f"{name}.pem", files / f"{name}.key", *words)


def sign(files: pathlib.Path, by: str, name: str, hostname: str) -> None:
    """Have an authority sign a server's certificate: NAME.crt and NAME.key."""
    _openssl(
        files / f"{name}.crt",
        files / f"{name}.key",
        *("-subj", f"/CN={hostname}", "-addext", f"subjectAltName=DNS:{hostname}"),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
        *("-addext", "keyUsage=critical,digitalSignature"),
        *("-addext", "extendedKeyUsage=serverAuth"),
        *("-CA", files / f"{by}.pem", "-CAkey", files / f"{by}.key"),
    )


def _openssl(
    crt: pathlib.Path, key: pathlib.Path, *words: str | os.PathLike[str]
) -> None:
    out = ("-keyout", key, "-out", crt)
    progress.run("openssl", "req", "-x509", *_NEW, *words, *out)
