# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

import base64
import json
import os
import stat

import pytest

from exordos_mail.controlplane import keyring

ROW = "mail_dkim_keys/1/platform"


def test_the_key_file_is_made_once_and_only_for_its_owner(tmp_path):
    path = str(tmp_path / "keys.json")
    first = keyring.load_or_create(path)
    again = keyring.load_or_create(path)
    assert again.open(first.seal("x", ROW), ROW) == "x"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert os.listdir(tmp_path) == ["keys.json"]


def test_a_file_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "keys.json"
    keyring.load_or_create(str(path))
    path.chmod(0o640)
    with pytest.raises(keyring.KeyringError, match="0600"):
        keyring.load(str(path))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"current": "a", "keys": {}}',
        '{"current": "a", "keys": {"a": "AAAA"}}',
        json.dumps(
            {"current": "b", "keys": {"a": base64.b64encode(b"1" * 32).decode()}}
        ),
        '{"current": "a", "keys": ["a"]}',
    ],
)
def test_a_damaged_key_file_is_a_clear_error(tmp_path, content):
    path = tmp_path / "keys.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(keyring.KeyringError):
        keyring.load(str(path))


def test_a_lost_key_file_does_not_open_old_secrets(tmp_path):
    path = tmp_path / "keys.json"
    envelope = keyring.load_or_create(str(path)).seal("x", ROW)
    key_id = json.loads(path.read_text())["current"]
    path.unlink()
    with pytest.raises(keyring.KeyringError, match=key_id):
        keyring.load_or_create(str(path)).open(envelope, ROW)


def test_a_directory_that_cannot_be_written_is_a_clear_error(tmp_path):
    with pytest.raises(keyring.KeyringError, match="cannot create"):
        keyring.load_or_create(str(tmp_path / "missing" / "keys.json"))
