# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Passwords that the server makes: shown by one answer, kept as their hash."""

import json
import typing as tp
import uuid as sys_uuid

import pytest

from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_command_line_nouns as command_line
from tests.integration.controlplane.api import test_declarations as declarations
from tests.integration.controlplane.api.bulk_request import item, stored
from tests.integration.send.command import Cli
from tests.integration.support import client, core_agent, user_api
from tests.unit import libcrypt

adds = command_line.adds
cli = command_line.cli
key_file = declarations.key_file
passes = declarations.passes

SHOWN = "generated_password"
GENERATE = {"generate_password": True}


def rows_with(db: conftest.Connection, text: str) -> list[str]:
    """Return the names of the tables that hold a text anywhere."""
    tables = db.execute(
        "SELECT table_name AS name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
    ).fetchall()
    assert len(tables) > 20
    return [
        one["name"]
        for one in tables
        if db.execute(
            f'SELECT 1 FROM "{one["name"]}" AS found'  # noqa: S608 our own names
            " WHERE strpos(found::text, %s) > 0 LIMIT 1",
            (text,),
        ).fetchone()
    ]


def hash_of(db: conftest.Connection, instance: client.Body, username: str) -> str:
    return str(stored(db, instance)[username]["password_hash"])


def test_only_the_answer_to_the_request_that_made_it_shows_it(
    tenant: client.Client,
    api: user_api.UserApi,
    instance: client.Body,
    accounts: str,
    db: conftest.Connection,
) -> None:
    made = tenant.create(accounts, {"username": "ann", **GENERATE})
    first = made.pop(SHOWN)
    assert libcrypt.verifies(first, hash_of(db, instance, "ann"))
    path = f"{accounts}{made['uuid']}"
    changed = tenant.patch(path, GENERATE).json()
    second = changed.pop(SHOWN)
    assert second != first
    assert libcrypt.verifies(second, hash_of(db, instance, "ann"))
    renamed = tenant.put(path, {"name": "Ann"}).json()
    assert renamed == tenant.get(path).json() == tenant.get(accounts).json()[0]
    assert not {SHOWN, "generate_password"} & (renamed.keys() | changed.keys())
    assert "mail_accounts" in rows_with(db, hash_of(db, instance, "ann"))
    for one in (first, second):
        assert len(one) >= 20
        assert one not in api.log()
        assert rows_with(db, one) == []
    events = db.execute(
        "SELECT snapshot FROM gcl_sdk_audit_events WHERE resource_uuid = %s"
        " ORDER BY created_at",
        (made["uuid"],),
    ).fetchall()
    assert events[1]["snapshot"]["changed_fields"] == ["password_hash"]
    for event in events:
        assert not {SHOWN, "generate_password"} & event["snapshot"].keys()


@pytest.mark.parametrize(
    "other",
    [
        {"password": "SECRET-p"},
        {"password_hash": client.HASH},
        {"password": "SECRET-p", "password_hash": client.HASH},
    ],
)
def test_no_other_password_stands_beside_it(
    tenant: client.Client,
    accounts: str,
    account: client.Body,
    bulk: str,
    other: client.Body,
) -> None:
    both = {**GENERATE, **other}
    for answer in (
        tenant.post(accounts, {"username": "bob", **both}),
        tenant.patch(f"{accounts}{account['uuid']}", both),
    ):
        assert answer.status_code == 400
        assert "one of password, password_hash and generate_password" in answer.text
        assert "SECRET" not in answer.text
    many = tenant.post(bulk, {"create": [{"username": "bob", **both}]}).json()
    assert many["create"][0]["status"] == 400
    assert tenant.get(accounts).json() == [account]


@pytest.mark.parametrize("value", ["true", 1, 0, "", [], {}, None])
def test_what_is_neither_true_nor_false_is_refused(
    tenant: client.Client, accounts: str, account: client.Body, value: tp.Any
) -> None:
    body = {"generate_password": value}
    for answer in (
        tenant.post(accounts, {"username": "bob", **body}),
        tenant.post(accounts, item("bob", **body)),
        tenant.patch(f"{accounts}{account['uuid']}", body),
    ):
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("generate_password: ")


