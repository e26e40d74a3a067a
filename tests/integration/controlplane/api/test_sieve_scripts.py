# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Sieve scripts of an account: what one may be, what nodes get, and what they find."""

import pathlib
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.documents import collection, registry
from exordos_mail.controlplane.observed import sieve_scripts as observed
from exordos_mail.protocol import documents, messages
from exordos_mail.schema import limits
from exordos_mail.standards import sieve_script
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import (
    test_app_passwords as app_passwords,
)
from tests.integration.controlplane.api import (
    test_command_line_nouns as command_line,
)
from tests.integration.controlplane.api import test_declarations as declarations
from tests.integration.send.command import Cli
from tests.integration.support import client, core_agent, user_api

adds = command_line.adds
cli = command_line.cli
key_file = declarations.key_file
passes = declarations.passes

CONTENT = 'require "vacation";\r\nvacation "Bin in Übersee.";\n'
SCRIPT = {"name": "10 vacation", "content": CONTENT}
TAKEN = "a Sieve script of this name or uuid exists in the account, or the account"
_MOST = limits.SIEVE_SCRIPT_BYTES_MAX
_INSERT = """
INSERT INTO mail_sieve_scripts
    (uuid, name, project_id, account, content, created_at, updated_at)
SELECT gen_random_uuid(), n, project_id, uuid, %s, now(), now()
FROM mail_accounts, generate_series(1, %s) AS n WHERE uuid = %s
"""


@pytest.fixture
def owner(tenant: client.Client, accounts: str) -> str:
    """The path of an account that has a mailbox."""
    body = {"username": "ann", "password_hash": client.HASH, "mailbox": True}
    return f"{accounts}{tenant.create(accounts, body)['uuid']}"


@pytest.fixture
def scripts(owner: str) -> str:
    """The path of its scripts."""
    return f"{owner}/sieve_scripts/"


def told(db: conftest.Connection, instance: client.Body) -> dict[str, tp.Any]:
    """Return the scripts as a node gets them, in canonical texts."""
    view = collection.View(db, instance["uuid"], tp.cast(tp.Any, None), stores=True)
    digests = registry.digests(view)["sieve_scripts"]
    texts = registry.texts(view, "sieve_scripts", list(digests)).texts
    assert documents.digests(texts) == digests
    found: dict[str, tp.Any] = {}
    for text in texts.values():
        found |= documents.parse(text)
    assert texts == documents.spread(found)
    return found


def rows(db: conftest.Connection, instance: object) -> list[dict[str, tp.Any]]:
    """Return the stored scripts of an instance."""
    query = "SELECT * FROM mail_sieve_scripts WHERE instance = %s"
    return list(db.execute(query, (instance,)).fetchall())


def see(
    db: conftest.Connection,
    instance: client.Body,
    one: client.Body,
    content: str,
    error: str = "",
    line: int | None = None,
) -> None:
    """Keep what a node tells of a content."""
    fact = {"digest": sieve_script.digest(content), "error": error, "line": line}
    observed.keep(db, instance["uuid"], {one["uuid"]: fact})


def test_one_is_made_and_told(
    tenant: client.Client,
    instance: client.Body,
    owner: str,
    scripts: str,
    db: conftest.Connection,
) -> None:
    made = tenant.create(scripts, SCRIPT)
    verdict = {"status": "NEW", "error": "", "error_line": None}
    assert made == {
        **SCRIPT,
        **verdict,
        "uuid": made["uuid"],
        "description": "",
        "enabled": True,
        "account": client.BASE + owner,
        "project_id": str(tenant.project),
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
    }
    one = f"{scripts}{made['uuid']}"
    assert tenant.get(one).json() == made
    assert tenant.get(scripts).json() == [made]
    account = owner.rpartition("/")[2]
    seen = {**SCRIPT, "account": account, "enabled": True}
    assert told(db, instance) == {made["uuid"]: seen}
    # Whoever is locked out still gets mail.
    tenant.patch(owner, {"active": False})
    assert told(db, instance) == {made["uuid"]: seen}
    assert tenant.patch(one, {"enabled": False}).json()["enabled"] is False
    assert told(db, instance) == {made["uuid"]: {**seen, "enabled": False}}
    assert tenant.delete(one).status_code == 204
    assert told(db, instance) == {}


