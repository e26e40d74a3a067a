# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Accounts that get another address: what stays, what follows, what is refused."""

import concurrent.futures
import typing as tp

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_account_domains as documents
from tests.integration.controlplane.api import test_aliases, test_app_passwords
from tests.integration.controlplane.api import (
    test_command_line_nouns as command_line,
)
from tests.integration.controlplane.api import test_declarations as declarations
from tests.integration.controlplane.api.bulk_request import item
from tests.integration.send.command import Cli
from tests.integration.support import client, core_agent, tokens

adds = command_line.adds
aliases = test_aliases.aliases
cli = command_line.cli
domains = test_aliases.domains
org = test_aliases.org
key_file = declarations.key_file
passes = declarations.passes
alias = test_aliases.alias
TAKEN = documents.TAKEN


@pytest.fixture
def box(tenant: client.Client, accounts: str) -> client.Body:
    """An account with a mailbox."""
    return tenant.create(accounts, item("ann", mailbox=True))


@pytest.fixture
def path(accounts: str, box: client.Body) -> str:
    return f"{accounts}{box['uuid']}"


def targets(tenant: client.Client, aliases: str) -> dict[str, list[str]]:
    """Return where mail of the aliases of the instance goes."""
    return {
        f"{one['local_part']}@{one['domain']}": one["targets"]
        for one in tenant.get(aliases).json()
    }


def refused(answer: tp.Any, status: int, text: str) -> None:
    assert (answer.status_code, text in answer.json()["message"]) == (status, True), (
        answer.text
    )


def test_an_account_keeps_all_but_its_address(
    tenant: client.Client,
    instance: client.Body,
    path: str,
    box: client.Body,
    org: client.Body,
    db: conftest.Connection,
) -> None:
    script = {"name": "s", "content": "keep;"}
    tenant.create(f"{path}/sieve_scripts/", script)
    phone = tenant.create(f"{path}/app_passwords/", test_app_passwords.PHONE)
    generation = tenant.get(f"/instances/{instance['uuid']}").json()["generation"]
    for change in ({"username": "anna"}, {"domain": "example.org"}, box):
        sent = {n: change[n] for n in ("username", "domain") if n in change}
        moved = tenant.patch(path, sent)
        assert moved.status_code == 200, moved.text
        generation += 1
        found = tenant.get(path).json()
        same = {"updated_at": found["updated_at"], **sent}
        assert found == moved.json() == {**box, **found, **same}
        login = found["username"] if found["domain"] == "example.com" else None
        login = login or f"{found['username']}@example.org"
        assert documents.keys_of_documents(db, instance) == {login}
    now = tenant.get(f"/instances/{instance['uuid']}").json()
    assert now["generation"] == generation
    assert tenant.get(path).json()["usage_bytes"] == box["usage_bytes"]
    (one,) = tenant.get(f"{path}/app_passwords/").json()
    assert one["uuid"] == phone["uuid"]
    assert [s["name"] for s in tenant.get(f"{path}/sieve_scripts/").json()] == ["s"]


def test_aliases_and_bound_senders_follow(
    tenant: client.Client,
    path: str,
    aliases: str,
    org: client.Body,
    db: conftest.Connection,
) -> None:
    bound = {**test_app_passwords.PHONE, "sender": "ann@example.com"}
    app = tenant.create(f"{path}/app_passwords/", bound)
    lists = tenant.create(aliases, alias("all", "bob@far.example", "ann", "ann+x"))
    tenant.create(aliases, alias("both", "ann", "anna@example.org"))
    tenant.create(aliases, alias("other", "annabel", "ann@example.org"))
    assert tenant.patch(path, {"username": "anna", "domain": "example.org"}).ok
    assert targets(tenant, aliases) == {
        "all@example.com": [
            "bob@far.example",
            "anna@example.org",
            "anna+x@example.org",
        ],
        "both@example.com": ["anna@example.org"],
        "other@example.com": ["annabel@example.com", "ann@example.org"],
    }
    (found,) = tenant.get(f"{path}/app_passwords/").json()
    assert found["sender"] == "anna@example.org"
    for made, field in ((lists, "targets"), (app, "sender")):
        _, event = db.execute(test_app_passwords.EVENTS, (made["uuid"],)).fetchall()
        assert event["action"] == "update"
        assert event["snapshot"]["changed_fields"] == [field]
        assert event["actor_user_uuid"] == tokens.USER


