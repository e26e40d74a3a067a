# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""App passwords of an account: what one may be, and what nodes get of it."""

import concurrent.futures
import datetime
import json
import re
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.documents import collection, registry
from exordos_mail.protocol import documents
from exordos_mail.schema import limits
from exordos_mail.standards import app_password
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import (
    test_command_line_nouns as command_line,
)
from tests.integration.controlplane.api.bulk_request import item, statuses, stored
from tests.integration.controlplane.api.test_generated_passwords import rows_with
from tests.integration.send.command import Cli
from tests.integration.support import client, tokens, user_api

adds = command_line.adds
cli = command_line.cli

PHONE = {"name": "phone", "scopes": ["smtp", "imap"]}
SENDER = "sender: the account's own address, or that of an enabled alias with send_as"
TAKEN = "an app password of this name, password or uuid exists, or the account is gone"
FUTURE = "2999-01-31T12:00:00Z"
FUTURE_UNIX = 32474779200
PAST = "2020-01-31T12:00:00Z"
_UUIDS = """
SELECT one.uuid FROM mail_app_passwords AS one
JOIN mail_accounts AS owner ON owner.uuid = one.account WHERE instance = %s
"""
EVENTS = """
SELECT action, resource_type, actor_user_uuid, project_id, snapshot
FROM gcl_sdk_audit_events WHERE resource_uuid = %s ORDER BY created_at
"""


@pytest.fixture
def passwords(accounts: str, account: client.Body) -> str:
    """The path of an account's app passwords."""
    return f"{accounts}{account['uuid']}/app_passwords/"


@pytest.fixture
def aliases(instance: client.Body) -> str:
    """The path of its instance's aliases."""
    return f"/instances/{instance['uuid']}/aliases/"


def told(db: conftest.Connection, instance: client.Body) -> dict[str, tp.Any]:
    """Return the accounts as a node gets them, in canonical texts."""
    view = collection.View(db, instance["uuid"], tp.cast(tp.Any, None), stores=True)
    digests = registry.digests(view)["accounts"]
    texts = registry.texts(view, "accounts", list(digests)).texts
    assert documents.digests(texts) == digests
    found: dict[str, tp.Any] = {}
    for text in texts.values():
        found |= json.loads(text)
    assert texts == documents.spread(found)
    known = {str(one["uuid"]) for one in db.execute(_UUIDS, (instance["uuid"],))}
    for account in found.values():
        for one in account.get("app_passwords", ()):
            assert one.pop("uuid") in known
    return found


def entry(password: str, scopes: list[str], **more: tp.Any) -> client.Body:
    """Return what a node gets of an app password."""
    given = {"expires_at": None, "sender": None, **more}
    return {"hash": app_password.digest(password), "scopes": scopes, **given}


def generation(tenant: client.Client, instance: client.Body) -> int:
    found = tenant.get(f"/instances/{instance['uuid']}").json()["generation"]
    assert isinstance(found, int)
    return found


def tags(db: conftest.Connection, instance: client.Body) -> dict[str, str]:
    rows = db.execute(
        "SELECT bucket, tag FROM mail_document_buckets"
        " WHERE instance = %s AND collection = 'accounts'",
        (instance["uuid"],),
    ).fetchall()
    return {row["bucket"]: row["tag"] for row in rows}


def test_one_is_made_and_told(
    tenant: client.Client,
    instance: client.Body,
    account: client.Body,
    passwords: str,
    db: conftest.Connection,
) -> None:
    made = tenant.create(passwords, PHONE)
    password = made.pop("password")
    assert re.fullmatch(r"[a-z0-9]{5}(-[a-z0-9]{5}){4}", password)
    assert made == {
        **PHONE,
        "uuid": made["uuid"],
        "description": "",
        "sender": None,
        "expires_at": None,
        "last_used_at": None,
        "account": f"{client.BASE}/instances/{instance['uuid']}/accounts"
        f"/{account['uuid']}",
        "project_id": str(tenant.project),
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
    }
    assert tenant.get(f"{passwords}{made['uuid']}").json() == made
    assert tenant.get(passwords).json() == [made]
    assert told(db, instance) == {
        "alice": {
            "app_passwords": [entry(password, ["imap", "smtp"])],
            "password_hash": client.HASH,
        }
    }


