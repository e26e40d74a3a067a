# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The TSIG key (RFC 8945) with which updates are signed."""

import binascii
import os
import pathlib
import re
import stat

import dns.name
import dns.tsig

_KEY = re.compile(
    r'\bkey\s+"?(?P<name>[A-Za-z0-9._-]+)"?\s*\{(?P<body>[^{}]*)\}\s*;', re.ASCII
)
# What is quoted stays: `//` is base64 too, of one key in a hundred.
_COMMENT = re.compile(r'("[^"\n]*")|(?<![^\s;{}])(?:#|//).*|/\*(?s:.*?)\*/')
#: Others, such as hmac-md5, are not to be used any more (RFC 8945 section 6).
ALGORITHMS = frozenset(
    ("hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha1")
)


class KeyFileError(ValueError):
    """The file cannot be used; the text says why, and never has the secret."""


def read(path: str) -> dns.tsig.Key:
    """Read the key of a file in the form of `tsig-keygen`.

    Raises:
        KeyFileError: there is none, or others may read the file.
    """
    try:
        with open(path) as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o007:
                raise KeyFileError(f"{path}: others must not be able to read it")
            text = file.read(65536)
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path}: {type(error).__name__}") from None
    return parse(text, pathlib.Path(path).name)


def parse(text: str, source: str = "the key file") -> dns.tsig.Key:
    """Read the key of a text such as `key "name" { algorithm …; secret "…"; };`.

    Raises:
        KeyFileError: it is not exactly one usable key.
    """
    found = list(_KEY.finditer(_COMMENT.sub(r"\1", text)))
    if len(found) != 1:
        raise KeyFileError(
            f'{source}: {len(found)} keys instead of one; it has to be like key "name" '
            '{ algorithm hmac-sha256; secret "…"; };'
        )
    parts = dict(re.findall(r'(\w+)\s+"?([^\s";]+)"?\s*;', found[0]["body"]))
    algorithm = parts.get("algorithm", "hmac-sha256").lower().rstrip(".")
    if algorithm not in ALGORITHMS:
        known = ", ".join(sorted(ALGORITHMS))
        raise KeyFileError(f"{source}: its algorithm is none of {known}")
    try:
        secret = binascii.a2b_base64(parts.get("secret", "").encode(), strict_mode=True)
    except ValueError:
        secret = b""
    if not secret:
        raise KeyFileError(f"{source}: its secret is missing or is not base64")
    return dns.tsig.Key(dns.name.from_text(found[0]["name"]), secret, algorithm)
