# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Every row of the README's table of field permissions, and our own fields."""

import typing as tp

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.support import client

_HINT = "; leave it out, or send the value that it has"
SET_ONCE = f"it is set at creation and cannot be changed{_HINT}"
BY_SERVER = f"it is set by the server and cannot be changed{_HINT}"

OF_INSTANCE = {
    "status": "ACTIVE",
    "status_reason": "",
    "ipsv4": ["192.0.2.1"],
    "ipv4": "192.0.2.1",
    "generation": 1,
    "applied_generation": 1,
    "dkim_public_key": "x",
    "dkim_selector": "x",
    "dkim_keys": [],
    "certificates": [],
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
    "infra_status": "ACTIVE",
    "infra_reason": "",
    "service_status": "ACTIVE",
    "service_reason": "",
}


@pytest.mark.parametrize("field", OF_INSTANCE)
def test_a_read_only_field_of_an_instance_cannot_be_sent(
    tenant: client.Client,
    instance: client.Body,
    version: models.MailVersion,
    field: str,
) -> None:
    body = client.instance_body(version.uuid, **{field: OF_INSTANCE[field]})
    path = f"/instances/{instance['uuid']}"
    assert tenant.post("/instances/", body).status_code == 403
    change = {field: OF_INSTANCE[field], "cpu": 3}
    if instance.get(field) != OF_INSTANCE[field]:
        expected = 400 if field in instance else 403
        for answer in (tenant.patch(path, change), tenant.put(path, change)):
            assert answer.status_code == expected
            assert field in answer.json()["message"]
    assert tenant.get("/instances/").json() == [instance]


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("domain", "other.example"),
        ("project_id", "4d657461-0000-0000-0000-000000000002"),
    ],
)
def test_domain_and_project_are_set_at_creation_only(
    tenant: client.Client, instance: client.Body, field: str, other: str
) -> None:
    path = f"/instances/{instance['uuid']}"
    for method in ("PATCH", "PUT"):
        response = tenant.call(method, path, json={field: other})
        assert response.status_code == 400
        assert response.json()["message"] == f"{field}: {SET_ONCE}"
        assert tenant.call(method, path, json={field: instance[field]}).ok
    assert tenant.get(path).json() == instance


def test_what_get_answers_can_be_sent_back(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    account: client.Body,
    parts: dict[str, str],
) -> None:
    paths = [
        f"/instances/{instance['uuid']}",
        f"{accounts}{account['uuid']}",
        *parts.values(),
    ]
    for path in paths:
        shown = tenant.get(path).json()
        for method in ("PUT", "PATCH"):
            response = tenant.call(method, path, json=shown)
            assert response.status_code == 200, (path, response.text)
        assert tenant.get(path).json() == shown
        changed = tenant.put(path, {**shown, "description": "other"})
        assert changed.status_code == 200, (path, changed.text)
        assert changed.json()["description"] == "other"
        # Of an earlier moment, so it is another value.
        late = tenant.put(path, {**shown, "description": "third"})
        assert late.status_code == 400
        assert late.json()["message"] == f"updated_at: {BY_SERVER}"
        assert tenant.get(path).json() == changed.json()


def test_an_item_of_a_bulk_request_may_repeat_what_it_cannot_change(
    tenant: client.Client, bulk: str, accounts: str, account: client.Body
) -> None:
    project = "4d657461-0000-0000-0000-000000000002"
    items = [account, {**account, "project_id": project}]
    for sent, status in zip(items, (200, 400), strict=True):
        (found,) = tenant.post(bulk, {"update": [sent]}).json()["update"]
        assert found["status"] == status, found
    assert found["error"] == f"project_id: {SET_ONCE}"
    assert tenant.get(accounts).json() == [account]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("project_id", "4d657461-0000-0000-0000-000000000002"),
        ("instance", "/v1/types/mail/instances/4d657461-0000-0000-0000-000000000002"),
        ("created_at", "2026-01-01T00:00:00Z"),
        ("updated_at", "2026-01-01T00:00:00Z"),
    ],
)
def test_fields_of_an_account_that_an_update_cannot_send(
    tenant: client.Client,
    accounts: str,
    account: client.Body,
    field: str,
    value: tp.Any,
) -> None:
    path = f"{accounts}{account['uuid']}"
    for method in ("PATCH", "PUT"):
        response = tenant.call(method, path, json={field: value})
        # the instance is another project's
        assert response.status_code == (404 if field == "instance" else 400)
        assert tenant.call(method, path, json={field: account[field]}).ok
    assert tenant.get(path).json() == account


@pytest.mark.parametrize(
    "time", ["x", 5, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", None, []]
)
def test_a_time_that_is_none_is_refused(
    tenant: client.Client, accounts: str, account: client.Body, time: tp.Any
) -> None:
    response = tenant.put(f"{accounts}{account['uuid']}", {"created_at": time})
    assert response.status_code == 400
    assert response.json()["message"].startswith("created_at: ")


@pytest.mark.parametrize("field", ["created_at", "updated_at"])
def test_times_of_an_account_cannot_be_chosen(
    tenant: client.Client, accounts: str, field: str
) -> None:
    body = {"username": "bob", "password": "p", field: "2026-01-01T00:00:00Z"}
    assert tenant.post(accounts, body).status_code == 403
    assert tenant.get(accounts).json() == []


@pytest.mark.parametrize("active", [True, False])
def test_active_can_be_set_read_and_changed(
    tenant: client.Client, accounts: str, active: bool
) -> None:
    body = {"username": "bob", "password": "p", "active": active}
    made = tenant.create(accounts, body)
    assert made["active"] is active
    path = f"{accounts}{made['uuid']}"
    assert tenant.get(path).json()["active"] is active
    assert tenant.patch(path, {"active": not active}).json()["active"] is not active