def test_all_of_an_account_are_told_in_order(
    tenant: client.Client,
    instance: client.Body,
    passwords: str,
    db: conftest.Connection,
) -> None:
    wanted = []
    for number in range(12):
        scopes = list(app_password.SCOPES)[number % 4 :]
        more = {"expires_at": FUTURE} if number % 2 else {}
        body = {"name": f"p{number}", "scopes": scopes, **more}
        made = tenant.create(passwords, body)["password"]
        unix = {"expires_at": FUTURE_UNIX} if number % 2 else {}
        wanted.append(entry(made, sorted(scopes), **unix))
    wanted.sort(key=lambda one: str(one["hash"]))
    assert told(db, instance)["alice"]["app_passwords"] == wanted


def test_a_fraction_of_a_second_ends_it_earlier(
    tenant: client.Client,
    instance: client.Body,
    passwords: str,
    db: conftest.Connection,
) -> None:
    tenant.create(passwords, {**PHONE, "expires_at": "2999-01-31T14:00:00.9+02:00"})
    (one,) = told(db, instance)["alice"]["app_passwords"]
    assert one["expires_at"] == FUTURE_UNIX


def test_the_password_is_in_one_answer_and_nowhere_else(
    tenant: client.Client,
    api: user_api.UserApi,
    passwords: str,
    db: conftest.Connection,
) -> None:
    made = tenant.create(passwords, PHONE)
    password, one = made["password"], f"{passwords}{made['uuid']}"
    hashed = app_password.digest(password)
    for answer in (
        tenant.get(one),
        tenant.get(passwords),
        tenant.get(passwords, fields="password"),
        tenant.patch(one, {"name": "x"}),
        tenant.put(one, {"scopes": ["imap"]}),
        tenant.patch(one, {"password": password}),
        tenant.post(passwords, {"name": "y", "scopes": ["imap"], "password": password}),
        tenant.post(passwords, {**PHONE, "password_hash": hashed}),
        tenant.patch(one, {"password_hash": hashed}),
    ):
        assert password not in answer.text and hashed not in answer.text
        assert '"password' not in answer.text
    assert tenant.get(passwords).json()[0]["name"] == "x"
    assert password not in api.log() and hashed not in api.log()
    assert rows_with(db, password) == []
    assert rows_with(db, hashed) == ["mail_accounts", "mail_app_passwords"]
    assert tenant.delete(one).status_code == 204
    assert rows_with(db, hashed) == []
    events = db.execute(EVENTS, (made["uuid"],)).fetchall()
    assert [event["action"] for event in events] == [
        *("create", "update", "update", "delete")
    ]
    updates = [event["snapshot"]["changed_fields"] for event in events[1:3]]
    assert updates == [["name"], ["scopes"]]
    for event in events:
        assert event["resource_type"] == "mail_app_password"
        assert event["actor_user_uuid"] == tokens.USER
        assert event["project_id"] == tenant.project
        hidden = {"password", "password_hash"}
        assert not hidden & (event["snapshot"] or {}).keys()


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({}, {}),
        ({"name": "tablet"}, {}),
        ({"description": "in the kitchen"}, {}),
        ({"scopes": ["imap", "smtp"]}, {}),  # the order says nothing
        ({"scopes": ["pop3"]}, {"scopes": ["pop3"]}),
        ({"expires_at": FUTURE}, {"expires_at": FUTURE_UNIX}),
        ({"sender": "alice@example.com"}, {"sender": "alice@example.com"}),
    ],
)
def test_what_a_node_sees_counts_once_and_costs_one_bucket(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    passwords: str,
    db: conftest.Connection,
    change: client.Body,
    seen: client.Body,
) -> None:
    tenant.create(accounts, {"username": "bystander", "password_hash": client.HASH})
    made = tenant.create(passwords, PHONE)
    before = told(db, instance)["alice"]["app_passwords"][0]
    counted, tagged = generation(tenant, instance), tags(db, instance)
    assert len(tagged) == 2
    updated = tenant.get(accounts, username="alice").json()[0]["updated_at"]
    answer = tenant.patch(f"{passwords}{made['uuid']}", change)
    assert answer.status_code == 200, answer.text
    assert generation(tenant, instance) == counted + bool(seen)
    concerned = {documents.bucket("alice")} if seen else set()
    found = tags(db, instance)
    assert {one for one in tagged if found[one] != tagged[one]} == concerned
    (after,) = told(db, instance)["alice"]["app_passwords"]
    assert after == {**before, **seen}
    # nobody has changed the account
    (account,) = tenant.get(accounts, username="alice").json()
    assert account["updated_at"] == updated


