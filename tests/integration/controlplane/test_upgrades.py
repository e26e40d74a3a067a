# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The schema of today, and of a next release, on the data of every earlier release.

A toy migration comes after those of today, so that there always is one to apply.
"""

from concurrent import futures
import json
import os
import pathlib
import subprocess
import sys
import typing as tp
import uuid as sys_uuid

import psycopg
import psycopg.rows
import pytest

from tests import history
from tests.integration.support import migrations, postgres, toy, waiting
from tests.stand import host
from tests.unit import libcrypt

MAKE_DATA = pathlib.Path(__file__).parent / "make_data.py"

Rows = dict[str, list[dict[str, tp.Any]]]

# What a step changes to have every payload made anew.
COUNTED = frozenset(("generation", "updated_at"))
TABLES = ("mail_versions", "mail_instances", "mail_accounts", "mail_dkim_keys")


@pytest.fixture(scope="module", params=history.RELEASES)
def earlier(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> pathlib.Path:
    """The sources of an earlier release."""
    target = tmp_path_factory.mktemp("releases") / request.param
    history.sources(request.param, target)
    return target


@pytest.fixture(scope="module")
def following(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The migrations of a next release."""
    return toy.next_release(tmp_path_factory.mktemp("next") / "migrations")


@pytest.fixture
def url(cluster: postgres.Cluster, earlier: pathlib.Path) -> str:
    """A database with the platform's schema and that of the earlier release."""
    made = cluster.create_database(f"upgrade-{sys_uuid.uuid4()}")
    migrations.apply(made, ("gcl_sdk", "exordos_metapaas"))
    migrations.apply_directory(made, earlier / "exordos_mail/migrations")
    return made


def make_data(url: str, sources: pathlib.Path) -> dict[str, str]:
    """Make objects with the code of a release."""
    done = subprocess.run(
        (sys.executable, MAKE_DATA, url),
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(sources)},
    )
    made = json.loads(done.stdout)
    assert made["from"].startswith(str(sources))
    return tp.cast(dict[str, str], made)


def rows(url: str) -> Rows:
    """Return everything of ours."""
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as connection:
        return {
            table: connection.execute(
                f"SELECT * FROM {table} ORDER BY uuid"  # noqa: S608 our own names
            ).fetchall()
            for table in TABLES
        }


def test_every_migration_keeps_the_data_of_an_earlier_release(
    url: str, earlier: pathlib.Path, following: pathlib.Path
) -> None:
    made = make_data(url, earlier)
    before = rows(url)
    migrations.apply_directory(url, following)
    after = rows(url)
    for table, objects in before.items():
        counted = COUNTED if table == "mail_instances" else frozenset()
        assert len(objects) == len(after[table])
        for old, new in zip(objects, after[table], strict=True):
            assert new.keys() >= old.keys()
            assert {name for name in old if new[name] != old[name]} <= counted
    assert [one["uuid"] for one in after["mail_instances"]] == [
        sys_uuid.UUID(made["instance"])
    ]
    for one in after["mail_accounts"]:
        assert one["toy"] == 7
        number = one["username"][-1]
        assert libcrypt.verifies(f"password {number}", one["password_hash"])


def test_the_old_code_works_on_the_new_schema(
    url: str, earlier: pathlib.Path, following: pathlib.Path
) -> None:
    migrations.apply_directory(url, following)
    make_data(url, earlier)
    assert len(rows(url)["mail_accounts"]) == 3


def test_requests_and_the_migrations_never_wait_for_each_other(
    url: str, earlier: pathlib.Path, following: pathlib.Path
) -> None:
    make_data(url, earlier)
    waiting_lock = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with (
        psycopg.connect(url, autocommit=True) as watcher,
        psycopg.connect(url) as request,
        futures.ThreadPoolExecutor(1) as pool,
    ):
        # every request takes the instance first, then its accounts
        request.execute("SELECT * FROM mail_instances FOR NO KEY UPDATE")
        upgrade = pool.submit(migrations.apply_directory, url, following)

        def upgrade_waits() -> bool:
            found = watcher.execute(waiting_lock).fetchone()
            return found is not None and found[0] > 0

        waiting.until(upgrade_waits, "the migrations wait for the request")
        request.execute("SELECT * FROM mail_accounts FOR UPDATE")
        request.commit()
        upgrade.result()


def test_an_upgraded_schema_is_that_of_a_fresh_installation(
    url: str, cluster: postgres.Cluster, following: pathlib.Path
) -> None:
    fresh = cluster.create_database(f"fresh-{sys_uuid.uuid4()}")
    migrations.apply(fresh)
    migrations.apply(url, ("exordos_mail",))
    assert schema(url) == schema(fresh)
    migrations.apply_directory(fresh, following)
    migrations.apply_directory(url, following)
    assert schema(url) == schema(fresh)


def test_a_step_back_leaves_schema_and_data_as_they_were(
    url: str, earlier: pathlib.Path, following: pathlib.Path
) -> None:
    migrations.apply(url, ("exordos_mail",))
    make_data(url, earlier)
    before, accounts = schema(url), rows(url)["mail_accounts"]
    migrations.apply_directory(url, following)
    assert schema(url) != before
    migrations.roll_back(url, following, toy.STEP)
    assert schema(url) == before
    assert rows(url)["mail_accounts"] == accounts


def schema(url: str) -> list[str]:
    """Return what `pg_dump` says of a database's schema."""
    done = subprocess.run(
        (host.postgres_bin() / "pg_dump", "--schema-only", "--dbname", url),
        check=True,
        capture_output=True,
        text=True,
    )
    # newer versions write a random key into each dump
    ignored = ("\\restrict", "\\unrestrict")
    return [line for line in done.stdout.splitlines() if not line.startswith(ignored)]


def test_each_migration_says_why_it_is_safe(following: pathlib.Path) -> None:
    initial, *steps = sorted(following.glob("[0-9]*.py"))
    assert initial.name == "0000-initial.py"
    assert steps
    for path in steps:
        docstring = path.read_text().split('"""')[1]
        assert "Safe" in docstring, f"{path.name} does not say why it is safe"
