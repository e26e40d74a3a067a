# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a manifest declares settles, or says why it does not."""

import json
import logging
import pathlib
import typing as tp
import uuid as sys_uuid

from oslo_config import cfg
import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import conftest
from tests.integration.support import client, core_agent
from tests.unit import libcrypt

PASSWORD = "correct horse battery"

Target = tp.Any


@pytest.fixture
def key_file(tmp_path: pathlib.Path) -> pathlib.Path:
    """Where the keys of secrets at rest lie; not made yet."""
    path = tmp_path / "keys.json"
    cfg.CONF.set_override("secrets_key_file", str(path), group="mail")
    return path


@pytest.fixture
def passes(
    tmp_path: pathlib.Path,
    engine: tp.Any,
    key_file: pathlib.Path,
    db: conftest.Connection,
) -> core_agent.Passes:
    """A core-agent; no key of an earlier test needs another key file."""
    db.execute("DELETE FROM mail_instances")
    return core_agent.Passes(tmp_path)


def new_instance(version: models.MailVersion, **changes: tp.Any) -> Target:
    """Return a declared instance."""
    value = {
        "name": "mail",
        "project_id": str(core_agent.PROJECT),
        "domain": "example.com",
        "cpu": 2,
        "ram": 2048,
        "disk_size": 20,
        "version": str(version.uuid),
    }
    return core_agent.target("instances", **{**value, **changes})


def new_account(instance: Target, **changes: tp.Any) -> Target:
    """Return a declared account with a plain password."""
    value = {
        "instance": str(instance.uuid),
        "project_id": str(core_agent.PROJECT),
        "username": "alice",
        "password": PASSWORD,
    }
    value = {**value, **changes}
    present = {name: one for name, one in value.items() if one is not None}
    return core_agent.target("instances.accounts", **present)


def changed(declared: Target, **changes: tp.Any) -> Target:
    """Return the same object declared otherwise; None takes a field away."""
    value = {**declared.value, **changes}
    present = {name: one for name, one in value.items() if one is not None}
    return core_agent.target(declared.kind, **present)


def row(db: conftest.Connection, account: Target) -> dict[str, tp.Any]:
    """Return the stored account."""
    found = db.execute(
        "SELECT * FROM mail_accounts WHERE uuid = %s", (account.uuid,)
    ).fetchone()
    assert found is not None
    return found


@pytest.fixture
def instance(version: models.MailVersion) -> Target:
    """A declared instance."""
    return new_instance(version)


@pytest.fixture
def account(instance: Target) -> Target:
    """A declared account of it with a plain password."""
    return new_account(instance)


def settled(reported: dict[sys_uuid.UUID, tp.Any], declared: Target) -> bool:
    """Tell whether Core counts the object as settled."""
    found = reported.get(declared.uuid)
    return found is not None and found.hash == declared.hash


