# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What `--smtp` of a later start does, on a real SQLite database."""

import pathlib
import sqlite3

import msgspec
import pytest

from exordos_mail.send import clock, seed
from exordos_mail.send.relays import records as relays
from exordos_mail.send.storage import sqlite
from exordos_mail.send.tenants import records as tenants

A, B, C = ("a.example", 25), ("b.example", 587), ("::1", 2525)


@pytest.fixture
def tx(tmp_path: pathlib.Path) -> sqlite.SqliteTransaction:
    base = sqlite.SqliteDatabase(tmp_path / "db")
    base.migrate()
    base.close()
    connection = sqlite3.connect(tmp_path / "db", isolation_level=None)
    connection.row_factory = lambda cursor, row: {
        column[0]: value for column, value in zip(cursor.description, row, strict=True)
    }
    connection.execute("PRAGMA foreign_keys = ON")
    return sqlite.SqliteTransaction(connection)


def _server(tx: sqlite.SqliteTransaction) -> tuple[str, int]:
    row = relays.get(tx, seed.TENANT, seed.RELAY)
    assert row is not None
    return row.host, row.port


def _change(tx: sqlite.SqliteTransaction, **columns: object) -> None:
    row = relays.get(tx, seed.TENANT, seed.RELAY)
    assert row is not None
    relays.change(tx, msgspec.structs.replace(row, **columns), clock.now())


def test_without_the_option_nothing_changes(tx: sqlite.SqliteTransaction) -> None:
    assert seed.seed(tx, None) is None
    assert _server(tx) == seed.SERVER
    _change(tx, host="by-api.example")
    assert seed.seed(tx, None) is None
    assert _server(tx) == ("by-api.example", 25)


def test_another_server_is_obeyed_and_said(tx: sqlite.SqliteTransaction) -> None:
    seed.seed(tx, A)
    assert seed.seed(tx, A) is None
    note = seed.seed(tx, B)
    assert note is not None
    assert "b.example:587" in note
    assert _server(tx) == B
    assert "[::1]:2525" in (seed.seed(tx, C) or "")


def test_what_the_api_has_changed_stays_and_is_said(
    tx: sqlite.SqliteTransaction,
) -> None:
    seed.seed(tx, A)
    _change(tx, host="by-api.example")
    note = seed.seed(tx, A)
    assert note is not None
    assert "has no effect" in note
    assert _server(tx) == ("by-api.example", 25)


@pytest.mark.parametrize(
    "columns",
    [
        {"host": "by-api.example"},
        {"username": "u", "password": b""},
        {"tls": "starttls"},
    ],
)
def test_two_that_contradict_each_other_are_refused(
    tx: sqlite.SqliteTransaction, columns: dict[str, object]
) -> None:
    seed.seed(tx, A)
    _change(tx, **columns)
    with pytest.raises(ValueError, match=r"changed by API"):
        seed.seed(tx, B)
    assert _server(tx)[0] == columns.get("host", "a.example")


def test_relay_that_is_gone_is_said(tx: sqlite.SqliteTransaction) -> None:
    seed.seed(tx, A)
    tenants.add(tx, tenants.new("other"), clock.now())
    tenants.remove(tx, seed.TENANT)
    assert "not there any more" in (seed.seed(tx, A) or "")
