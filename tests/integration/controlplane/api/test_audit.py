# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The audit trail of requests: who changed what, in the platform's table."""

import typing as tp
import uuid as sys_uuid

import psycopg
import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.support import client, tokens, user_api
from tests.unit import libcrypt

Connection = psycopg.Connection[dict[str, tp.Any]]

PASSWORD = "SECRET-password-5e0c"
HASH = str(libcrypt.crypt(PASSWORD, "$6$SECRETsalt5e0c$"))
EVENTS = """
SELECT action, resource_type, actor_user_uuid, project_id, service_name, snapshot
FROM gcl_sdk_audit_events WHERE resource_uuid = %s ORDER BY created_at
"""

Event = dict[str, tp.Any]


def events(db: Connection, uuid: str) -> list[Event]:
    return db.execute(EVENTS, (uuid,)).fetchall()


def test_each_change_of_an_instance_is_noted_with_actor_and_fields(
    tenant: client.Client, instance: client.Body, db: Connection
) -> None:
    path = f"/instances/{instance['uuid']}"
    assert tenant.patch(path, {"cpu": 4, "name": instance["name"]}).status_code == 200
    assert tenant.patch(path, {"cpu": 4}).status_code == 200  # changes nothing
    assert tenant.delete(path).status_code == 204

    created, updated, deleted = events(db, instance["uuid"])
    for event in (created, updated, deleted):
        assert event["resource_type"] == "mail_instance"
        assert event["service_name"] == "metapaas"
        assert event["actor_user_uuid"] == tokens.USER
        assert event["project_id"] == tenant.project
    assert created["action"] == "create"
    assert created["snapshot"]["domain"] == instance["domain"]
    assert updated["action"] == "update"
    assert updated["snapshot"]["changed_fields"] == ["cpu"]
    assert updated["snapshot"]["cpu"] == 4
    assert updated["snapshot"]["generation"] == 2
    assert (deleted["action"], deleted["snapshot"]) == ("delete", None)


def test_each_change_of_an_account_is_noted_without_its_secrets(
    tenant: client.Client, accounts: str, db: Connection
) -> None:
    made = tenant.create(accounts, {"username": "bob", "password": PASSWORD})
    path = f"{accounts}{made['uuid']}"
    for change in ({"password": PASSWORD + "!"}, {"password_hash": HASH}):
        assert tenant.patch(path, change).status_code == 200
    assert tenant.put(path, {"active": False}).status_code == 200
    assert tenant.delete(path).status_code == 204

    found = events(db, made["uuid"])
    assert [event["action"] for event in found] == [
        "create",
        *["update"] * 3,
        "delete",
    ]
    changes = [event["snapshot"]["changed_fields"] for event in found[1:4]]
    assert changes == [["password_hash"], ["password_hash"], ["active"]]
    for event in found:
        assert event["actor_user_uuid"] == tokens.USER
        assert "password" not in (event["snapshot"] or {})
        assert "password_hash" not in (event["snapshot"] or {})
        assert "SECRET" not in str(event)
        assert "$6$" not in str(event)


@pytest.mark.parametrize(
    "body",
    [{"username": "alice", "password": "p"}, {"username": "b/d", "password": "p"}],
    ids=["conflict", "bad"],
)
def test_a_request_that_fails_is_not_noted(
    tenant: client.Client,
    accounts: str,
    account: client.Body,
    db: Connection,
    body: client.Body,
) -> None:
    uuid = str(sys_uuid.uuid4())
    assert tenant.post(accounts, {**body, "uuid": uuid}).status_code in (400, 409)
    assert events(db, uuid) == []
    assert len(events(db, account["uuid"])) == 1


def test_the_owner_of_the_token_is_the_actor(
    api: user_api.UserApi, version: models.MailVersion, db: Connection
) -> None:
    user = sys_uuid.uuid4()
    somebody = client.Client(api.url, project=sys_uuid.uuid4(), user=user)
    made = somebody.create("/instances/", client.instance_body(version.uuid))
    (created,) = events(db, made["uuid"])
    assert created["actor_user_uuid"] == user


def test_a_bulk_request_is_noted_as_its_single_requests_would_be(
    tenant: client.Client, accounts: str, account: client.Body, db: Connection
) -> None:
    def bulk(**lists: tp.Any) -> tp.Any:
        answer = tenant.post(f"{accounts}bulk/", lists)
        assert answer.status_code == 200
        return answer.json()

    create = [
        {"username": "one", "password_hash": HASH},
        {"username": account["username"], "password_hash": HASH},
    ]
    made, taken = bulk(create=create)["create"]
    assert taken["status"] == 409
    uuid = made["uuid"]
    bulk(update=[{"uuid": uuid, "active": False}])
    bulk(update=[{"uuid": uuid, "active": False}])  # changes nothing
    bulk(delete=[uuid])

    created, updated, deleted = events(db, uuid)
    assert [one["action"] for one in (created, updated, deleted)] == [
        "create",
        "update",
        "delete",
    ]
    assert created["snapshot"]["username"] == "one"
    assert updated["snapshot"]["changed_fields"] == ["active"]
    assert updated["snapshot"]["active"] is False
    assert deleted["snapshot"] is None
    for event in (created, updated, deleted):
        assert event["resource_type"] == "mail_account"
        assert event["actor_user_uuid"] == tokens.USER
        assert event["project_id"] == tenant.project
        assert "$6$" not in str(event)
    (only,) = events(db, account["uuid"])
    assert only["action"] == "create"