def test_a_plain_password_settles_and_is_nowhere_in_plain(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    account: Target,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    passes.run(instance)
    assert settled(passes.run(instance, account), account)
    stored = row(db, account)
    generation = "SELECT generation FROM mail_instances"
    before = db.execute(generation).fetchone()
    for _ in range(3):
        reported = passes.run(instance, account)
        assert settled(reported, account)
        assert reported[account.uuid].status == "ACTIVE"
    assert row(db, account) == stored
    assert db.execute(generation).fetchone() == before
    assert PASSWORD not in str(stored) and PASSWORD not in caplog.text
    assert stored["password"].startswith("v1:")
    assert libcrypt.verifies(PASSWORD, stored["password_hash"])
    # Core needs to see one of the two
    assert "password_hash" not in reported[account.uuid].value


def test_a_password_that_is_a_hash_with_its_scheme_is_stored_as_it_is(
    passes: core_agent.Passes, db: conftest.Connection, instance: Target
) -> None:
    sent = "{SHA512-CRYPT}" + client.HASH
    account = new_account(instance, password=sent)
    passes.run(instance)
    assert settled(passes.run(instance, account), account)
    assert row(db, account)["password_hash"] == sent
    plain = changed(account, password=PASSWORD)
    assert settled(passes.run(instance, plain), plain)
    assert libcrypt.verifies(PASSWORD, row(db, plain)["password_hash"])
    assert settled(passes.run(instance, account), account)
    assert row(db, account)["password_hash"] == sent


def test_only_a_new_password_makes_a_new_hash(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    account: Target,
) -> None:
    passes.run(instance)
    passes.run(instance, account)
    before = row(db, account)["password_hash"]
    renamed = changed(account, description="another text")
    assert settled(passes.run(instance, renamed), renamed)
    assert row(db, account)["password_hash"] == before
    newer = changed(renamed, password="another password")
    assert settled(passes.run(instance, newer), newer)
    assert settled(passes.run(instance, newer), newer)
    assert libcrypt.verifies("another password", row(db, account)["password_hash"])


def test_a_manifest_may_change_between_password_and_hash(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    account: Target,
) -> None:
    passes.run(instance)
    passes.run(instance, account)
    hashed = changed(account, password=None, password_hash=client.HASH)
    for _ in range(2):
        assert settled(passes.run(instance, hashed), hashed)
    assert row(db, account)["password"] is None
    for _ in range(2):
        assert settled(passes.run(instance, account), account)
    assert libcrypt.verifies(PASSWORD, row(db, account)["password_hash"])


def test_a_password_set_past_the_manifest_is_set_back(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    account: Target,
) -> None:
    passes.run(instance)
    passes.run(instance, account)
    # as the REST API does it, whose process cannot read the key file
    stored = models.MailAccount.objects.get_one(filters={"uuid": str(account.uuid)})
    stored.password = "from elsewhere"
    stored.update()
    assert row(db, account)["password"] is None
    assert settled(passes.run(instance, account), account)
    assert libcrypt.verifies(PASSWORD, row(db, account)["password_hash"])


def test_a_lost_key_file_costs_a_new_hash_and_nothing_else(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    account: Target,
    key_file: pathlib.Path,
) -> None:
    passes.run(instance)
    passes.run(instance, account)
    before = row(db, account)
    key_file.unlink()
    assert settled(passes.run(instance, account), account)
    assert settled(passes.run(instance, account), account)
    after = row(db, account)
    assert after["password"] != before["password"]
    assert libcrypt.verifies(PASSWORD, after["password_hash"])


def test_children_before_their_parent_wait_without_noise(
    passes: core_agent.Passes,
    instance: Target,
    account: Target,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(3):
        reported = passes.run(account)
        assert not settled(reported, account)
        assert reported[account.uuid].status == "IN_PROGRESS"
        assert "instance: waits" in reported[account.uuid].value["status_reason"]
    passes.run(account, instance)
    assert settled(passes.run(account, instance), account)
    assert "Traceback" not in caplog.text and PASSWORD not in caplog.text


BAD_INSTANCES: list[tuple[dict[str, tp.Any], str]] = [
    ({"domain": "Example.com"}, "domain: "),
    ({"cpu": True}, "cpu: "),
    ({"cpu": "many"}, "cpu: "),
    ({"ram": 1}, "ram: "),
    ({"colour": "blue"}, "unknown field: colour"),
    ({"infra_status": "ACTIVE"}, "unknown field: infra_status"),
    ({"image": "http://images.example/mine"}, "unknown field: image"),
    ({"project_id": "not a uuid"}, "project_id: "),
    ({"version": "not a uuid"}, "version: "),
    ({"domain": None}, "domain: a value is required"),
]

BAD_ACCOUNTS: list[tuple[dict[str, tp.Any], str]] = [
    ({"username": "a:b"}, "username: "),
    ({"password": "tab\tinside"}, "password: "),
    ({"password": None, "password_hash": "secret-hash"}, "password_hash: "),
    ({"password": "secret-one", "password_hash": client.HASH}, "exactly one"),
    ({"project_id": str(sys_uuid.uuid4())}, "project_id: "),
]


def check_refused(reported: tp.Any, reason: str) -> None:
    """Check that Core is told why, without a secret."""
    assert reported.status == "ERROR"
    assert reason in reported.value["status_reason"]
    text = json.dumps(reported.value)
    for secret in ("tab", "secret-hash", "secret-one", client.HASH, PASSWORD):
        assert secret not in text


@pytest.mark.parametrize(("changes", "reason"), BAD_INSTANCES)
def test_a_bad_instance_says_why_and_disturbs_nobody(
    passes: core_agent.Passes,
    version: models.MailVersion,
    instance: Target,
    changes: dict[str, tp.Any],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bad = changed(new_instance(version), **changes)
    reports = [passes.run(bad, instance) for _ in range(2)]
    for reported in reports:
        assert settled(reported, instance)
        check_refused(reported[bad.uuid], reason)
    # Core hears of it once: what is reported stays the same
    assert reports[0][bad.uuid].full_hash == reports[1][bad.uuid].full_hash
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(("changes", "reason"), BAD_ACCOUNTS)
def test_a_bad_account_says_why_and_disturbs_nobody(
    passes: core_agent.Passes,
    instance: Target,
    changes: dict[str, tp.Any],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    passes.run(instance)
    good = new_account(instance, username="good")
    bad = changed(new_account(instance), **changes)
    for _ in range(2):
        reported = passes.run(instance, good, bad)
        assert settled(reported, good)
        check_refused(reported[bad.uuid], reason)
    assert "Traceback" not in caplog.text
    for secret in ("tab\tinside", "secret-hash", "secret-one", PASSWORD):
        assert secret not in caplog.text


def test_a_clash_with_another_object_says_why(
    passes: core_agent.Passes, instance: Target, account: Target
) -> None:
    passes.run(instance)
    passes.run(instance, account)
    twin = new_account(instance)
    reports = [passes.run(instance, account, twin) for _ in range(2)]
    for reported in reports:
        assert settled(reported, account)
        check_refused(reported[twin.uuid], "an account of this username")
    assert reports[0][twin.uuid].full_hash == reports[1][twin.uuid].full_hash


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"disk_size": 10}, "disk_size: the data disk cannot shrink"),
        ({"cpu": 0}, "cpu: "),
        ({"version": str(sys_uuid.uuid4())}, "version: waits"),
    ],
)
def test_a_bad_change_leaves_the_object_as_it_was(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    changes: dict[str, tp.Any],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def stored() -> tp.Any:
        return db.execute("SELECT * FROM mail_instances").fetchone()

    passes.run(instance)
    before = stored()
    bad = changed(instance, **changes)
    for _ in range(2):
        reported = passes.run(bad)[instance.uuid]
        assert reported.status != "ACTIVE"
        assert reason in reported.value["status_reason"]
    assert stored() == before
    assert "Traceback" not in caplog.text
    better = changed(instance, cpu=4)
    assert settled(passes.run(better), better)


def test_what_is_not_declared_any_more_is_removed(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    account: Target,
) -> None:
    passes.run(instance)
    passes.run(instance, account)
    assert account.uuid not in passes.run(instance)
    assert passes.run() == {}
    left = db.execute("SELECT count(*) AS n FROM mail_instances").fetchone()
    assert left == {"n": 0}
