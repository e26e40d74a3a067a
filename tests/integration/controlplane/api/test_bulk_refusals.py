# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What of a bulk request is refused, the whole or an item, and why."""

import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail import constants as c
from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api.bulk_request import (
    KINDS,
    item,
    statuses,
    stored,
)
from tests.integration.support import client, user_api


def faulty(
    tenant: client.Client, account: client.Body, foreign: client.Body
) -> client.Body:
    """Return items of which none can be done, with the text that tells why."""
    absent = str(sys_uuid.uuid4())
    return {
        "delete": [
            ("x", 400, "uuid: "),
            (None, 400, "uuid: "),
            ([], 400, "uuid: "),
            ({"uuid": absent}, 400, "uuid: "),
            (absent, 404, "no such account"),
            (foreign["uuid"], 404, "no such account"),
            (absent, 409, "twice"),
        ],
        "update": [
            (5, 400, "object"),
            ({}, 400, "uuid: a value is required"),
            ({"uuid": None}, 400, "uuid: "),
            ({"uuid": "x"}, 400, "uuid: "),
            ({"uuid": absent, "active": True}, 404, "no such account"),
            ({"uuid": foreign["uuid"], "active": False}, 404, "no such account"),
            ({"uuid": account["uuid"], "active": "yes"}, 400, "active: "),
            ({"uuid": account["uuid"], "name": "x"}, 409, "twice"),
            ({"uuid": str(sys_uuid.uuid4()), "username": "b"}, 404, "no such account"),
            ({"uuid": account["uuid"], "username": "b"}, 409, "twice"),
            ({"uuid": account["uuid"], "created_at": "x"}, 400, "created_at: "),
            ({"username": "b"}, 400, "uuid: a value is required"),
            ({"uuid": absent, "nothing": "x"}, 400, "unknown field: nothing"),
            ({"uuid": str(sys_uuid.uuid4()), "password": None}, 400, "password: "),
        ],
        "create": [
            (None, 400, "object"),
            ({"password_hash": client.HASH}, 400, "username: a value is required"),
            (item("alice"), 409, models.MailAccount.__conflict__),
            (item("other", uuid=account["uuid"]), 409, models.MailAccount.__conflict__),
            (item("other", uuid=foreign["uuid"]), 409, models.MailAccount.__conflict__),
            (item("bad name"), 400, "username: "),
            (item("both", password="p"), 400, "exactly one of"),
            ({"username": "neither"}, 400, "exactly one of"),
            (item("short", password_hash="$6$x"), 400, "a password hash is"),
            ({"username": "nul", "password": "a\0"}, 400, "a password is"),
            (item("flag", active="yes"), 400, "active: "),
            (item("line", name="a\nb"), 400, "name: "),
            (item("field", nothing=1), 400, "unknown field: nothing"),
            (item("time", created_at="x"), 403, "created_at"),
            (item("project", project_id=str(absent)), 403, "forbidden"),
            (item("path", instance="/x"), 400, "instance: "),
            (item("none", instance=None), 400, "instance: "),
        ],
    }


@pytest.fixture
def foreign(tenant: client.Client, version: models.MailVersion) -> client.Body:
    """An account of another instance of the same project."""
    other = tenant.create("/instances/", client.instance_body(version.uuid))
    return tenant.create(f"/instances/{other['uuid']}/accounts/", item("alice"))


def test_what_cannot_be_done_says_why_and_the_rest_is_done(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    bulk: str,
    account: client.Body,
    foreign: client.Body,
    db: conftest.Connection,
) -> None:
    wrong = faulty(tenant, account, foreign)
    before = stored(db, instance)["alice"]
    body = {kind: [one for one, _, _ in wrong[kind]] for kind in KINDS}
    body["create"] += [item("good"), item("good"), item("better")]
    response = tenant.post(bulk, body)
    assert response.status_code == 200
    answer = response.json()
    for kind in KINDS:
        for (sent, status, text), result in zip(
            wrong[kind], answer[kind], strict=False
        ):
            assert result["status"] == status, (sent, result)
            assert text in result["error"], (sent, result)
            assert "uuid" not in result
    assert statuses(answer, "create")[-3:] == [201, 409, 201]
    assert answer["done"] == 2
    assert answer["failed"] == sum(map(len, wrong.values())) + 1
    rows = stored(db, instance)
    assert set(rows) == {"alice", "good", "better"}
    assert rows["alice"] == before
    path = accounts.replace(instance["uuid"], foreign["instance"].rpartition("/")[2])
    assert tenant.get(path).json() == [foreign]


