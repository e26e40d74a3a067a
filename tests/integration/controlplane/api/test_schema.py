# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the database computes, counts and refuses by itself."""

import pathlib
import typing as tp
import uuid as sys_uuid

import psycopg
import pytest

from tests.integration.controlplane import conftest
from tests.integration.support import client, migrations, postgres, toy

OBJECTS = """
SELECT relname AS name FROM pg_class WHERE relname LIKE 'mail\\_%'
UNION ALL
SELECT proname FROM pg_proc WHERE proname LIKE 'mail\\_%'
"""


def row_of(db: conftest.Connection, instance: client.Body) -> dict[str, tp.Any]:
    """Return the whole row of an instance."""
    row = db.execute(
        "SELECT * FROM mail_instances WHERE uuid = %s", (instance["uuid"],)
    ).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("infra", "service", "status", "reason"),
    [
        (("NEW", ""), ("NEW", ""), "NEW", ""),
        (("NEW", "a"), ("NEW", "b"), "NEW", "a"),
        (("IN_PROGRESS", "a"), ("NEW", "b"), "IN_PROGRESS", "a"),
        (("ACTIVE", ""), ("NEW", "b"), "IN_PROGRESS", "b"),
        (("NEW", "a"), ("ACTIVE", ""), "IN_PROGRESS", "a"),
        (("ACTIVE", ""), ("IN_PROGRESS", "b"), "IN_PROGRESS", "b"),
        (("ACTIVE", "a"), ("ACTIVE", "b"), "ACTIVE", ""),
        (("ERROR", "a"), ("ACTIVE", "b"), "ERROR", "a"),
        (("ACTIVE", "a"), ("ERROR", "b"), "ERROR", "b"),
        (("NEW", "a"), ("ERROR", "b"), "ERROR", "b"),
        (("ERROR", "a"), ("ERROR", "b"), "ERROR", "a; b"),
        (("ERROR", ""), ("ERROR", "b"), "ERROR", "b"),
        (("ERROR", ""), ("ERROR", ""), "ERROR", ""),
    ],
)
def test_the_public_status_follows_from_the_two_verdicts(
    db: conftest.Connection,
    instance: client.Body,
    infra: tuple[str, str],
    service: tuple[str, str],
    status: str,
    reason: str,
) -> None:
    # nobody can set the public one, whatever he writes
    db.execute(
        "UPDATE mail_instances SET infra_status = %s, infra_reason = %s,"
        " service_status = %s, service_reason = %s, status = 'ACTIVE',"
        " status_reason = 'mine' WHERE uuid = %s",
        (*infra, *service, instance["uuid"]),
    )
    row = row_of(db, instance)
    assert (row["status"], row["status_reason"]) == (status, reason)


def test_the_first_address_follows_from_the_list(
    db: conftest.Connection, instance: client.Body
) -> None:
    for addresses, first in ((["192.0.2.2", "192.0.2.1"], "192.0.2.2"), ([], None)):
        db.execute(
            "UPDATE mail_instances SET ipsv4 = %s, ipv4 = 'mine' WHERE uuid = %s",
            (addresses, instance["uuid"]),
        )
        assert row_of(db, instance)["ipv4"] == first


@pytest.mark.parametrize(
    "change",
    ["name = 'x'", "description = 'x'", "cpu = 9", "ram = 9999", "disk_size = 99"],
)
def test_a_change_by_hand_of_a_user_column_is_seen_by_the_builders(
    db: conftest.Connection, instance: client.Body, change: str
) -> None:
    before = row_of(db, instance)
    db.execute(
        f"UPDATE mail_instances SET {change} WHERE uuid = %s".encode(),  # noqa: S608
        (instance["uuid"],),
    )
    after = row_of(db, instance)
    assert after["generation"] == before["generation"] + 1
    assert after["updated_at"] > before["updated_at"]


def test_observed_columns_move_neither_generation_nor_time(
    db: conftest.Connection, instance: client.Body
) -> None:
    before = row_of(db, instance)
    db.execute(
        "UPDATE mail_instances SET infra_status = 'ACTIVE', generation = 1,"
        " updated_at = now() + interval '1 day' WHERE uuid = %s",
        (instance["uuid"],),
    )
    after = row_of(db, instance)
    assert after["generation"] == before["generation"]
    assert after["updated_at"] == before["updated_at"]


def test_one_statement_on_many_accounts_counts_once(
    db: conftest.Connection, tenant: client.Client, instance: client.Body
) -> None:
    def generation() -> int:
        return int(row_of(db, instance)["generation"])

    one = (instance["uuid"],)
    db.execute(
        "INSERT INTO mail_accounts (uuid, project_id, instance, username,"
        " password_hash, created_at, updated_at)"
        " SELECT gen_random_uuid(), %s, %s, 'u' || n, 'x', now(), now()"
        " FROM generate_series(1, 50) AS n",
        (tenant.project, instance["uuid"]),
    )
    assert generation() == 2
    db.execute("UPDATE mail_accounts SET active = FALSE WHERE instance = %s", one)
    assert generation() == 3
    db.execute("UPDATE mail_accounts SET active = FALSE WHERE instance = %s", one)
    db.execute("UPDATE mail_accounts SET name = 'x' WHERE instance = %s", one)
    assert generation() == 3
    db.execute("DELETE FROM mail_accounts WHERE instance = %s", one)
    assert generation() == 4
    db.execute("DELETE FROM mail_accounts WHERE instance = %s", one)
    assert generation() == 4


def test_the_database_refuses_to_shrink_a_disk(
    db: conftest.Connection, instance: client.Body
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute(
            "UPDATE mail_instances SET disk_size = 8 WHERE uuid = %s",
            (instance["uuid"],),
        )


def test_every_step_can_be_taken_back_and_again(
    cluster: postgres.Cluster, tmp_path: pathlib.Path
) -> None:
    url = cluster.create_database(f"migrations-{sys_uuid.uuid4()}")
    following = toy.next_release(tmp_path / "migrations")
    with psycopg.connect(url, autocommit=True) as connection:

        def objects() -> set[str]:
            return {row[0] for row in connection.execute(OBJECTS).fetchall()}

        migrations.apply(url, ("exordos_mail",))
        made = objects()
        assert {"mail_versions", "mail_instances", "mail_accounts"} <= made
        for _ in range(2):
            migrations.apply_directory(url, following)
            assert objects() - made == toy.ADDS
            migrations.roll_back(url, following, toy.STEP)
            assert objects() == made
        migrations.apply_directory(url, following)
        migrations.roll_back(url, following, "0000-initial")
        assert objects() == set()
        migrations.apply(url, ("exordos_mail",))
        assert objects() == made