def test_a_verdict_is_of_one_content(
    tenant: client.Client, instance: client.Body, scripts: str, db: conftest.Connection
) -> None:
    made = tenant.create(scripts, SCRIPT)
    one = f"{scripts}{made['uuid']}"

    def status() -> tuple[str, str, int | None]:
        found = tenant.get(one).json()
        return found["status"], found["error"], found["error_line"]

    counted = app_passwords.generation(tenant, instance)
    see(db, instance, made, CONTENT)
    assert status() == ("ACTIVE", "", None)
    bad = "line 2: error:\x00 unknown\ncommand 'x'"
    assert tenant.patch(one, {"content": "keep;\nx;"}).json()["status"] == "NEW"
    see(db, instance, made, CONTENT)  # late
    assert status() == ("NEW", "", None)
    see(db, instance, made, "keep;\nx;", bad, 2)
    assert status() == ("ERROR", "line 2: error: unknown command 'x'", 2)
    assert tenant.patch(one, {"description": "x"}).json()["status"] == "ERROR"
    # The node sees nothing of a content that is there for a moment.
    assert tenant.patch(one, {"content": CONTENT}).json()["status"] == "NEW"
    assert tenant.patch(one, {"content": "keep;\nx;"}).json()["status"] == "ERROR"
    assert app_passwords.generation(tenant, instance) == counted + 3
    updated = tenant.get(one).json()["updated_at"]
    see(db, instance, made, "keep;\nx;")
    assert status() == ("ACTIVE", "", None)
    assert tenant.get(one).json()["updated_at"] == updated
    assert app_passwords.generation(tenant, instance) == counted + 3


def test_a_node_tells_of_its_own_instance_alone(
    tenant: client.Client,
    scripts: str,
    instance: client.Body,
    db: conftest.Connection,
) -> None:
    made = tenant.create(scripts, SCRIPT)
    see(db, {"uuid": str(sys_uuid.uuid4())}, made, CONTENT)
    see(db, instance, {"uuid": str(sys_uuid.uuid4())}, CONTENT)
    assert tenant.get(scripts).json() == [made]


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "A" * 64},
        {"digest": None},
        {"digest": ["0" * 64]},
        {"error": None},
        {"error": "\ud800"},
        {"line": 0},
        {"line": 2**31},
        {"line": True},
        {"line": "2"},
        {"more": 1},
    ],
)
def test_what_no_node_tells_is_refused(
    db: conftest.Connection, change: client.Body
) -> None:
    uuid, good = str(sys_uuid.uuid4()), {"digest": "0" * 64, "error": "", "line": None}
    observed.keep(db, sys_uuid.uuid4(), {uuid: good})
    with pytest.raises(messages.MessageError):
        observed.keep(db, sys_uuid.uuid4(), {uuid: {**good, **change}})
    with pytest.raises(messages.MessageError):
        observed.keep(db, sys_uuid.uuid4(), {uuid.replace("-", ""): good})