def test_deletion_revokes_and_counts_once(
    tenant: client.Client,
    instance: client.Body,
    passwords: str,
    db: conftest.Connection,
) -> None:
    made = tenant.create(passwords, PHONE)
    other = tenant.create(passwords, {**PHONE, "name": "tablet"})
    counted = generation(tenant, instance)
    assert tenant.delete(f"{passwords}{made['uuid']}").status_code == 204
    assert generation(tenant, instance) == counted + 1
    left = [entry(other["password"], ["imap", "smtp"])]
    assert told(db, instance)["alice"]["app_passwords"] == left
    assert tenant.delete(f"{passwords}{other['uuid']}").status_code == 204
    assert told(db, instance) == {"alice": {"password_hash": client.HASH}}


def test_one_statement_on_many_rows_counts_once(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    passwords: str,
    db: conftest.Connection,
) -> None:
    bob = tenant.create(accounts, item("bob"))
    for path in (passwords, f"{accounts}{bob['uuid']}/app_passwords/"):
        for name in ("phone", "tablet"):
            tenant.create(path, {**PHONE, "name": name})
    counted = generation(tenant, instance)
    db.execute("UPDATE mail_app_passwords SET scopes = '{sieve}'")
    assert generation(tenant, instance) == counted + 1
    db.execute("UPDATE mail_app_passwords SET description = 'x', updated_at = now()")
    assert generation(tenant, instance) == counted + 1
    db.execute("DELETE FROM mail_app_passwords")
    assert generation(tenant, instance) == counted + 2
    assert told(db, instance) == {
        "alice": {"password_hash": client.HASH},
        "bob": {"password_hash": client.HASH},
    }


def test_they_go_with_their_account_and_it_counts_once(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    account: client.Body,
    passwords: str,
    db: conftest.Connection,
) -> None:
    tenant.create(passwords, PHONE)
    counted = generation(tenant, instance)
    assert tenant.delete(f"{accounts}{account['uuid']}").status_code == 204
    assert generation(tenant, instance) == counted + 1
    assert db.execute("SELECT FROM mail_app_passwords").fetchall() == []
    assert told(db, instance) == {}
    for answer in (tenant.get(passwords), tenant.post(passwords, PHONE)):
        assert answer.status_code == 404


def test_an_instance_with_them_is_deleted(
    tenant: client.Client,
    instance: client.Body,
    passwords: str,
    db: conftest.Connection,
) -> None:
    tenant.create(passwords, PHONE)
    db.execute("DELETE FROM mail_instances WHERE uuid = %s", (instance["uuid"],))
    assert db.execute("SELECT FROM mail_app_passwords").fetchall() == []


