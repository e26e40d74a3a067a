#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Every row of the README's table of field permissions, and our own fields."""

import typing as tp

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.support import client

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
    change = {field: OF_INSTANCE[field], "cpu": 3}
    answers = [tenant.post("/instances/", body)]
    answers += [tenant.patch(path, change), tenant.put(path, change)]
    if field in instance:  # not even with the value that it has
        answers.append(tenant.patch(path, {field: instance[field]}))
    assert {answer.status_code for answer in answers} == {403}
    assert tenant.get("/instances/").json() == [instance]


@pytest.mark.parametrize("field", ["domain", "project_id"])
def test_domain_and_project_are_set_at_creation_only(
    tenant: client.Client, instance: client.Body, field: str
) -> None:
    path = f"/instances/{instance['uuid']}"
    for value in (instance[field], "other.example"):
        for method in ("PATCH", "PUT"):
            response = tenant.call(method, path, json={field: value})
            assert response.status_code == 403
    assert tenant.get(path).json() == instance


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "bob"),
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
    for sent in (value, account[field]):
        for method in ("PATCH", "PUT"):
            response = tenant.call(method, path, json={field: sent})
            assert response.status_code == 403
    assert tenant.get(path).json() == account


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