def test_false_asks_for_none(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    account: client.Body,
    db: conftest.Connection,
) -> None:
    body = {"generate_password": False}
    assert tenant.post(accounts, {"username": "bob", **body}).status_code == 400
    assert SHOWN not in tenant.create(accounts, item("bob", **body))
    changed = tenant.patch(f"{accounts}{account['uuid']}", body)
    assert changed.json() == account
    assert hash_of(db, instance, "alice") == client.HASH


def test_nobody_chooses_what_is_shown(
    tenant: client.Client, accounts: str, account: client.Body
) -> None:
    body = {SHOWN: "SECRET-chosen"}
    made = tenant.post(accounts, item("bob", **body))
    changed = tenant.patch(f"{accounts}{account['uuid']}", body)
    assert (made.status_code, changed.status_code) == (403, 400)
    assert "SECRET" not in made.text + changed.text


def test_many_at_once_show_each_its_own(
    tenant: client.Client,
    api: user_api.UserApi,
    instance: client.Body,
    accounts: str,
    bulk: str,
    account: client.Body,
    db: conftest.Connection,
) -> None:
    body = {
        "update": [{"uuid": account["uuid"], **GENERATE}],
        "create": [
            {"username": "ann", **GENERATE},
            item("bob"),
            {"username": "alice", **GENERATE},
            {"username": "carol", "password": "given"},
        ],
    }
    answer = tenant.post(bulk, body).json()
    assert [one["status"] for one in answer["create"]] == [201, 201, 409, 201]
    shown = {"alice": answer["update"][0][SHOWN], "ann": answer["create"][0][SHOWN]}
    assert json.dumps(answer).count(SHOWN) == 2
    for username, one in shown.items():
        assert libcrypt.verifies(one, hash_of(db, instance, username))
        assert one not in api.log()
        assert rows_with(db, one) == []
    assert len(set(shown.values())) == 2


def test_none_is_shown_where_nothing_was_done(
    tenant: client.Client,
    instance: client.Body,
    bulk: str,
    account: client.Body,
    db: conftest.Connection,
) -> None:
    body = {
        "mode": "atomic",
        "update": [{"uuid": account["uuid"], **GENERATE}],
        "create": [{"username": "ann", **GENERATE}, item("alice")],
    }
    answer = tenant.post(bulk, body)
    assert answer.status_code == 409
    assert SHOWN not in answer.text
    assert hash_of(db, instance, "alice") == client.HASH


def test_a_manifest_cannot_ask_for_one(
    passes: core_agent.Passes, version: tp.Any, db: conftest.Connection
) -> None:
    instance = declarations.new_instance(version)
    account = declarations.new_account(instance, password=None, **GENERATE)
    passes.run(instance)
    reported = passes.run(instance, account)
    assert reported[account.uuid].status == "ERROR"
    assert "generate_password" in reported[account.uuid].value["status_reason"]
    assert db.execute("SELECT FROM mail_accounts").fetchall() == []


def test_the_command_line_shows_it(
    cli: Cli, instance: client.Body, db: conftest.Connection
) -> None:
    of_instance = ["--instance", instance["uuid"]]
    made = cli.json("accounts", "add", "ann", *of_instance, "--generate-password")
    assert libcrypt.verifies(made[SHOWN], hash_of(db, instance, "ann"))
    said = cli.done("accounts", "change", "ann", *of_instance, "--generate-password")
    (shown,) = [line.split()[1] for line in said.splitlines() if SHOWN in line]
    assert libcrypt.verifies(shown, hash_of(db, instance, "ann"))
    assert SHOWN not in cli.done("accounts", "show", "ann", *of_instance)
    assert SHOWN not in cli.done(
        "accounts", "change", "ann", *of_instance, "--name", str(sys_uuid.uuid4())
    )
