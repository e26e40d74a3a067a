# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Private keys that users bring: good ones are taken, others refused at once."""

import base64
import textwrap
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
import pytest

from exordos_mail.standards import dkim, rule

_RSA = rsa.generate_private_key(65537, 2048)
_PKCS8 = serialization.PrivateFormat.PKCS8
_PKCS1 = serialization.PrivateFormat.TraditionalOpenSSL


def _pem(key, form=_PKCS8, encryption=None) -> str:
    encryption = encryption or serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


_GOOD = {
    "RSA, PKCS#8": (_pem(_RSA), "rsa-sha256"),
    "RSA, PKCS#1": (_pem(_RSA, _PKCS1), "rsa-sha256"),
    "RSA 4096": (_pem(rsa.generate_private_key(65537, 4096)), "rsa-sha256"),
    "exponent 3": (_pem(rsa.generate_private_key(3, 2048)), "rsa-sha256"),
    "Ed25519": (_pem(ed25519.Ed25519PrivateKey.generate()), "ed25519-sha256"),
}


@pytest.mark.parametrize("name", _GOOD)
def test_a_good_key_is_taken_and_brought_into_one_form(name) -> None:
    pem, algorithm = _GOOD[name]
    given = f"Bag Attributes: mine\n{pem}\n"
    assert dkim.check_private_key(given) == given
    found, text, public = dkim.normal(given)
    assert found == algorithm
    assert text.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert dkim.public_record(text) == dkim.record(algorithm, public)


def _spoiled(**parts: int) -> str:
    """Return the PEM of an RSA key some of whose parts are others."""
    numbers = _RSA.private_numbers()
    public = numbers.public_numbers
    given = {
        "p": numbers.p,
        "q": numbers.q,
        "d": numbers.d,
        "dmp1": numbers.dmp1,
        "dmq1": numbers.dmq1,
        "iqmp": numbers.iqmp,
        "n": public.n,
        "e": public.e,
        **parts,
    }
    order = ("n", "e", "d", "p", "q", "dmp1", "dmq1", "iqmp")
    body = b"".join(_der(2, _octets(given[one])) for one in order)
    der = _der(0x30, _der(2, b"\0") + body)
    return _armour("RSA PRIVATE KEY", der)


def _octets(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _der(tag: int, body: bytes) -> bytes:
    size = len(body)
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    head = bytes([size]) if size < 128 else bytes([0x80 + len(length)]) + length
    return bytes([tag]) + head + body


def _armour(title: str, der: bytes) -> str:
    text = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return f"-----BEGIN {title}-----\n{text}\n-----END {title}-----\n"


_PARTS = _RSA.private_numbers()
_N = _PARTS.public_numbers.n
_BAD = {
    "nothing": "",
    "a list": [1],
    "words": "a secret that looks like one",
    "not ASCII": "-----BEGIN PRIVATE KEY-----\nключ\n-----END PRIVATE KEY-----",
    "public half": _RSA.public_key()
    .public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    .decode(),
    "RSA 1024": _pem(rsa.generate_private_key(65537, 1024)),  # noqa: S505
    "passphrase": _pem(
        _RSA, encryption=serialization.BestAvailableEncryption(b"sesame")
    ),
    "P-256": _pem(ec.generate_private_key(ec.SECP256R1())),
    "Ed448": _pem(ed448.Ed448PrivateKey.generate()),
    "DSA": _pem(dsa.generate_private_key(1024)),  # noqa: S505
    "too long": _pem(_RSA) + " " * dkim.PEM_MAX,
    "huge modulus": _spoiled(n=2**15_000 + 1),
    "huge exponent": _spoiled(e=2**2000 + 1),
    "even exponent": _spoiled(e=65536),
    "p is 0": _spoiled(p=0),
    "p is 1": _spoiled(p=1, q=_N),
    "p is not a prime": _spoiled(p=_PARTS.p * 3, q=_PARTS.q),
    "another d": _spoiled(d=_PARTS.d + 2),
    "d is 0": _spoiled(d=0),
    "another iqmp": _spoiled(iqmp=_PARTS.iqmp + 1),
    "another dmp1": _spoiled(dmp1=_PARTS.dmp1 + 2),
    "another n": _spoiled(n=_N + 2),
}


@pytest.mark.parametrize("name", _BAD)
def test_a_bad_key_is_refused_soon_and_not_shown(name) -> None:
    began = time.monotonic()
    with pytest.raises(rule.RuleError) as caught:
        dkim.check_private_key(_BAD[name])
    assert time.monotonic() - began < 1
    text = str(caught.value)
    assert not any(line and line in text for line in str(_BAD[name]).splitlines())


def test_a_spoiled_key_with_nothing_spoiled_is_taken() -> None:
    assert dkim.normal(dkim.check_private_key(_spoiled()))[1] == _pem(_RSA)


def test_a_long_key_is_judged_without_keeping_the_worker() -> None:
    pem = _GOOD["RSA 4096"][0]
    began = time.process_time()
    dkim.check_private_key(pem)
    dkim.normal(pem)
    assert time.process_time() - began < 0.2


def test_a_revoked_record_has_an_empty_key() -> None:
    # RFC 6376 section 3.6.1: an empty value means that the key has been revoked.
    assert dkim.record("rsa-sha256", "") == "v=DKIM1; k=rsa; p="
    assert dkim.record("ed25519-sha256", "") == "v=DKIM1; k=ed25519; p="
