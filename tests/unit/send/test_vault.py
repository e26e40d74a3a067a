# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Secrets in the database."""

import os
import re

import pytest

from exordos_mail.send import vault
from exordos_mail.send.storage import migrations, sealed


def test_secret_opens_in_its_row_only() -> None:
    box = vault.Vault(os.urandom(32))
    stored = box.seal("secret", "relay a b")
    assert b"secret" not in stored
    assert box.seal("secret", "relay a b") != stored
    assert box.open(stored, "relay a b") == "secret"
    for wrong in (stored[:-1], stored[:-1] + b"x", b"", b"\x02" + stored[1:]):
        with pytest.raises(vault.WrongKey):
            box.open(wrong, "relay a b")
    with pytest.raises(vault.WrongKey):
        box.open(stored, "relay a c")
    with pytest.raises(vault.WrongKey):
        vault.Vault(os.urandom(32)).open(stored, "relay a b")


def test_first_key_seals_and_each_opens() -> None:
    former, new = os.urandom(32), os.urandom(32)
    stored = vault.Vault(former).seal("secret", "row")
    both = vault.Vault(new, former)
    assert both.open(stored, "row") == "secret"
    assert vault.Vault(new).open(both.seal("secret", "row"), "row") == "secret"
    with pytest.raises(vault.WrongKey):
        vault.Vault(former).open(both.seal("secret", "row"), "row")
    assert both.digests == (vault.digest(new), vault.digest(former))
    assert new.hex() not in both.digests
    for wrong in ((), (b"short",), (new, b"")):
        with pytest.raises(ValueError, match="a key has 32 bytes"):
            vault.Vault(*wrong)


def test_every_column_of_bytes_is_known_as_a_secret_or_not_one() -> None:
    text = "\n".join(one for _, one in migrations.missing(set()))
    found: set[tuple[str, str]] = set()
    table = ""
    for line in text.splitlines():
        if begun := re.match(r"(?:CREATE|ALTER) TABLE (\w+)", line):
            table = begun[1]
        for name in re.findall(r"(\w+) \{\{blob\}\}", line.partition("--")[0]):
            found.add((table, name))
    secret = {(column.table, column.name) for column in sealed.COLUMNS}
    assert found == secret | {("contents", "body"), ("labels", "body")}
