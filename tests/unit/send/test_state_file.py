# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Files of a service's state: everything is in them, and nothing else is taken."""

import asyncio
import hashlib
import json
import os
import pathlib
import typing as tp

import pytest

from exordos_mail.send import seed, vault
from exordos_mail.send.offline import hpke, reading, tables, writing
from exordos_mail.send.queue import suppressions
from exordos_mail.send.relays import records as relays
from exordos_mail.send.storage import database, sql, sqlite
from exordos_mail.send.tenants import records as tenants

PRIVATE, PUBLIC = hpke.new_key()
KEY = os.urandom(32)
_ALL = sql.statement("SELECT * FROM suppressions ORDER BY tenant_id, address")


class Base:
    """A database and what is done with it."""

    def __init__(self, path: pathlib.Path) -> None:
        self.base = sqlite.SqliteDatabase(path)
        self.base.migrate()

    def do(self, unit: tp.Callable[..., tp.Any], *args: tp.Any) -> tp.Any:
        return asyncio.run(self.base.write(unit, *args))

    def exported(self, public: str | None = PUBLIC, mail: bool = False) -> list[str]:
        lines: list[str] = []
        wanted = writing.ExportOptions(public, mail)
        self.do(writing.write, lines.append, vault.Vault(KEY), wanted)
        return lines


@pytest.fixture
def old(tmp_path: pathlib.Path) -> tp.Iterator[Base]:
    made = Base(tmp_path / "old.sqlite3")
    yield made
    made.base.close()


@pytest.fixture
def new(tmp_path: pathlib.Path) -> tp.Iterator[Base]:
    made = Base(tmp_path / "new.sqlite3")
    try:
        made.do(seed.seed, ("127.0.0.1", 25))
        yield made
    finally:
        made.base.close()


def _fill(tx: database.Transaction) -> None:
    for name in ("a", "b"):
        tenants.add(tx, tenants.new(name), 1)
        row = vault.row_name("relay", name, "x")
        sealed = vault.Vault(KEY).seal(f"password of {name}", row)
        relay = relays.RelayRow(
            tenant_id=name, id="x", host="h", username="u", password=sealed
        )
        relays.add(tx, relay, 1)
    for number in range(2 * tables._PAGE + 1):
        suppressions.add(tx, "a", f"{number}@example.net", "r", "manual", 1)


def _whole(lines: tp.Sequence[str]) -> str:
    """Return lines with a last one that fits."""
    text = "".join(lines)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return text + json.dumps({"rows": len(lines) - 1, "sha256": digest}) + "\n"


def test_every_table_is_state_or_left_out_on_purpose(old: Base) -> None:
    names = sql.statement("SELECT name FROM sqlite_master WHERE type = 'table'")
    found = {row["name"] for row in old.do(lambda tx: tx.rows(names))}
    assert found == {one.name for one in tables.TABLES} | tables.LEFT_OUT


def test_all_pages_of_a_table_come_along_and_secrets_with_a_new_key(
    old: Base, new: Base, tmp_path: pathlib.Path
) -> None:
    old.do(_fill)
    lines = old.exported()
    assert "password of" not in "".join(lines)
    file = tmp_path / "state"
    file.write_text("".join(lines))
    assert reading.check(file) == reading.StateHead(PUBLIC, len(lines) - 2)
    another = vault.Vault(os.urandom(32))
    counts = new.do(reading.read, file, another, PRIVATE)
    assert counts["suppressions"] == 2 * tables._PAGE + 1
    everything = [base.do(lambda tx: tx.rows(_ALL)) for base in (old, new)]
    assert everything[0] == everything[1]
    row = new.do(relays.get, "b", "x")
    assert another.open(row.password, "relay b x") == "password of b"
    # What the first start had made is gone.
    assert new.do(tenants.get, "default") is None


