# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the database computes, counts and refuses by itself."""

import typing as tp
import uuid as sys_uuid

import psycopg
import pytest

from tests.integration.controlplane import conftest
from tests.integration.support import client, migrations, postgres

OBJECTS = """
SELECT relname AS name FROM pg_class WHERE relname LIKE 'mail\\_%'
UNION ALL
SELECT proname FROM pg_proc WHERE proname LIKE 'mail\\_%'
"""

# From the last one back: what each adds.
STEPS = (
    (
        "0020-send-tenants",
        {
            "mail_sealing_keys",
            "mail_sealing_keys_pkey",
            "mail_send_tenants",
            "mail_send_tenants_pkey",
            "mail_send_tenants_instance_slug_key",
            "mail_send_tenants_page_idx",
            "mail_send_tenants_project_id_idx",
            "mail_send_api_keys",
            "mail_send_api_keys_pkey",
            "mail_send_api_keys_key_hash_key",
            "mail_send_api_keys_page_idx",
            "mail_send_smtp_accounts",
            "mail_send_smtp_accounts_pkey",
            "mail_send_smtp_accounts_tenant_slug_key",
            "mail_send_smtp_accounts_page_idx",
            "mail_send_suppressions",
            "mail_send_suppressions_pkey",
            "mail_send_suppressions_tenant_address_key",
            "mail_send_suppressions_page_idx",
            "mail_send_tenants_tag",
            "mail_send_tenants_count",
            "mail_send_tenants_count_updates",
            "mail_send_tenants_touch",
            "mail_send_parts_insert",
            "mail_send_parts_delete",
            "mail_send_parts_update",
        },
    ),
    ("0011-pinned-images", {"mail_instances_image"}),
    ("0010-declared-passwords", {"mail_accounts_forget_password"}),
    ("0003-unseen-changes", {"mail_accounts_page_idx"}),
    (
        "0002-account-shards",
        {
            "mail_account_shard",
            "mail_account_shards",
            "mail_account_shards_pkey",
            "mail_account_shard_digests",
            "mail_account_shard_digests_pkey",
            "mail_accounts_shard_idx",
        },
    ),
    ("0001-notify-builders", {"mail_instances_notify"}),
)


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
    cluster: postgres.Cluster,
) -> None:
    url = cluster.create_database(f"migrations-{sys_uuid.uuid4()}")
    with psycopg.connect(url, autocommit=True) as connection:

        def objects() -> set[str]:
            return {row[0] for row in connection.execute(OBJECTS).fetchall()}

        migrations.apply(url, ("exordos_mail",))
        made = objects()
        assert {"mail_versions", "mail_instances", "mail_accounts"} <= made
        left = made
        for step, own in STEPS:
            migrations.roll_back(url, "exordos_mail", step)
            assert left - objects() == own
            left = objects()
        migrations.apply(url, ("exordos_mail",))
        assert objects() == made
        migrations.roll_back(url, "exordos_mail", "0000-init-mail")
        assert objects() == set()
        migrations.apply(url, ("exordos_mail",))
        assert objects() == made