def test_an_expired_one_is_not_told_and_may_live_again(
    tenant: client.Client,
    instance: client.Body,
    passwords: str,
    db: conftest.Connection,
) -> None:
    counted = generation(tenant, instance)
    made = tenant.create(passwords, {**PHONE, "expires_at": PAST})
    assert generation(tenant, instance) == counted
    assert told(db, instance) == {"alice": {"password_hash": client.HASH}}
    tenant.patch(f"{passwords}{made['uuid']}", {"expires_at": None})
    (one,) = told(db, instance)["alice"]["app_passwords"]
    assert one == entry(made["password"], ["imap", "smtp"])


def test_one_that_expires_leaves_its_digest_true(
    tenant: client.Client,
    instance: client.Body,
    passwords: str,
    db: conftest.Connection,
) -> None:
    tenant.create(passwords, {**PHONE, "expires_at": FUTURE})
    before = told(db, instance)  # `told` compares digests that are kept with texts
    # time cannot be turned; the moment can, as if it had been so when it was written
    past = datetime.datetime(2020, 1, 1)
    db.execute("ALTER TABLE mail_app_passwords DISABLE TRIGGER USER")
    db.execute("UPDATE mail_app_passwords SET expires_at = %s", (past,))
    db.execute("ALTER TABLE mail_app_passwords ENABLE TRIGGER USER")
    assert told(db, instance) == before
    tenant.create(passwords, {**PHONE, "name": "tablet"})
    assert len(told(db, instance)["alice"]["app_passwords"]) == 1


def test_who_is_locked_out_is_told_without_them(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    account: client.Body,
    passwords: str,
    db: conftest.Connection,
) -> None:
    one = f"{accounts}{account['uuid']}"
    tenant.create(passwords, PHONE)
    whole = told(db, instance)
    tenant.patch(one, {"active": False})
    assert told(db, instance) == {}
    tenant.patch(one, {"mailbox": True})
    assert told(db, instance) == {"alice": {"mailbox": account["uuid"]}}
    tenant.patch(one, {"active": True, "mailbox": False})
    assert told(db, instance) == whole


def test_the_main_password_can_be_barred(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    account: client.Body,
    passwords: str,
    db: conftest.Connection,
) -> None:
    one = f"{accounts}{account['uuid']}"
    assert account["main_password_for_mail"] is True
    counted = generation(tenant, instance)
    barred = tenant.patch(one, {"main_password_for_mail": False}).json()
    assert barred["main_password_for_mail"] is False
    assert generation(tenant, instance) == counted + 1
    assert told(db, instance) == {}
    made = tenant.create(passwords, PHONE)
    expected = {"app_passwords": [entry(made["password"], ["imap", "smtp"])]}
    assert told(db, instance) == {"alice": expected}
    tenant.patch(one, {"mailbox": True})
    expected["mailbox"] = account["uuid"]
    assert told(db, instance) == {"alice": expected}
    tenant.patch(one, {"main_password_for_mail": True})
    expected["password_hash"] = tp.cast(tp.Any, client.HASH)
    assert told(db, instance) == {"alice": expected}
    for value in ("false", 0, None, []):
        answer = tenant.patch(one, {"main_password_for_mail": value})
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("main_password_for_mail: ")


def test_many_at_once_bar_it(
    tenant: client.Client,
    instance: client.Body,
    bulk: str,
    account: client.Body,
    db: conftest.Connection,
) -> None:
    body = {
        "create": [item("ann", main_password_for_mail=False), item("bob")],
        "update": [{"uuid": account["uuid"], "main_password_for_mail": False}],
    }
    answer = tenant.post(bulk, body).json()
    assert (statuses(answer, "create"), statuses(answer, "update")) == (
        [201, 201],
        [200],
    )
    rows = stored(db, instance)
    assert {name: rows[name]["main_password_for_mail"] for name in rows} == {
        **{"alice": False, "ann": False},
        "bob": True,
    }
    assert set(told(db, instance)) == {"bob"}
    again = {"update": [{"uuid": account["uuid"], "main_password_for_mail": True}]}
    assert tenant.post(bulk, again).status_code == 200
    assert set(told(db, instance)) == {"alice", "bob"}


