# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Imports of an account: what one may be, what its node gets of it and tells."""

import json
import pathlib
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane import keyring
from exordos_mail.controlplane.documents import collection, registry
from exordos_mail.controlplane.observed import imports as observed
from exordos_mail.dataplane.services.imports import job
from exordos_mail.protocol import documents, messages
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import (
    test_command_line_nouns as command_line,
)
from tests.integration.send.command import Cli
from tests.integration.support import client

adds = command_line.adds
cli = command_line.cli

SECRET = "sesame, open ^ ${x}"
SOURCE = {"host": "imap.example.net", "username": "alice", "password": SECRET}
ROW = "SELECT * FROM mail_imports WHERE uuid = %s"
NOBODY = sys_uuid.UUID(int=1)


@pytest.fixture
def imports(tenant: client.Client, accounts: str, account: client.Body) -> str:
    """The path of the imports of an account with a mailbox."""
    assert (
        tenant.patch(f"{accounts}{account['uuid']}", {"mailbox": True}).status_code
        == 200
    )
    return f"{accounts}{account['uuid']}/imports/"


@pytest.fixture
def one(tenant: client.Client, imports: str) -> client.Body:
    """An import that waits."""
    return tenant.create(imports, SOURCE)


def told(
    db: conftest.Connection, instance: client.Body, keys: keyring.Keyring
) -> dict[str, job.Job | None]:
    """Return the imports as a node understands them."""
    view = collection.View(db, instance["uuid"], keys)
    tags = registry.digests(view)["imports"]
    assert all(map(documents.is_tag, tags.values()))
    texts = registry.texts(view, "imports", list(tags)).texts
    found = {key: json.loads(text)[key] for key, text in texts.items()}
    return {key: job.parse(document) for key, document in found.items()}


def fact(**changes: tp.Any) -> dict[str, tp.Any]:
    """Return what a node tells of a run."""
    row = {"folder": "INBOX", "to": "INBOX", "source": 3, "here": 2, "copied": 2}
    return {
        **{"run": 1, "state": "running", "error": "", "folders": 1},
        **{"messages_total": 3, "messages_done": 2, "messages_copied": 2},
        **{"octets": 99, "started_at": 1_800_000_000, "ended_at": 0},
        "report": [{**row, "problem": ""}],
        **changes,
    }


def state(tenant: client.Client, imports: str, one: client.Body) -> client.Body:
    return tenant.get(f"{imports}{one['uuid']}").json()


def test_an_import_waits_and_its_node_gets_all_of_it(
    tenant: client.Client,
    instance: client.Body,
    account: client.Body,
    imports: str,
    one: client.Body,
    db: conftest.Connection,
    sealing_keys: keyring.Keyring,
) -> None:
    assert (one["port"], one["tls"], one["state"]) == (993, "implicit", "waiting")
    assert "password" not in one and "stopped" not in one
    login = f"{account['username']}@{account['domain']}"
    assert told(db, instance, sealing_keys) == {
        one["uuid"]: job.Job(
            *(login, account["uuid"], "imap.example.net", 993, "implicit", None),
            *("alice", SECRET, None, [], False, 1, False),
        )
    }
    row = db.execute(ROW, (one["uuid"],)).fetchone()
    assert SECRET not in str(row)
    assert SECRET not in tenant.get(imports).text
    found = db.execute("SELECT * FROM gcl_sdk_audit_events").fetchall()
    assert SECRET not in str(found)
    assert any(one["uuid"] == str(event["resource_uuid"]) for event in found)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"password": None}, "password: a value is required"),
        ({"tls": "none"}, "tls: "),
        ({"tls": "starttls", "port": 993}, "port 993 speaks TLS from the first octet"),
        ({"host": "imap.example.net:993"}, "host: "),
        ({"folders": []}, "folders: "),
        ({"exclude": ["a\r\nb"]}, "exclude[0]: the name of a folder"),
        ({"ca": "no PEM"}, "ca: "),
        ({"state": "done"}, "state"),
        ({"run": 2}, "run"),
    ],
)
def test_bad_input_is_refused(
    tenant: client.Client, imports: str, changes: client.Body, why: str
) -> None:
    answer = tenant.post(imports, {**SOURCE, **changes})
    assert answer.status_code in (400, 403), answer.text
    assert why in answer.text
    assert SECRET not in answer.text


def test_an_account_without_a_mailbox_has_no_imports(
    tenant: client.Client, accounts: str, account: client.Body
) -> None:
    answer = tenant.post(f"{accounts}{account['uuid']}/imports/", SOURCE)
    assert answer.status_code == 409
    assert "has no mailbox" in answer.text


def test_what_a_node_tells_is_shown_and_counts_as_no_change(
    tenant: client.Client,
    instance: client.Body,
    imports: str,
    one: client.Body,
    db: conftest.Connection,
    sealing_keys: keyring.Keyring,
) -> None:
    path = f"/instances/{instance['uuid']}"
    before = tenant.get(path).json()["generation"]
    uuid = sys_uuid.UUID(instance["uuid"])
    observed.keep(db, uuid, {one["uuid"]: fact()})
    found = state(tenant, imports, one)
    assert (found["state"], found["messages_done"], found["octets_copied"]) == (
        "running",
        2,
        99,
    )
    assert found["started_at"].startswith("2027-01-15T08:00:00")
    assert found["report"][0]["folder"] == "INBOX"
    assert tenant.get(path).json()["generation"] == before
    # Another instance, another run, and what is told after the end.
    observed.keep(db, NOBODY, {one["uuid"]: fact(state="done")})
    observed.keep(db, uuid, {one["uuid"]: fact(state="done", run=2)})
    assert state(tenant, imports, one)["state"] == "running"
    observed.keep(db, uuid, {one["uuid"]: fact(state="failed", error="full")})
    observed.keep(db, uuid, {one["uuid"]: fact()})
    found = state(tenant, imports, one)
    assert (found["state"], found["error"]) == ("failed", "full")
    assert tenant.get(path).json()["generation"] == before + 1