def test_file_that_is_not_whole_is_refused(old: Base, tmp_path: pathlib.Path) -> None:
    old.do(_fill)
    lines = old.exported()
    head = json.loads(lines[0])
    later = {**head, "schema": [*head["schema"], "9999_later.sql"]}
    newer = json.dumps({**head, "version": 2}) + "\n"
    file = tmp_path / "state"
    for text, reason in (
        ("", "is empty"),
        ("{}\n", "is no state"),
        ("\0" * 100, "is no state"),
        ("[" * 100_000, "is no state"),
        (lines[0], "is not whole"),
        ("".join(lines[:-1]), "is not whole"),
        ("".join((*lines[:2], *lines[3:])), "is not whole"),
        ("".join((lines[0], lines[2], lines[1], *lines[3:])), "is not whole"),
        ("".join(lines)[:-10], "is not whole"),
        ("".join((*lines, lines[1])), "is not whole"),
        ("".join(lines).replace("9@example.net", "8@example.net"), "is not whole"),
        (_whole([json.dumps(later) + "\n", *lines[1:-1]]), "of a newer version"),
        (_whole([newer, *lines[1:-1]]), "of a newer version"),
    ):
        file.write_text(text)
        with pytest.raises(reading.CannotImport, match=reason):
            reading.check(file)


def test_row_that_is_none_changes_nothing(
    old: Base, new: Base, tmp_path: pathlib.Path
) -> None:
    old.do(_fill)
    lines = old.exported()[:-1]
    rows = [json.loads(line) for line in lines]
    one, other = (at for at, row in enumerate(rows) if row.get("table") == "relays")
    moved = json.loads(lines[one])
    moved["row"]["password"] = rows[other]["row"]["password"]
    odd = {"id); DROP TABLE tenants; --": 1}
    file = tmp_path / "state"
    for line, reason in (
        (moved, "relays/a/x/password does not open"),
        ({"table": "relays", "row": {**rows[one]["row"], **odd}}, "other columns"),
        ({"table": "workers", "row": {}}, "no row of a known table"),
        ({"table": "relays", "row": []}, "no row of a known table"),
        ({"table": "relays"}, "no row of a known table"),
    ):
        changed = [*lines[:one], json.dumps(line) + "\n", *lines[one + 1 :]]
        file.write_text(_whole(changed))
        reading.check(file)
        with pytest.raises(reading.CannotImport, match=reason):
            new.do(reading.read, file, vault.Vault(KEY), PRIVATE)
        assert new.do(tenants.get, "default") is not None
        assert new.do(tenants.get, "a") is None


def test_service_with_something_of_its_own_is_refused(
    old: Base, tmp_path: pathlib.Path
) -> None:
    old.do(_fill)
    file = tmp_path / "state"
    file.write_text("".join(old.exported()))
    with pytest.raises(
        reading.CannotImport, match=r"something of its own \(tenants a, b\)"
    ):
        old.do(reading.read, file, vault.Vault(KEY), PRIVATE)


def test_secret_that_does_not_open_is_named(old: Base) -> None:
    old.do(_fill)
    with pytest.raises(writing.CannotExport, match="relays/a/x/password"):
        old.do(
            writing.write,
            print,
            vault.Vault(os.urandom(32)),
            writing.ExportOptions(PUBLIC, False),
        )


def test_sealed_text_opens_with_its_key_and_in_its_place_only() -> None:
    sealed = hpke.seal(b"secret", "relays/a/x/password", PUBLIC)
    assert hpke.open_(sealed, "relays/a/x/password", PRIVATE) == b"secret"
    assert hpke.public_text(PRIVATE) == PUBLIC
    other, _ = hpke.new_key()
    for text, where, private in (
        (sealed, "relays/b/x/password", PRIVATE),
        (sealed, "relays/a/x/password", other),
        (sealed[:-4], "relays/a/x/password", PRIVATE),
        ("", "relays/a/x/password", PRIVATE),
        ("***", "relays/a/x/password", PRIVATE),
    ):
        with pytest.raises(hpke.OtherPrivateKey):
            hpke.open_(text, where, private)
    for key in ("", "QUJD", PUBLIC[:-1], "é" * 44):
        with pytest.raises(ValueError, match="not a key of"):
            hpke.seal(b"", "", key)