def test_what_leads_to_an_alias_does_not_follow_its_namesake(
    tenant: client.Client, accounts: str, aliases: str
) -> None:
    sender = tenant.create(accounts, item("ann"))
    tenant.create(aliases, alias("ann", "bob@far.example"))
    tenant.create(aliases, alias("all", "ann"))
    assert tenant.patch(f"{accounts}{sender['uuid']}", {"username": "cat"}).ok
    assert targets(tenant, aliases)["all@example.com"] == ["ann@example.com"]


def test_the_old_address_is_kept_where_that_is_asked_for(
    tenant: client.Client,
    path: str,
    box: client.Body,
    aliases: str,
    db: conftest.Connection,
) -> None:
    change = {"username": "anna", "keep_old_address": True}
    moved = tenant.patch(path, change)
    assert moved.status_code == 200, moved.text
    assert "keep_old_address" not in moved.json()
    (made,) = tenant.get(aliases).json()
    assert targets(tenant, aliases) == {"ann@example.com": ["anna@example.com"]}
    assert (made["enabled"], made["send_as"]) == (True, False)
    (event,) = db.execute(test_app_passwords.EVENTS, (made["uuid"],)).fetchall()
    assert event["action"] == "create"
    _, event = db.execute(test_app_passwords.EVENTS, (box["uuid"],)).fetchall()
    assert event["snapshot"]["changed_fields"] == ["username"]
    # Once more, as who has not heard the answer does.
    assert tenant.patch(path, change).status_code == 200
    assert tenant.get(aliases).json() == [made]
    # The next one leads there in one step, and its own old address is refused.
    assert tenant.patch(path, {"username": "anne"}).status_code == 200
    assert targets(tenant, aliases) == {"ann@example.com": ["anne@example.com"]}
    refused(tenant.patch(path, {"username": "ann"}), 409, "an alias has the address")


def test_an_address_that_cannot_be_is_refused_and_nothing_changes(
    tenant: client.Client,
    accounts: str,
    path: str,
    box: client.Body,
    aliases: str,
) -> None:
    tenant.create(accounts, item("bob"))
    relay = tenant.create(accounts, item("relay"))
    tenant.create(aliases, alias("sales", "bob@far.example"))
    tenant.create(aliases, alias("tagged", f"ann+{'x' * 58}"))
    before = tenant.get(accounts).json(), tenant.get(aliases).json()
    for change, status, text in (
        ({"username": "bob"}, 409, TAKEN),
        ({"username": "sales"}, 409, "an alias has the address sales@example.com"),
        ({"domain": "example.org"}, 404, documents.NO_DOMAIN),
        ({"domain": "Example.com"}, 400, "write example.com"),
        ({"username": "a+b"}, 400, "a mailbox's name has no +"),
        ({"username": "Ann"}, 400, "a username is"),
        ({"username": "*"}, 400, "a username is"),
        ({"username": None}, 400, "null is not allowed"),
        ({"username": "annabel"}, 400, "longer than an address may be"),
        ({"username": "anna", "keep_old_address": "yes"}, 400, "keep_old_address"),
    ):
        for method in ("PATCH", "PUT"):
            refused(tenant.call(method, path, json=change), status, text)
    change = {"username": "sender", "keep_old_address": True}
    relay_path = f"{accounts}{relay['uuid']}"
    refused(tenant.patch(relay_path, change), 400, "has no mailbox")
    new = item("new", keep_old_address=True)
    refused(tenant.post(accounts, new), 400, "no old address")
    assert (tenant.get(accounts).json(), tenant.get(aliases).json()) == before


def test_the_address_of_a_deleted_account_is_free(
    tenant: client.Client, accounts: str, path: str, instance: client.Body
) -> None:
    gone = tenant.create(accounts, item("bob", mailbox=True))
    assert tenant.delete(f"{accounts}{gone['uuid']}").status_code == 204
    assert tenant.patch(path, {"username": "bob"}).status_code == 200
    deleted = f"/instances/{instance['uuid']}/deleted_accounts/{gone['uuid']}"
    back = tenant.post(f"{deleted}/actions/restore/invoke", {})
    refused(back, 409, "another account has the address")