def test_a_single_request_is_refused_for_the_same_reason(
    tenant: client.Client,
    accounts: str,
    bulk: str,
    account: client.Body,
    foreign: client.Body,
) -> None:
    wrong = faulty(tenant, account, foreign)
    for sent, status, _ in wrong["create"]:
        single = tenant.post(accounts, sent)
        assert single.status_code == status, sent
        (result,) = tenant.post(bulk, {"create": [sent]}).json()["create"]
        if isinstance(sent, dict) and sent.get("instance", "") == "":
            assert result["error"] == single.json()["message"], sent


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ([], "object"),
        ({"mode": "both"}, "mode: "),
        ({"mode": None}, "mode: "),
        ({"mode": ["atomic"]}, "mode: "),
        ({"create": {}}, "create: a list"),
        ({"update": None}, "update: a list"),
        ({"delete": "x"}, "delete: a list"),
        ({"accounts": []}, "unknown field: accounts"),
        ({"parent_resource": []}, "unknown field: parent_resource"),
        ({"delete": ["x"] * (c.BULK_ITEMS_MAX + 1)}, "at most 1000 items"),
        (
            {
                "create": [{"username": "u", "password": "p"}] * 11,
                "update": [{"uuid": "u", "password": "p"}] * 10,
            },
            "at most 20 items with a password",
        ),
    ],
)
def test_a_request_of_another_form_is_refused(
    tenant: client.Client, bulk: str, body: tp.Any, text: str
) -> None:
    refused = tenant.post(bulk, body)
    assert refused.status_code == 400
    assert text in refused.json()["message"]


def test_each_kind_needs_the_permissions_of_the_single_request(
    api: user_api.UserApi,
    tenant: client.Client,
    accounts: str,
    bulk: str,
    account: client.Body,
) -> None:
    bodies = {
        "create": {"create": [item("bob")]},
        "update": {"update": [{"uuid": account["uuid"], "name": "x"}]},
        "delete": {"delete": [account["uuid"]]},
    }
    for kind, body in bodies.items():
        needed = {f"exordos_mail.account.{kind}", "exordos_mail.mail_instance.read"}
        if kind != "create":
            needed.add("exordos_mail.account.read")
        others = {f"exordos_mail.account.{name}" for name in (*KINDS, "read")} | needed
        for missing in needed:
            http = client.Client(api.url, tenant.project, others - {missing})
            assert http.post(bulk, body).status_code == 403, (kind, missing)
            everything = {**bodies["create"], **bodies["update"], **bodies["delete"]}
            assert http.post(bulk, everything).status_code == 403, (kind, missing)
        assert tenant.get(accounts).json() != []
        http = client.Client(api.url, tenant.project, needed)
        assert http.post(bulk, body).json()["failed"] == 0, kind


def test_another_project_finds_nothing_to_write_to(
    stranger: client.Client,
    tenant: client.Client,
    accounts: str,
    bulk: str,
    account: client.Body,
) -> None:
    body = {"create": [item("mallory")], "delete": [account["uuid"]]}
    assert stranger.post(bulk, body).status_code == 404
    assert tenant.get(accounts).json() == [account]


def test_an_administrator_makes_accounts_of_the_instances_project_alone(
    admin: client.Client, tenant: client.Client, bulk: str, accounts: str
) -> None:
    foreign = str(sys_uuid.uuid4())
    answer = admin.post(
        bulk, {"create": [item("a"), item("b", project_id=foreign)]}
    ).json()
    assert statuses(answer, "create") == [201, 400]
    (made,) = tenant.get(accounts).json()
    assert made["project_id"] == str(tenant.project)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_there_is_no_other_method_and_no_other_path(
    tenant: client.Client, bulk: str, account: client.Body, method: str
) -> None:
    assert tenant.call(method, bulk, json={}).status_code == 405
    for path in (bulk[:-1], f"{bulk}x", f"{bulk}{account['uuid']}"):
        assert tenant.call(method, path, json={}).status_code == 404
        assert tenant.post(path, {}).status_code == 404
