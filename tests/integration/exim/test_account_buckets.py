# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Accounts are in buckets: each logs in, and a change costs its bucket alone."""

import os
import pathlib
import time

import pytest

from exordos_mail.dataplane.engine import inventory
from exordos_mail.dataplane.services.exim import passwd
from exordos_mail.protocol import documents
from tests.integration.exim import fixtures, payloads

_HASH = payloads.hashed("p")


def _one_of_each_bucket() -> dict[str, str]:
    found: dict[str, str] = {}
    number = 0
    while len(found) < documents.COUNT:
        # Every character that a name may have.
        name = f"a{number}_b-c.d+e"
        found.setdefault(documents.bucket(name), name)
        number += 1
    return found


def _paths() -> dict[str, tuple[int, int]]:
    """Return inode and change time of every file that is the node's own."""
    return {
        str(path): (path.stat().st_ino, path.stat().st_ctime_ns)
        for place in ("/etc/exim4", "/etc/exordos_metapaas", "/var/lib/exordos")
        for path in pathlib.Path(place).rglob("*")
        if path.is_file()
    }


def test_account_of_every_bucket_logs_in(machine):
    names = _one_of_each_bucket()
    machine.apply(payloads.payload(hashes={name: _HASH for name in names.values()}))
    daemon = machine.daemon()
    for bucket, name in names.items():
        login = f"{name}@example.com"
        # As it is, in capitals, and without the domain.
        spelling = (login, login.upper(), name)[int(bucket) % 3]
        code = fixtures.login_code(spelling, "p", new_client=True)
        assert code == 235, f"bucket {bucket}: {spelling}"
    assert machine.daemon() == daemon


@pytest.mark.parametrize(
    "login", ["", "@", "@example.com", "a@b@example.com", "%00", "../../etc/x", "a/b"]
)
def test_odd_login_is_a_wrong_one(mail, login):
    assert fixtures.login_code(login, "p", new_client=True) == 535
    paniclog = pathlib.Path(mail.layout.log_dir, "paniclog")
    assert not paniclog.exists() or not paniclog.read_text()


def test_one_changed_account_writes_its_bucket_and_nothing_else(machine, monkeypatch):
    accounts = {f"user{number}": _HASH for number in range(2000)}
    machine.apply(payloads.payload(hashes=accounts))
    before, old = _paths(), machine.node.accepted()
    changed = {**accounts, "user7": payloads.hashed("new")}
    machine.apply(payloads.payload(hashes=changed, generation=2))
    after, new = _paths(), machine.node.accepted()
    layout, bucket = machine.layout, documents.bucket("user7")
    place = ("accounts", bucket)
    assert {path for path in after if after[path] != before.get(path)} == {
        layout.payload,
        layout.text(place, new.digests("accounts")[bucket]),
        layout.passwd_cdb(bucket),
    }
    assert set(before) - set(after) == {
        layout.text(place, old.digests("accounts")[bucket])
    }
    assert fixtures.login_code("user7@example.com", "new") == 235
    line = f"user7@example.com:{payloads.hashed('new')}\n"
    assert line not in pathlib.Path(layout.passwd).read_text()
    # The text file of all accounts follows when they are at rest.
    late = time.monotonic() + 61
    monkeypatch.setattr(passwd, "_monotonic", lambda: late)
    machine.node.pull()
    assert machine.node.observe().status == "ACTIVE"
    assert line in pathlib.Path(layout.passwd).read_text()
    assert len(pathlib.Path(layout.passwd).read_text().splitlines()) == 2000


def test_other_rate_limit_writes_no_account(machine):
    machine.apply(payloads.payload())
    before = _paths()
    machine.apply(payloads.payload(rate_limit="5 / 1h"))
    after = _paths()
    settings = machine.node.accepted().digests("settings")["0"]
    assert {path for path in after if after[path] != before.get(path)} == {
        machine.layout.payload,
        machine.layout.text(("settings", "0"), settings),
        "/etc/exim4/lookups/limits.cdb",
    }


def test_change_reads_and_makes_nothing_of_the_other_buckets(machine, monkeypatch):
    accounts = {f"user{number}": _HASH for number in range(500)}
    machine.apply(payloads.payload(hashes=accounts))
    made = []
    real = inventory.Inventory._is_equal

    def is_equal(self, path, recipe, file):
        made.append(path)
        return real(self, path, recipe, file)

    monkeypatch.setattr(inventory.Inventory, "_is_equal", is_equal)
    changed = {**accounts, "user7": payloads.hashed("new")}
    machine.apply(payloads.payload(hashes=changed))
    lookups = {path for path in made if path.startswith(machine.layout.passwd_dir)}
    assert lookups == {machine.layout.passwd_cdb(documents.bucket("user7"))}


def test_last_account_of_a_bucket(machine):
    machine.apply(payloads.payload({"alice": "a", "bob": "b"}))
    machine.apply(payloads.payload({"alice": "a"}))
    assert fixtures.login_code("bob@example.com", "b", new_client=True) == 535
    assert os.path.exists(machine.layout.passwd_cdb(documents.bucket("bob")))
    assert len(os.listdir(machine.layout.documents_dir + "/accounts")) == 1
    machine.apply(payloads.payload({"alice": "a", "bob": "b"}))
    assert fixtures.login_code("bob@example.com", "b", new_client=True) == 235


def test_first_pass_of_a_process_compares_everything(machine):
    machine.apply(payloads.payload())
    node = fixtures.engine(machine)
    path = pathlib.Path(machine.layout.passwd_cdb(3))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    assert node.observe().reason == f"{path} is not as it should be"
