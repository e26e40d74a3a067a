# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

import pytest

from exordos_mail.controlplane import keyring

ROW = "mail_dkim_keys/1/platform"


def new_keyring(**keys):
    return keyring.Keyring(next(iter(keys)), keys)


def test_a_secret_comes_back():
    keys = new_keyring(k1=b"1" * 32)
    envelope = keys.seal("sécret", ROW)
    assert keys.open(envelope, ROW) == "sécret"
    assert "sécret" not in envelope
    assert envelope.startswith("v1:k1:")


def test_two_envelopes_of_one_secret_differ():
    keys = new_keyring(k1=b"1" * 32)
    assert keys.seal("x", ROW) != keys.seal("x", ROW)


def test_an_envelope_opens_in_its_own_row_only():
    keys = new_keyring(k1=b"1" * 32)
    with pytest.raises(keyring.KeyringError):
        keys.open(keys.seal("x", ROW), "mail_dkim_keys/2/platform")


def test_an_old_key_still_opens_after_rotation():
    old = new_keyring(k1=b"1" * 32)
    both = keyring.Keyring("k2", {"k1": b"1" * 32, "k2": b"2" * 32})
    assert both.open(old.seal("x", ROW), ROW) == "x"
    assert both.seal("x", ROW).startswith("v1:k2:")


@pytest.mark.parametrize(
    "envelope",
    ["", "plain", "v0:k1:AAAA", "v1:k1:", "v1:k1:****", "v1:k1:AAAA", "v1:other:AAAA"],
)
def test_a_bad_envelope_is_a_clear_error(envelope):
    with pytest.raises(keyring.KeyringError):
        new_keyring(k1=b"1" * 32).open(envelope, ROW)
