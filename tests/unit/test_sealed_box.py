# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Envelopes that only the key file opens."""

import base64

import pytest

from exordos_mail.controlplane import keyring, sealed_box

ROW = "mail_send_tenants:1"
KEYS = keyring.Keyring("k1", {"k1": b"1" * 32})
PUBLIC = sealed_box.public_key(KEYS)


def test_a_secret_comes_back() -> None:
    envelope = sealed_box.seal("sécret", ROW, PUBLIC)
    assert sealed_box.open_(envelope, ROW, KEYS) == "sécret"
    assert envelope.startswith("h1:k1:")
    assert "sécret".encode() not in base64.b64decode(envelope[6:])


def test_two_envelopes_of_one_secret_differ() -> None:
    assert sealed_box.seal("x", ROW, PUBLIC) != sealed_box.seal("x", ROW, PUBLIC)


def test_the_public_key_does_not_tell_the_key() -> None:
    assert PUBLIC.key_id == "k1"
    assert sealed_box.public_key(KEYS) == PUBLIC
    assert len(PUBLIC.octets) == 32 and PUBLIC.octets != b"1" * 32


def test_an_envelope_opens_in_its_own_row_only() -> None:
    envelope = sealed_box.seal("x", ROW, PUBLIC)
    with pytest.raises(keyring.KeyringError):
        sealed_box.open_(envelope, "mail_send_tenants:2", KEYS)
    with pytest.raises(keyring.KeyringError):
        sealed_box.open_(envelope, "mail_send_api_keys:1", KEYS)


def test_an_old_key_still_opens_after_rotation() -> None:
    both = keyring.Keyring("k2", {"k1": b"1" * 32, "k2": b"2" * 32})
    assert sealed_box.open_(sealed_box.seal("x", ROW, PUBLIC), ROW, both) == "x"
    newer = sealed_box.seal("x", ROW, sealed_box.public_key(both))
    assert newer.startswith("h1:k2:")
    with pytest.raises(keyring.KeyringError, match="'k2'"):
        sealed_box.open_(newer, ROW, KEYS)


def test_another_key_of_the_same_id_does_not_open() -> None:
    other = keyring.Keyring("k1", {"k1": b"2" * 32})
    with pytest.raises(keyring.KeyringError):
        sealed_box.open_(sealed_box.seal("x", ROW, PUBLIC), ROW, other)


def test_no_octet_of_an_envelope_can_be_changed() -> None:
    sealed = base64.b64decode(sealed_box.seal("x", ROW, PUBLIC)[6:])
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        text = base64.b64encode(changed).decode()
        with pytest.raises(keyring.KeyringError):
            sealed_box.open_(f"h1:k1:{text}", ROW, KEYS)


@pytest.mark.parametrize(
    "envelope",
    [
        "",
        "plain",
        "x1:k1:AAAA",
        "h1:k1:",
        "h1:k1:****",
        "h1:k1:AAAA",
        "h1:other:AAAA",
        "h1:k1:" + base64.b64encode(bytes(60)).decode(),
    ],
)
def test_a_bad_envelope_is_a_clear_error(envelope: str) -> None:
    with pytest.raises(keyring.KeyringError):
        sealed_box.open_(envelope, ROW, KEYS)
