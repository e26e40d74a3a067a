# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""App passwords of manifests: the same rules as by REST, and a chosen password."""

import logging
import typing as tp

import pytest

from exordos_mail.standards import app_password
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_declarations as declarations
from tests.integration.support import core_agent

key_file = declarations.key_file
passes = declarations.passes
instance = declarations.instance
account = declarations.account
settled = declarations.settled

Target = tp.Any

PASSWORD = "SECRET-password-of-the-phone"


def new_one(account: Target, **changes: tp.Any) -> Target:
    """Return a declared app password."""
    value = {
        "account": str(account.uuid),
        "project_id": str(core_agent.PROJECT),
        "name": "phone",
        "scopes": ["imap", "smtp"],
        "password": PASSWORD,
        **changes,
    }
    return core_agent.target("instances.accounts.app_passwords", **value)


def row(db: conftest.Connection, one: Target) -> dict[str, tp.Any]:
    """Return the stored app password, with the generation of its instance."""
    found = db.execute(
        "SELECT one.*, known.app_passwords AS told, mail_instances.generation"
        " FROM mail_app_passwords AS one JOIN mail_accounts AS known"
        " ON known.uuid = one.account JOIN mail_instances"
        " ON mail_instances.uuid = known.instance WHERE one.uuid = %s",
        (one.uuid,),
    ).fetchone()
    assert found is not None
    return found


def test_one_settles_changes_and_goes(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    account: Target,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    one = new_one(account, sender="alice@example.com")
    waits = passes.run(instance, one)[one.uuid].value
    assert waits["status_reason"] == "account: waits until it exists"
    for _ in range(2):
        passes.run(instance, account, one)
    before = row(db, one)
    for _ in range(2):
        reported = passes.run(instance, account, one)
        assert settled(reported, one)
        assert reported[one.uuid].status == "ACTIVE"
    assert row(db, one) == before
    assert before["password_hash"] == app_password.digest(PASSWORD)
    assert before["password_hash"] in before["told"]
    for change in (
        {"password": PASSWORD + "!"},
        {"scopes": ["pop3"], "expires_at": "2999-01-31T12:00:00Z"},
        {"sender": None},
    ):
        counted = row(db, one)["generation"]
        one = core_agent.target(one.kind, **{**one.value, **change})
        for _ in range(2):
            reported = passes.run(instance, account, one)
            assert settled(reported, one), reported[one.uuid].value
        assert row(db, one)["generation"] == counted + 1
    after = row(db, one)
    assert after["password_hash"] == app_password.digest(PASSWORD + "!")
    assert "SECRET" not in str((before, after)) + caplog.text
    passes.run(instance, account)
    assert db.execute("SELECT FROM mail_app_passwords").fetchall() == []
    told = db.execute("SELECT app_passwords FROM mail_accounts").fetchone()
    assert told == {"app_passwords": None}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"password": "SECRET-short"}, "password: an app password is 24 to 128"),
        ({"password": None}, "password: a value is required"),
        ({"password": ["SECRET"]}, "password: an app password is 24 to 128"),
        ({"password_hash": "0" * 64}, "unknown field: password_hash"),
        ({"scopes": ["send"]}, "scopes: "),
        ({"expires_at": "2999-01-31T14:00:00+02:00"}, "expires_at: write "),
        ({"sender": "bob@example.com"}, "sender: the account's own address, or "),
    ],
)
def test_a_bad_declaration_says_why(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    account: Target,
    caplog: pytest.LogCaptureFixture,
    change: dict[str, tp.Any],
    reason: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    one = new_one(account, **change)
    passes.run(instance, account)
    found = passes.run(instance, account, one)[one.uuid]
    assert found.status == "ERROR"
    assert found.value["status_reason"].startswith(reason)
    assert "SECRET" not in caplog.text + str(found.value)
    assert db.execute("SELECT FROM mail_app_passwords").fetchall() == []


def test_the_main_password_is_barred_by_a_manifest(
    passes: core_agent.Passes, db: conftest.Connection, instance: Target
) -> None:
    account = declarations.new_account(instance, main_password_for_mail=False)
    passes.run(instance)
    for _ in range(2):
        reported = passes.run(instance, account)
    assert settled(reported, account)
    found = db.execute("SELECT main_password_for_mail FROM mail_accounts").fetchone()
    assert found == {"main_password_for_mail": False}