_NAME = f"name: {sieve_script.NAME_RULE}"
_CONTENT = f"content: {sieve_script.CONTENT_RULE}"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": None}, "name: null is not allowed"),
        ({"name": ""}, _NAME),
        ({"name": " "}, _NAME),
        ({"name": "a\nb"}, _NAME),
        ({"name": "x" * 101}, _NAME),
        ({"name": "ä" * 51}, _NAME),
        ({"content": None}, "content: null is not allowed"),
        ({"content": ["keep;"]}, _CONTENT),
        ({"content": " \r\n"}, _CONTENT),
        ({"content": "keep;\0"}, _CONTENT),
        ({"content": "a" * (_MOST + 1)}, _CONTENT),
        ({"content": "ä" * (_MOST // 2 + 1)}, _CONTENT),
        ({"enabled": "false"}, "enabled: true or false"),
        ({"checked_digest": "x"}, ""),
    ],
)
def test_what_breaks_a_rule_is_refused(
    tenant: client.Client, scripts: str, change: client.Body, text: str
) -> None:
    made = tenant.create(scripts, SCRIPT)
    for answer in (
        tenant.post(scripts, {"name": "b", "content": "keep;", **change}),
        tenant.patch(f"{scripts}{made['uuid']}", change),
    ):
        assert answer.status_code in ((400,) if text else (400, 403))
        assert answer.json()["message"].startswith(text)
    refused = tenant.patch(f"{scripts}{made['uuid']}", {"status": "ACTIVE"})
    assert refused.status_code == 400
    assert tenant.get(scripts).json() == [made]


def test_the_longest_script_is_taken_however_it_is_written(
    tenant: client.Client, scripts: str
) -> None:
    # The client writes each letter as \u00e4.
    made = tenant.create(scripts, {"name": "ä" * 50, "content": "ä" * (_MOST // 2)})
    assert len(made["content"]) == _MOST // 2
    answer = tenant.post(scripts, {"name": "b", "content": "a" * 2**20})
    assert answer.status_code == 413


def test_an_account_without_a_mailbox_has_none(
    tenant: client.Client, owner: str, scripts: str, db: conftest.Connection
) -> None:
    made = tenant.create(scripts, SCRIPT)
    tenant.patch(owner, {"mailbox": False})
    refused = tenant.post(scripts, {**SCRIPT, "name": "b"})
    assert refused.status_code == 409
    assert refused.json()["message"].startswith("the account has no mailbox")
    assert tenant.get(scripts).json() == [made]
    tenant.patch(f"{scripts}{made['uuid']}", {"content": "keep;"})


def test_names_and_numbers_are_bounded(
    tenant: client.Client, owner: str, scripts: str, db: conftest.Connection
) -> None:
    made = tenant.create(scripts, SCRIPT)
    for body in (SCRIPT, {**SCRIPT, "name": "b", "uuid": made["uuid"]}):
        answer = tenant.post(scripts, body)
        assert answer.status_code == 409
        assert answer.json()["message"].startswith(TAKEN)
    account = owner.rpartition("/")[2]
    db.execute(_INSERT, ("keep;", limits.SIEVE_SCRIPTS_MAX - 1, account))
    answer = tenant.post(scripts, {**SCRIPT, "name": "b"})
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "an account has at most 10 Sieve scripts",
    )


def test_an_instance_has_so_many_octets(
    tenant: client.Client,
    owner: str,
    accounts: str,
    scripts: str,
    db: conftest.Connection,
) -> None:
    db.execute("ALTER TABLE mail_sieve_scripts DISABLE TRIGGER mail_sieve_scripts_fit")
    db.execute(
        "ALTER TABLE mail_sieve_scripts ALTER content SET STORAGE EXTENDED"
    )  # which takes no room
    account = owner.rpartition("/")[2]
    half = "a" * (limits.SIEVE_SCRIPTS_BYTES_MAX // 2)
    db.execute(_INSERT, (half, 1, account))
    db.execute(_INSERT.replace(", n,", ", 'x',"), (half[:-1], 1, account))
    db.execute("ALTER TABLE mail_sieve_scripts ENABLE TRIGGER mail_sieve_scripts_fit")
    made = tenant.create(scripts, {"name": "b", "content": "a"})
    for answer in (
        tenant.post(scripts, {"name": "c", "content": "a"}),
        tenant.patch(f"{scripts}{made['uuid']}", {"content": "aa"}),
    ):
        assert answer.status_code == 400
        text = "content: the Sieve scripts of an instance have at most 16777216 octets"
        assert answer.json()["message"].startswith(text)
    assert tenant.patch(f"{scripts}{made['uuid']}", {"name": "x2"}).status_code == 200


def test_they_go_with_their_account_and_their_instance(
    tenant: client.Client,
    instance: client.Body,
    owner: str,
    scripts: str,
    db: conftest.Connection,
) -> None:
    made = tenant.create(scripts, SCRIPT)
    counted = app_passwords.generation(tenant, instance)
    updated = tenant.patch(f"{scripts}{made['uuid']}", {"description": "x"})
    assert updated.status_code == 200
    assert app_passwords.generation(tenant, instance) == counted
    assert tenant.delete(owner).status_code == 204
    assert told(db, instance) == {}
    assert tenant.get(scripts).status_code == 404
    body = {"username": "bob", "password_hash": client.HASH, "mailbox": True}
    accounts = owner.rpartition("/")[0] + "/"
    bob = tenant.create(accounts, body)
    tenant.create(f"{accounts}{bob['uuid']}/sieve_scripts/", SCRIPT)
    db.execute("DELETE FROM mail_instances WHERE uuid = %s", (instance["uuid"],))
    assert rows(db, instance["uuid"]) == []


def test_events_say_that_a_content_has_changed_and_not_what_it_is(
    tenant: client.Client, scripts: str, db: conftest.Connection
) -> None:
    made = tenant.create(scripts, SCRIPT)
    tenant.patch(f"{scripts}{made['uuid']}", {"content": "keep;"})
    events = db.execute(app_passwords.EVENTS, (made["uuid"],)).fetchall()
    assert [one["action"] for one in events] == ["create", "update"]
    assert events[1]["snapshot"]["changed_fields"] == ["content"]
    assert events[0]["snapshot"]["name"] == SCRIPT["name"]
    assert not any("content" in one["snapshot"] for one in events)


@pytest.mark.parametrize("action", ["create", "read", "update", "delete"])
def test_each_request_needs_its_permission(
    api: user_api.UserApi,
    tenant: client.Client,
    stranger: client.Client,
    scripts: str,
    action: str,
) -> None:
    one = f"{scripts}{tenant.create(scripts, SCRIPT)['uuid']}"
    needed = {
        *(f"exordos_mail.{noun}.read" for noun in ("mail_instance", "account")),
        "exordos_mail.sieve_script.read",
        f"exordos_mail.sieve_script.{action}",
    }
    request: tuple[str, str, client.Body | None] = {
        "create": ("POST", scripts, {**SCRIPT, "name": "b"}),
        "read": ("GET", one, None),
        "update": ("PATCH", one, {"name": "c"}),
        "delete": ("DELETE", one, None),
    }[action]
    method, path, body = request
    lacking = needed - {f"exordos_mail.sieve_script.{action}"}
    refused = client.Client(api.url, tenant.project, lacking)
    assert refused.call(method, path, json=body).status_code == 403
    assert stranger.call(method, path, json=body).status_code == 404
    allowed = client.Client(api.url, tenant.project, needed)
    assert allowed.call(method, path, json=body).status_code in (200, 201, 204)


def test_the_command_line_reads_a_file(
    cli: Cli,
    instance: client.Body,
    owner: str,
    db: conftest.Connection,
    tmp_path: pathlib.Path,
) -> None:
    of = ["--account", "ann", "--instance", instance["uuid"]]
    file = tmp_path / "vacation.sieve"
    file.write_bytes(CONTENT.encode())
    made = cli.json(
        "sieve-scripts", "add", "vacation", *of, "--content-file", str(file)
    )
    assert made["content"] == CONTENT  # its line ends are as they were
    see(db, instance, made, CONTENT, "line 1: error: no", 1)
    said = cli.done("sieve-scripts", "list", *of)
    assert "ERROR" in said and "line 1: error: no" in said
    changed = cli.json(
        "sieve-scripts",
        *("change", "vacation", *of, "--content-file", "-", "--no-enabled"),
        given="keep;\n",
    )
    assert (changed["content"], changed["enabled"]) == ("keep;\n", False)
    file.write_bytes(b"\xff")
    refused = cli.fails(
        1, "sieve-scripts", "change", "vacation", *of, "--content-file", str(file)
    )
    assert refused == f"{file} is not a text in UTF-8"
    missing = cli.fails(2, "sieve-scripts", "add", "b", *of)
    assert "Missing option '--content-file'" in missing
    assert "content" in cli.done("sieve-scripts", "show", "vacation", *of)
    cli.done("sieve-scripts", "remove", "vacation", *of)
    assert cli.json("sieve-scripts", "list", *of) == []


def test_a_manifest_declares_one(
    passes: core_agent.Passes, db: conftest.Connection, version: tp.Any
) -> None:
    instance = declarations.new_instance(version)
    account = declarations.new_account(instance, mailbox=True)
    value = {
        "account": str(account.uuid),
        "project_id": str(core_agent.PROJECT),
        **SCRIPT,
    }
    one = core_agent.target("instances.accounts.sieve_scripts", **value)
    for _ in range(3):
        reported = passes.run(instance, account, one)
    assert declarations.settled(reported, one), reported[one.uuid].value
    assert reported[one.uuid].status == "ACTIVE"
    see(db, {"uuid": str(instance.uuid)}, {"uuid": str(one.uuid)}, CONTENT, "no", 1)
    again = passes.run(instance, account, one)
    assert declarations.settled(again, one)
    bad = declarations.changed(one, content=" ")
    found = passes.run(instance, account, bad)[one.uuid].value
    assert found["status_reason"] == _CONTENT
    passes.run(instance, account)
    assert rows(db, instance.uuid) == []