def test_a_bulk_change_leaves_them_alone(
    tenant: client.Client,
    instance: client.Body,
    bulk: str,
    account: client.Body,
    passwords: str,
    db: conftest.Connection,
) -> None:
    tenant.create(passwords, PHONE)
    before = told(db, instance)["alice"]["app_passwords"]
    body = {"update": [{"uuid": account["uuid"], "name": "A", "mailbox": True}]}
    assert tenant.post(bulk, body).status_code == 200
    assert told(db, instance)["alice"]["app_passwords"] == before


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": None}, "name: null is not allowed"),
        ({"name": ""}, "name: a text of 1 to 128 printable characters"),
        ({"name": "x" * 129}, "name: a text of 1 to 128 printable characters"),
        ({"name": "a\nb"}, "name: a text of 1 to 128 printable characters"),
        ({"scopes": []}, "scopes: a list of one or more of smtp, imap, pop3, sieve"),
        ({"scopes": ["send"]}, "scopes: a list of one or more of"),
        ({"scopes": ["imap", "imap"]}, "scopes: a list of one or more of"),
        ({"scopes": "imap"}, "scopes: a list of one or more of"),
        ({"scopes": None}, "scopes: null is not allowed"),
        ({"expires_at": "soon"}, "expires_at: a time with an offset"),
        ({"expires_at": "2027-01-31T12:00:00"}, "expires_at: a time with an offset"),
        ({"expires_at": 1}, "expires_at: a time with an offset"),
        ({"sender": ""}, "sender: "),
        ({"sender": "Alice@Example.com"}, "sender: "),
        ({"sender": "alice"}, "sender: "),
        ({"sender": ["alice@example.com"]}, "sender: "),
        ({"sender": "bob@example.com"}, SENDER),
        ({"sender": "alice@example.org"}, SENDER),
        ({"sender": "alice+tag@example.com"}, SENDER),
        ({"sender": "*@example.com"}, SENDER),
        ({"secret": "x"}, "unknown field: secret"),
    ],
)
def test_what_breaks_a_rule_is_refused(
    tenant: client.Client, passwords: str, change: client.Body, text: str
) -> None:
    made = tenant.create(passwords, PHONE)
    made.pop("password")
    for answer in (
        tenant.post(passwords, {"name": "b", "scopes": ["imap"], **change}),
        tenant.patch(f"{passwords}{made['uuid']}", change),
    ):
        assert answer.status_code == 400
        assert answer.json()["message"].startswith(text)
    assert tenant.get(passwords).json() == [made]


@pytest.mark.parametrize("lacking", ["name", "scopes"])
def test_what_has_to_be_given(
    tenant: client.Client, passwords: str, lacking: str
) -> None:
    body = {name: value for name, value in PHONE.items() if name != lacking}
    answer = tenant.post(passwords, body)
    assert answer.status_code == 400
    assert answer.json()["message"] == f"{lacking}: a value is required"


