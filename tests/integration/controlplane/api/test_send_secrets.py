# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""No secret of a tenant in any answer, log line or audit event."""

import typing as tp
import uuid as sys_uuid

import psycopg
import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.support import client, tokens, user_api

Connection = psycopg.Connection[dict[str, tp.Any]]

SECRET = "SECRET-5d21-token"
EVENTS = """
SELECT action, resource_type, actor_user_uuid, project_id, snapshot
FROM gcl_sdk_audit_events WHERE resource_uuid = %s ORDER BY created_at
"""


def faulty(fine: client.Body, field: str) -> list[tp.Any]:
    """Return bodies that hold a secret and are refused."""
    return [
        {**fine, field: [SECRET]},
        {**fine, field: {"x": SECRET}},
        {**fine, field: SECRET + "\0\n" + "x" * 1000},
        {**fine, "name": SECRET * 30},
        {**fine, "uuid": SECRET},
        {**fine, "project_id": SECRET},
        {**fine, "no_such_field": SECRET},
        {**fine, "active": SECRET, "tls": SECRET},
        [SECRET],
        SECRET,
    ]


def exchanges(
    http: client.Client, tenants: str, below: str
) -> tp.Iterator[client.requests.Response]:
    """Yield the answers to requests that carry secrets, fine and faulty ones."""
    basic = {"callback_auth": "basic", "callback_username": "u"}
    login = {"username": "u", "password": SECRET}
    for path, fine, field in (
        (tenants, {"id": "x", **basic, "callback_secret": SECRET}, "callback_secret"),
        (
            f"{below}relays/",
            {"id": "x", "host": "a.example", **login},
            "password",
        ),
    ):
        made = http.post(path, fine)
        yield made
        one = f"{path}{made.json()['uuid']}"
        yield http.get(one)
        yield http.get(path)
        yield http.get(one, fields=field)
        yield http.get(path, **{field: "x"})
        yield http.get(path, q=f'{field} = "x"')
        yield http.get(path, sort_key=field)
        yield http.patch(one, {field: SECRET + "!"})
        yield http.put(one, {field: SECRET})
        # a conflict, whose cause in PostgreSQL names the row's values
        yield http.post(path, fine)
        for body in faulty(fine, field):
            yield http.post(path, body)
            yield http.patch(one, body)
        yield http.call("POST", path, data=f'{{"{field}": "{SECRET}"'.encode())
        yield http.delete(one)


@pytest.mark.parametrize("kind", ["tenant", "admin"])
def test_no_answer_and_no_log_line_holds_a_secret(
    api: user_api.UserApi,
    tenants: str,
    below: str,
    kind: str,
    request: pytest.FixtureRequest,
) -> None:
    http = request.getfixturevalue(kind)
    statuses = set()
    for answer in exchanges(http, tenants, below):
        statuses.add(answer.status_code)
        for text in (answer.text, str(answer.headers)):
            assert "SECRET" not in text and "h1:" not in text
            assert '"callback_secret":' not in text and '"password":' not in text
    assert statuses >= {200, 201, 204, 400, 409}
    assert max(statuses) < 500
    log = api.log()
    assert tenants in log  # it is the right log
    assert "SECRET" not in log and "h1:" not in log


def test_a_key_is_in_the_answer_to_its_creation_alone(
    api: user_api.UserApi, tenant: client.Client, below: str, db: Connection
) -> None:
    keys = f"{below}api_keys/"
    made = tenant.create(keys, {"name": "web", "scopes": ["send"]})
    key, one = made["key"], f"{keys}{made['uuid']}"
    for answer in (
        tenant.get(one),
        tenant.get(keys),
        tenant.get(keys, fields="key"),
        tenant.patch(one, {"name": "x"}),
        tenant.put(one, {"scopes": ["read"]}),
        tenant.patch(one, {"key": key}),
        tenant.post(keys, {"name": "web", "scopes": ["send"], "key": key}),
    ):
        assert key not in answer.text and '"key' not in answer.text
    assert key not in api.log()
    row = db.execute(
        "SELECT row_to_json(k)::text AS row FROM mail_send_api_keys k WHERE uuid = %s",
        (made["uuid"],),
    ).fetchone()
    assert row is not None and key not in row["row"]


def test_each_change_is_noted_without_its_secrets(
    tenant: client.Client, parts: dict[str, str], db: Connection
) -> None:
    changes: dict[str, list[tuple[client.Body, list[str]]]] = {
        "tenants/": [
            ({"active": False}, ["active"]),
            (
                {"callback_auth": "bearer", "callback_secret": SECRET},
                ["callback_auth", "callback_secret"],
            ),
            ({"callback_secret": SECRET + "!"}, ["callback_secret"]),
        ],
        "api_keys/": [({"scopes": ["read"]}, ["scopes"])],
        "relays/": [
            ({"username": "u", "password": SECRET}, ["password", "username"]),
            ({"password": SECRET + "!"}, ["password"]),
        ],
        "suppressions/": [({"reason": "x"}, ["reason"])],
    }
    types = {
        "tenants/": "mail_send_tenant",
        "api_keys/": "mail_send_api_key",
        "relays/": "mail_send_relay",
        "suppressions/": "mail_send_suppression",
    }
    # what is below first: a tenant's end takes it along
    for path, one in reversed(parts.items()):
        collection = path.removesuffix("/").rpartition("/")[2] + "/"
        for change, _ in changes[collection]:
            assert tenant.patch(one, change).status_code == 200
            if "SECRET" not in str(change):
                assert tenant.patch(one, change).status_code == 200  # changes nothing
        assert tenant.delete(one).status_code == 204
        found = db.execute(EVENTS, (one.rpartition("/")[2],)).fetchall()
        wanted = [names for _, names in changes[collection]]
        assert [event["action"] for event in found] == [
            "create",
            *["update"] * len(wanted),
            "delete",
        ]
        updates = [event["snapshot"]["changed_fields"] for event in found[1:-1]]
        assert updates == wanted
        for event in found:
            assert event["resource_type"] == types[collection]
            assert event["actor_user_uuid"] == tokens.USER
            assert event["project_id"] == tenant.project
            assert "SECRET" not in str(event) and "h1:" not in str(event)
            hidden = {"callback_secret", "password", "key", "key_hash"}
            assert not hidden & (event["snapshot"] or {}).keys()


def test_a_request_that_fails_is_not_noted(
    tenant: client.Client, parts: dict[str, str], db: Connection
) -> None:
    uuid = str(sys_uuid.uuid4())
    for path in parts:
        assert tenant.post(path, {"uuid": uuid}).status_code == 400
    assert db.execute(EVENTS, (uuid,)).fetchall() == []


def test_a_secret_is_not_in_the_text_of_a_model(
    tenant: client.Client, tenants: str, below: str, engine: object
) -> None:
    secret = {"callback_auth": "bearer", "callback_secret": SECRET}
    made = tenant.create(tenants, {"id": "x", **secret})
    row = models.MailSendTenant.objects.get_one(filters={"uuid": made["uuid"]})
    new = models.MailSendTenant(instance=row.instance, id="y", **secret)
    key = models.MailSendAPIKey(tenant=row, name="web", scopes=["send"])
    assert key.key is not None
    for text in (repr(row), str(row), repr(new), repr(key), str(key)):
        assert "SECRET" not in text and "h1:" not in text
        assert key.key not in text and key.key_hash not in text
