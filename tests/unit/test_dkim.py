# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

import base64
import re

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest

from exordos_mail.standards import dkim


@pytest.mark.parametrize("algorithm", dkim.ALGORITHMS)
def test_generated_keys_load_again(algorithm):
    pem = dkim.generate_private_key(algorithm)
    assert dkim.load_private_key(pem)
    assert pem.startswith("-----BEGIN PRIVATE KEY-----")


def test_rsa_record_holds_a_2048_bit_subject_public_key_info():
    record = dkim.public_record(dkim.generate_private_key(dkim.RSA_SHA256))
    prefix = "v=DKIM1; k=rsa; p="
    assert record.startswith(prefix)
    octets = base64.b64decode(record[len(prefix) :], validate=True)
    assert serialization.load_der_public_key(octets).key_size == 2048


def test_ed25519_record_holds_the_bare_32_octets():
    # The key pair of RFC 8463, appendix A.
    seed = base64.b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    der = bytes.fromhex("302e020100300506032b657004220420") + seed
    pem = (
        "-----BEGIN PRIVATE KEY-----\n"
        + base64.b64encode(der).decode()
        + "\n-----END PRIVATE KEY-----\n"
    )
    assert dkim.public_record(pem) == (
        "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    )


def test_zone_file_line_splits_long_records():
    record = dkim.public_record(dkim.generate_private_key(dkim.RSA_SHA256))
    line = dkim.zone_file_line("platform", "example.com", record)
    strings = re.findall(r'"([^"]*)"', line)
    assert line.startswith("platform._domainkey.example.com. 3600 IN TXT ( ")
    assert "".join(strings) == record
    assert max(map(len, strings)) <= 255
    assert len(strings) == 2


@pytest.mark.parametrize("text", ["", "secret-looking text", "-----BEGIN", "kéy"])
def test_garbage_is_refused_without_being_shown(text):
    with pytest.raises(dkim.DKIMKeyError) as caught:
        dkim.load_private_key(text)
    assert not text or text not in str(caught.value)


def test_a_key_of_another_kind_is_refused():
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(dkim.DKIMKeyError):
        dkim.load_private_key(pem.decode())


def test_an_unknown_algorithm_is_refused():
    with pytest.raises(dkim.DKIMKeyError):
        dkim.generate_private_key("rsa-sha1")