def test_a_sender_is_an_address_that_the_account_may_send_as(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    aliases: str,
    passwords: str,
    db: conftest.Connection,
) -> None:
    org = f"/instances/{instance['uuid']}/domains/"
    tenant.create(org, {"name": "example.org"})
    alice = {"targets": ["bob@example.net", "alice@example.com"], "send_as": True}
    sales = tenant.create(aliases, {"local_part": "sales", **alice})
    tenant.create(aliases, {"local_part": "info", **alice, "domain": "example.org"})
    refused = {
        "silent": {**alice, "send_as": False},
        "off": {**alice, "enabled": False},
        "other": {**alice, "targets": ["bob@example.com"]},
        "tag": {**alice, "targets": ["alice+x@example.com"]},
        "second": {**alice, "targets": ["sales@example.com"]},
        "*": {**alice, "domain": "example.org"},
    }
    for name, body in refused.items():
        tenant.create(aliases, {"local_part": name, **body})
    made = tenant.create(passwords, {**PHONE, "sender": "sales@example.com"})
    one = f"{passwords}{made['uuid']}"
    for sender in ("info@example.org", "alice@example.com", None, "sales@example.com"):
        assert tenant.patch(one, {"sender": sender}).json()["sender"] == sender
        assert told(db, instance)["alice"]["app_passwords"][0]["sender"] == sender
    wrong = [f"{name}@example.com" for name in (*refused, "info")]
    for sender in (*wrong, "*@example.org", "any@example.org"):
        answer = tenant.patch(one, {"sender": sender})
        assert answer.status_code == 400, sender
        assert answer.json()["message"].startswith(SENDER)
    # what it was bound to may go; other changes are possible still
    assert tenant.delete(f"{aliases}{sales['uuid']}").status_code == 204
    changed = tenant.patch(one, {"scopes": ["smtp"]})
    assert (changed.status_code, changed.json()["sender"]) == (200, "sales@example.com")
    ann = tenant.create(accounts, item("ann", domain="example.org"))
    of_ann = f"{accounts}{ann['uuid']}/app_passwords/"
    answer = tenant.post(of_ann, {**PHONE, "sender": "ann@example.com"})
    assert answer.status_code == 400
    assert tenant.create(of_ann, {**PHONE, "sender": "ann@example.org"})


def test_an_alias_of_another_instance_is_no_sender(
    tenant: client.Client, passwords: str, version: tp.Any
) -> None:
    other = tenant.create("/instances/", client.instance_body(version.uuid))
    body = {"targets": ["alice@example.com"], "send_as": True, "local_part": "sales"}
    tenant.create(f"/instances/{other['uuid']}/aliases/", body)
    answer = tenant.post(passwords, {**PHONE, "sender": "sales@example.com"})
    assert answer.status_code == 400


def test_a_name_is_taken_once_in_an_account(
    tenant: client.Client, accounts: str, passwords: str
) -> None:
    made = tenant.create(passwords, PHONE)
    for answer in (
        tenant.post(passwords, PHONE),
        tenant.post(passwords, {**PHONE, "name": "b", "uuid": made["uuid"]}),
    ):
        assert (answer.status_code, answer.json()["message"]) == (409, TAKEN)
    bob = tenant.create(accounts, item("bob"))
    assert tenant.create(f"{accounts}{bob['uuid']}/app_passwords/", PHONE)


def test_an_account_has_at_most_50(
    tenant: client.Client,
    colleague: client.Client,
    passwords: str,
    account: client.Body,
    db: conftest.Connection,
) -> None:
    db.execute(
        "INSERT INTO mail_app_passwords (uuid, name, project_id, account, scopes,"
        " password_hash, created_at, updated_at)"
        " SELECT gen_random_uuid(), n, project_id, uuid, '{imap}', md5(n::text), now(),"
        " now() FROM mail_accounts, generate_series(1, %s) AS n WHERE uuid = %s",
        (limits.APP_PASSWORDS_MAX - 1, account["uuid"]),
    )

    def make(of: client.Client, name: str) -> tp.Any:
        return of.post(passwords, {**PHONE, "name": name})

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(make, (tenant, colleague), ("a", "b")))
    assert sorted(one.status_code for one in answers) == [201, 400]
    refused = next(one for one in answers if one.status_code == 400)
    text = "an account has at most 50 app passwords"
    assert refused.json()["message"] == text
    assert make(tenant, "c").json()["message"] == text