def test_a_password_goes_with_its_run(
    tenant: client.Client,
    instance: client.Body,
    imports: str,
    one: client.Body,
    db: conftest.Connection,
    sealing_keys: keyring.Keyring,
) -> None:
    start = f"{imports}{one['uuid']}/actions/start/invoke"
    assert tenant.post(start, {"password": SECRET}).status_code == 409
    assert (
        tenant.patch(f"{imports}{one['uuid']}", {"password": "other"}).status_code
        == 400
    )
    uuid = sys_uuid.UUID(instance["uuid"])
    observed.keep(db, uuid, {one["uuid"]: fact(state="done", ended_at=1_800_000_001)})
    row = db.execute(ROW, (one["uuid"],)).fetchone()
    assert row is not None and row["password"] is None
    (left,) = told(db, instance, sealing_keys).values()
    assert left is not None and left.password is None
    answer = tenant.post(start, {})
    assert answer.status_code == 400 and "password: " in answer.text
    answer = tenant.post(start, {"password": "a new one", "dry_run": True})
    assert answer.status_code == 200 and "a new one" not in answer.text
    found = answer.json()
    assert (found["run"], found["state"], found["dry_run"]) == (2, "waiting", True)
    assert (found["messages_done"], found["report"], found["ended_at"]) == (0, [], None)
    (again,) = told(db, instance, sealing_keys).values()
    assert again is not None and (again.password, again.run) == ("a new one", 2)


def test_a_run_is_stopped(
    tenant: client.Client,
    instance: client.Body,
    imports: str,
    one: client.Body,
    db: conftest.Connection,
    sealing_keys: keyring.Keyring,
) -> None:
    stop = f"{imports}{one['uuid']}/actions/stop/invoke"
    assert tenant.post(stop, {}).json()["state"] == "waiting"
    (found,) = told(db, instance, sealing_keys).values()
    assert found is not None and found.stopped
    uuid = sys_uuid.UUID(instance["uuid"])
    observed.keep(db, uuid, {one["uuid"]: fact(state="stopped")})
    assert tenant.post(stop, {}).json()["state"] == "stopped"


@pytest.mark.parametrize("way", ["import", "account"])
def test_nothing_is_left_of_one_that_is_deleted(
    tenant: client.Client,
    instance: client.Body,
    imports: str,
    one: client.Body,
    db: conftest.Connection,
    sealing_keys: keyring.Keyring,
    way: str,
) -> None:
    path = f"{imports}{one['uuid']}"
    tenant.delete(path if way == "import" else path.rpartition("/imports/")[0])
    assert told(db, instance, sealing_keys) == {}
    query = "SELECT * FROM mail_document_buckets WHERE bucket = %s"
    assert db.execute(query, (one["uuid"],)).fetchall() == []
    uuid = sys_uuid.UUID(instance["uuid"])
    observed.keep(db, uuid, {one["uuid"]: fact(state="done")})


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "waiting"},
        {"run": "1"},
        {"octets": -1},
        {"ended_at": 10**12},
        {"error": 5},
        {"report": [{"folder": "INBOX"}]},
        {"password": "x"},
    ],
)
def test_what_no_node_tells_is_refused(
    db: conftest.Connection, changes: dict[str, tp.Any]
) -> None:
    with pytest.raises(messages.MessageError):
        observed.keep(db, NOBODY, {str(NOBODY): fact(**changes)})


def test_a_whole_domain_by_a_csv(
    cli: Cli,
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    imports: str,
    one: client.Body,
    account: client.Body,
    db: conftest.Connection,
    tmp_path: pathlib.Path,
) -> None:
    file = tmp_path / "move.csv"
    file.touch(0o600)
    there = f"{account['username']}@{account['domain']}"
    lines = [
        "Account;Host;Username;Password;Port",
        f"{there};imap.example.net;alice;{SECRET};",
        f'bob;imap.example.net;bob;"{SECRET}; with more";993',
        "carl@second.org;imap.example.net;carl;another long one;",
        "dora;imap.example.net:1;dora;yet another long one;",
    ]
    file.write_text("\ufeff" + "\r\n".join(lines) + "\r\n")
    command = ["imports", "add-many", str(file), "--instance", instance["uuid"]]
    done = cli.run(*command, "--create-accounts")
    status, out, said = done.returncode, done.stdout, done.stderr
    told = [line.split("  ", 2) for line in out.splitlines()]
    assert (status, said) == (1, "exordos-mail: 2 of 4 rows failed\n")
    assert told[0] == ["2", there, "runs already"]
    assert told[1][:2] == ["3", "bob"] and told[1][2].startswith("added ")
    assert told[2][2].startswith("no account: ") and "host" in told[3][2]
    assert SECRET not in out + said
    made = {row["username"]: row for row in tenant.get(accounts).json()}
    assert made["bob"]["mailbox"] and "carl" not in made
    uuid = sys_uuid.UUID(instance["uuid"])
    observed.keep(db, uuid, {one["uuid"]: fact(state="done")})
    file.write_text("\n".join(lines[:3]))
    assert cli.done(*command).splitlines() == [
        f"2  {there}  started {one['uuid']} again",
        "3  bob  runs already",
    ]
    file.write_text(lines[0] + "\nbob;imap.example.net\n")
    why = "line 2 has too few or too many values"
    assert cli.fails(1, *command) == why
    file.chmod(0o644)
    assert "move.csv" in cli.fails(1, *command)
