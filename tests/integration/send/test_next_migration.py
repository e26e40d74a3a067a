# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The send service's schema, when a next version brings a migration."""

import asyncio
import pathlib
import shutil
import subprocess
import sys
import typing as tp

import pytest

import exordos_mail
from exordos_mail.send.storage import database, migrations, postgresql, sql, sqlite
from exordos_mail.send.tenants import records as tenants
from tests.integration.send.conftest import Services

_NOW = 1_800_000_000_000
_TOY = """-- Toys.
ALTER TABLE tenants ADD COLUMN toy INTEGER NOT NULL DEFAULT 7;
CREATE TABLE toys (id TEXT PRIMARY KEY, content {{blob}}) {{clustered}};
INSERT INTO toys (id) SELECT id FROM tenants;
"""
_MIGRATE = """
import sys
from exordos_mail.send.storage import migrations, postgresql, sqlite
assert migrations.__file__.startswith(sys.argv[3])
sorts = {"sqlite": sqlite.SqliteDatabase, "postgresql": postgresql.PostgresqlDatabase}
base = sorts[sys.argv[1]](sys.argv[2])
base.migrate()
base.close()
"""


@pytest.fixture
def address(kind: str, services: Services, tmp_path: pathlib.Path) -> str:
    """Where the database is: a file's path, or PostgreSQL's address."""
    return str(services.database() or tmp_path / "send.sqlite3")


@pytest.fixture
def base(kind: str, address: str) -> tp.Iterator[database.Database]:
    """A database as this version makes it, with a tenant."""
    found: database.Database = (
        sqlite.SqliteDatabase(pathlib.Path(address))
        if kind == "sqlite"
        else postgresql.PostgresqlDatabase(address)
    )
    try:
        found.migrate()
        asyncio.run(found.write(tenants.add, tenants.new("acme"), _NOW))
        yield found
    finally:
        found.close()


def _next_version(target: pathlib.Path) -> None:
    """Put the next version's code into a new directory."""
    here = pathlib.Path(exordos_mail.__file__).parent
    shutil.copytree(here, target / "exordos_mail")
    steps = target / "exordos_mail/send/storage/migrations"
    (steps / "9000_toy.sql").write_text(_TOY)


def test_a_next_version_applies_what_is_missing_and_this_one_refuses_it_then(
    kind: str, address: str, base: database.Database, tmp_path: pathlib.Path
) -> None:
    code = tmp_path / "next"
    _next_version(code)
    argv = (sys.executable, "-c", _MIGRATE, kind, address, str(code))
    for _ in range(2):
        # what -c imports is looked for in the directory first
        subprocess.run(argv, check=True, cwd=code)
    found = asyncio.run(base.read(_toys))
    assert found == [{"id": "acme", "toy": 7, "content": None}]
    with pytest.raises(migrations.SchemaTooNew, match=r"9000_toy\.sql; run that"):
        base.migrate()


def _toys(tx: database.Transaction) -> list[tp.Any]:
    return [
        dict(row)
        for row in tx.rows(
            sql.statement("SELECT id, toy, content FROM tenants JOIN toys USING (id)")
        )
    ]