def test_somebody_elses_are_not_found(
    tenant: client.Client,
    stranger: client.Client,
    accounts: str,
    passwords: str,
    db: conftest.Connection,
) -> None:
    made = tenant.create(passwords, PHONE)
    bob = tenant.create(accounts, item("bob"))
    one = f"{passwords}{made['uuid']}"
    of_bob = f"{accounts}{bob['uuid']}/app_passwords/{made['uuid']}"
    for of, path in ((stranger, one), (tenant, of_bob)):
        assert of.get(path).status_code == 404
        assert of.patch(path, {"name": "x"}).status_code == 404
        assert of.delete(path).status_code == 404
    assert stranger.get(passwords).status_code == 404
    assert stranger.post(passwords, PHONE).status_code == 404
    other = {"name": "b", "scopes": ["imap"]}
    foreign = f"{client.BASE}{accounts}{bob['uuid']}"
    moved = tenant.post(passwords, {**other, "account": foreign})
    assert moved.status_code in (400, 403)
    project = str(sys_uuid.uuid4())
    assert tenant.post(passwords, {**other, "project_id": project}).status_code == 403
    assert len(db.execute("SELECT FROM mail_app_passwords").fetchall()) >= 1
    assert tenant.get(passwords).json()[0]["name"] == "phone"


@pytest.mark.parametrize("action", ["create", "read", "update", "delete"])
def test_each_request_needs_its_permission(
    api: user_api.UserApi, tenant: client.Client, passwords: str, action: str
) -> None:
    one = f"{passwords}{tenant.create(passwords, PHONE)['uuid']}"
    needed = {
        *(f"exordos_mail.{noun}.read" for noun in ("mail_instance", "account")),
        "exordos_mail.app_password.read",
        f"exordos_mail.app_password.{action}",
    }
    request: tuple[str, str, client.Body | None] = {
        "create": ("POST", passwords, {**PHONE, "name": "b"}),
        "read": ("GET", one, None),
        "update": ("PATCH", one, {"name": "c"}),
        "delete": ("DELETE", one, None),
    }[action]
    method, path, body = request
    lacking = needed - {f"exordos_mail.app_password.{action}"}
    refused = client.Client(api.url, tenant.project, lacking)
    assert refused.call(method, path, json=body).status_code == 403
    allowed = client.Client(api.url, tenant.project, needed)
    assert allowed.call(method, path, json=body).status_code in (200, 201, 204)


def test_the_command_line_shows_it_once(
    cli: Cli, instance: client.Body, account: client.Body, db: conftest.Connection
) -> None:
    of = ["--account", "alice", "--instance", instance["uuid"]]
    scopes = ["--scope", "imap", "--scope", "smtp"]
    made = cli.json("app-passwords", "add", "phone", *of, *scopes)
    hashed = app_password.digest(made["password"])
    (known,) = told(db, instance)["alice"]["app_passwords"]
    assert (known["hash"], known["scopes"]) == (hashed, ["imap", "smtp"])
    said = cli.done("app-passwords", "add", "pc", *of, "--scope", "pop3")
    (shown,) = [line.split()[1] for line in said.splitlines() if "password" in line]
    hashes = [one["hash"] for one in told(db, instance)["alice"]["app_passwords"]]
    assert app_password.digest(shown) in hashes
    for shows in (
        cli.done("app-passwords", "list", *of),
        cli.done("app-passwords", "show", "phone", *of),
        cli.done("app-passwords", "change", "phone", *of, "--scope", "sieve"),
    ):
        assert made["password"] not in shows and "password" not in shows.lower()
    assert "Missing option '--scope'" in cli.fails(2, "app-passwords", "add", "x", *of)
    cli.done("app-passwords", "remove", "phone", *of)
    rows = cli.json("app-passwords", "list", *of)
    assert [row["name"] for row in rows] == ["pc"]
    barred = ["--no-main-password-for-mail", "--instance", instance["uuid"]]
    cli.done("accounts", "change", "alice", *barred)
    assert "password_hash" not in told(db, instance)["alice"]
