# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Chains and keys that a server may show, and those that it must not."""

import hashlib
import ssl
import time
import typing as tp

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
import pytest

from exordos_mail.standards import certificate_forms, certificate_pair, rule
from tests import authority
from tests.authority import DAY, HOST, NOW

_ENCRYPTED = "-----BEGIN {0}-----\nAAAA\n-----END {0}-----".format(
    "ENCRYPTED PRIVATE KEY"
)
_END = "-----END CERTIFICATE-----\n"


def _fault(leaf: authority.Leaf, hostname: str = HOST) -> tuple[str, str]:
    with pytest.raises(certificate_pair.PairError) as caught:
        certificate_pair.check(leaf.chain, leaf.key, hostname, NOW)
    assert "PRIVATE" not in str(caught.value)
    return caught.value.field, str(caught.value)


def test_good_pair_says_what_it_is() -> None:
    key = authority.ecdsa()
    leaf = authority.leaf(HOST, "mta-sts.example.com", key=key)
    found = certificate_pair.check(leaf.chain, leaf.key, HOST, NOW)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert found.names == (HOST, "mta-sts.example.com")
    assert found.tlsa == f"3 1 1 {hashlib.sha256(public).hexdigest()}"
    assert found.tlsa == certificate_pair.tlsa(leaf.key)
    assert found.not_after == NOW + 89 * DAY
    shown = x509.load_pem_x509_certificate(leaf.chain.encode())
    assert found.serial == f"{shown.serial_number:x}"
    assert found == certificate_pair.facts(leaf.chain)


@pytest.mark.parametrize(
    "key",
    [rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 3072)],
)
def test_rsa_from_2048_bits_on_is_taken(key: rsa.RSAPrivateKey) -> None:
    leaf = authority.leaf(key=key)
    assert certificate_pair.check(leaf.chain, leaf.key, HOST, NOW).names == (HOST,)


@pytest.mark.parametrize(
    ("names", "hostname", "covered"),
    [
        (("*.example.com",), "mail.example.com", True),
        (("*.EXAMPLE.com",), "mail.example.com", True),
        (("MAIL.example.com",), "mail.example.com", True),
        (("*.example.com",), "a.mail.example.com", False),
        (("*.example.com",), "example.com", False),
        (("*.com",), "example.com", False),
        (("m*.example.com",), "mail.example.com", False),
        (("example.com",), "mail.example.com", False),
    ],
)
def test_names_are_those_of_rfc_6125(
    names: tuple[str, ...], hostname: str, covered: bool
) -> None:
    leaf = authority.leaf(*names)
    if covered:
        certificate_pair.check(leaf.chain, leaf.key, hostname, NOW)
    else:
        field, text = _fault(leaf, hostname)
        assert field == "chain"
        assert f"is not for {hostname}" in text


def _reversed() -> authority.Leaf:
    leaf = authority.leaf()
    first, rest = leaf.chain.split("-----BEGIN", 2)[1:]
    return authority.Leaf(f"-----BEGIN{rest}-----BEGIN{first}", leaf.key)


def _foreign() -> authority.Leaf:
    """Return a certificate with the chain of another one's authority."""
    leaf = authority.leaf()
    other = authority.signer(authority.root(), "test intermediate")
    own = leaf.chain.partition("-----END CERTIFICATE-----\n")
    return authority.Leaf(own[0] + own[1] + other.pem, leaf.key)


def _other_key() -> authority.Leaf:
    return authority.Leaf(authority.leaf().chain, authority.key_pem(authority.ecdsa()))


def _ed25519() -> authority.Leaf:
    key = ed25519.Ed25519PrivateKey.generate()
    return authority.leaf(key=tp.cast(authority.Key, key))


def _by_server() -> authority.Leaf:
    """Return one that a certificate without the right to sign has signed."""
    return authority.leaf(by=authority.signer(authority.root(), ca=False))


def _by_expired() -> authority.Leaf:
    return authority.leaf(by=authority.signer(authority.root(), end=NOW - DAY))