def test_two_accounts_swap_their_addresses(
    tenant: client.Client,
    accounts: str,
    bulk: str,
    box: client.Body,
    aliases: str,
    instance: client.Body,
    db: conftest.Connection,
) -> None:
    bob = tenant.create(accounts, item("bob", mailbox=True))
    cat = tenant.create(accounts, item("cat"))
    tenant.create(aliases, alias("to-ann", "ann"))
    tenant.create(aliases, alias("to-bob", "bob"))
    ring = [(box, "bob"), (bob, "cat"), (cat, "ann")]
    sent = [{"uuid": one["uuid"], "username": name} for one, name in ring]
    both = {"mode": "atomic", "update": sent, "create": [item("ann")]}
    answer = tenant.post(bulk, both)
    assert answer.status_code == 409
    assert tenant.get(accounts, username="ann").json() == [box]
    answer = tenant.post(bulk, {"update": sent})
    assert answer.status_code == 200, answer.text
    found = {one["uuid"]: one["username"] for one in tenant.get(accounts).json()}
    assert found == {one["uuid"]: name for one, name in ring}
    assert documents.keys_of_documents(db, instance) == {"ann", "bob", "cat"}
    assert targets(tenant, aliases) == {
        "to-ann@example.com": ["bob@example.com"],
        "to-bob@example.com": ["cat@example.com"],
    }


def test_of_many_renames_the_possible_ones_are_done(
    tenant: client.Client, accounts: str, bulk: str, box: client.Body, aliases: str
) -> None:
    made = {
        name: tenant.create(accounts, item(name, mailbox=True))
        for name in ("bob", "cat", "dan", "eve")
    }
    # dan stays, so cat does, so bob does; eve's is free, for one of two.
    wishes = [
        ("bob", {"username": "cat"}, 409),
        ("cat", {"username": "dan"}, 409),
        ("eve", {"username": "eva", "keep_old_address": True}, 200),
        ("dan", {"domain": "example.org"}, 404),
    ]
    update = [{"uuid": made[name]["uuid"], **more} for name, more, _ in wishes]
    update.append({"uuid": box["uuid"], "username": "eva"})
    answer = tenant.post(bulk, {"update": update, "mode": "partial"}).json()
    found = [one["status"] for one in answer["update"]]
    assert found == [*(status for *_, status in wishes), 409], answer
    names = {one["username"] for one in tenant.get(accounts).json()}
    assert names == {"ann", "bob", "cat", "dan", "eva"}
    assert targets(tenant, aliases) == {"eve@example.com": ["eva@example.com"]}


def test_a_mailbox_with_a_tag_in_its_name_is_refused_in_bulk(
    tenant: client.Client, bulk: str, box: client.Body
) -> None:
    update = [{"uuid": box["uuid"], "username": "a+b"}]
    (found,) = tenant.post(bulk, {"update": update}).json()["update"]
    assert (found["status"], "has no +" in found["error"]) == (400, True)


def test_of_two_accounts_that_want_one_address_one_gets_it(
    tenant: client.Client, colleague: client.Client, accounts: str, path: str
) -> None:
    bob = tenant.create(accounts, item("bob"))
    other = f"{accounts}{bob['uuid']}"
    change = {"username": "cat"}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = [
            pool.submit(tenant.patch, path, change),
            pool.submit(colleague.patch, other, change),
        ]
        assert sorted(one.result().status_code for one in answers) == [200, 409]


def test_a_manifest_gives_an_account_another_address(
    passes: core_agent.Passes, version: models.MailVersion, db: conftest.Connection
) -> None:
    instance = declarations.new_instance(version)
    account = declarations.new_account(instance, mailbox=True)
    other = declarations.new_account(instance, username="bob")
    reported = passes.run(instance, account, other)
    moved = declarations.changed(account, username="anna")
    reported = passes.run(instance, moved, other)
    assert declarations.settled(reported, moved)
    now = declarations.row(db, moved)
    assert (now["username"], now["login"], now["mailbox"]) == ("anna", "anna", True)
    taken = declarations.changed(account, username="bob")
    reported = passes.run(instance, taken, other)
    assert not declarations.settled(reported, taken)
    assert TAKEN in reported[taken.uuid].value["status_reason"]
    assert declarations.row(db, moved) == now


def test_the_command_line_renames(
    cli: Cli, tenant: client.Client, instance: client.Body, box: client.Body
) -> None:
    of = ("--instance", instance["uuid"])
    change = ("--username", "anna", "--keep-old-address")
    found = cli.json("accounts", "change", "ann", *change, *of)
    assert (found["uuid"], found["username"]) == (box["uuid"], "anna")
    (kept,) = cli.json("aliases", "list", *of)
    assert (kept["local_part"], kept["targets"]) == ("ann", ["anna@example.com"])
