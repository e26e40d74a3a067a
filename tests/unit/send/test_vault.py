#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Secrets in the database."""

import os

import pytest

from exordos_mail.send import vault


def test_secret_opens_in_its_row_only() -> None:
    box = vault.Vault(os.urandom(32))
    stored = box.seal("secret", "account a b")
    assert b"secret" not in stored
    assert box.seal("secret", "account a b") != stored
    assert box.open(stored, "account a b") == "secret"
    for wrong in (stored[:-1], stored[:-1] + b"x", b"", b"\x02" + stored[1:]):
        with pytest.raises(vault.WrongKey):
            box.open(wrong, "account a b")
    with pytest.raises(vault.WrongKey):
        box.open(stored, "account a c")
    with pytest.raises(vault.WrongKey):
        vault.Vault(os.urandom(32)).open(stored, "account a b")