FAULTS: dict[str, tuple[tp.Callable[[], authority.Leaf], str, str]] = {
    "another name": (lambda: authority.leaf("mail.example.net"), "chain", "not for"),
    "no name": (lambda: authority.leaf(""), "chain", "not for"),
    "expired": (
        lambda: authority.leaf(end=NOW, begin=NOW - DAY),
        "chain",
        "certificate 1 of the chain has expired on 2026-06-01T12:00:00Z",
    ),
    "not yet valid": (
        lambda: authority.leaf(begin=NOW + DAY),
        "chain",
        "is not valid before 2026-06-02T12:00:00Z",
    ),
    "another key": (_other_key, "private_key", "not that of the first certificate"),
    "wrong order": (_reversed, "private_key", "not that of the first certificate"),
    "foreign chain": (_foreign, "chain", "certificate 2 of the chain has not issued"),
    "expired issuer": (_by_expired, "chain", "certificate 2 of the chain has expired"),
    "issuer is no authority": (_by_server, "chain", "2 of the chain is no authority"),
    "leaf is an authority": (lambda: authority.leaf(ca=True), "chain", "no server"),
    "no digitalSignature": (
        lambda: authority.leaf(usages=authority.usage(key_agreement=True)),
        "chain",
        "no digitalSignature",
    ),
    "for clients only": (
        lambda: authority.leaf(purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,)),
        "chain",
        "no serverAuth",
    ),
    "P-384": (
        lambda: authority.leaf(key=ec.generate_private_key(ec.SECP384R1())),
        "chain",
        "ECDSA P-256, or RSA of 2048",
    ),
    "RSA-1024": (
        lambda: authority.leaf(key=rsa.generate_private_key(65537, 1024)),  # noqa: S505
        "chain",
        "ECDSA P-256, or RSA of 2048",
    ),
    "Ed25519": (_ed25519, "chain", "ECDSA P-256, or RSA of 2048"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_said(name: str) -> None:
    make, field, text = FAULTS[name]
    found = _fault(make())
    assert found[0] == field
    assert text in found[1]


def test_self_signed_certificate_of_a_private_authority_is_taken() -> None:
    key = authority.ecdsa()
    san = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    made = authority.sign(None, key, HOST, [(san, False)], NOW - DAY, NOW + DAY)
    chain = authority.pem(made)
    assert certificate_pair.check(chain, authority.key_pem(key), HOST, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no PEM",
        None,
        5,
        authority.key_pem(authority.ecdsa()),
        "subject=CN=x\n" + authority.leaf().chain,
        authority.leaf().chain + "# comment",
        authority.leaf().chain * 5,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" * 2000,
    ],
)
def test_what_is_no_chain(text: object) -> None:
    with pytest.raises(rule.RuleError, match="a chain is the PEM text"):
        certificate_forms.check_chain(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        authority.leaf().chain,
        authority.key_pem(authority.ecdsa()) * 2,
        "-----BEGIN PRIVATE KEY-----\n" + "A" * 9000 + "\n-----END PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        _ENCRYPTED,
    ],
)
def test_what_is_no_key(text: object) -> None:
    with pytest.raises(rule.RuleError, match="without a passphrase"):
        certificate_forms.check_key(text)


@pytest.mark.parametrize("damage", ["AAAA", "MIIB" + "A" * 400])
def test_damaged_texts_are_said(damage: str) -> None:
    good = authority.leaf()
    chain = f"-----BEGIN CERTIFICATE-----\n{damage}\n-----END CERTIFICATE-----\n"
    key = f"-----BEGIN PRIVATE KEY-----\n{damage}\n-----END PRIVATE KEY-----\n"
    assert "damaged" in _fault(authority.Leaf(chain, good.key))[1]
    assert _fault(authority.Leaf(good.chain, key))[0] == "private_key"


def test_every_broken_octet_is_a_fault_and_no_accident() -> None:
    """Whatever the parser thinks of it, it is a PairError."""
    good = authority.leaf()
    der = ssl.PEM_cert_to_DER_cert(good.chain[: good.chain.index("-----END")] + _END)
    for at in range(0, len(der), 3):
        bad = bytearray(der)
        bad[at] ^= 0x55
        text = ssl.DER_cert_to_PEM_cert(bytes(bad)) + authority.intermediate().pem
        with pytest.raises(certificate_pair.PairError):
            certificate_pair.check(text, good.key, HOST, NOW)


def test_hostile_text_costs_little() -> None:
    text = "-----BEGIN CERTIFICATE-----\n" + "A\r\n" * 20_000
    began = time.monotonic()
    with pytest.raises(rule.RuleError):
        certificate_forms.check_chain(text)
    assert time.monotonic() - began < 0.5
