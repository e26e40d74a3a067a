# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Every line of the README's table of field permissions."""

import typing as tp

import pytest

from tests.functional import api as api_module
from tests.functional import resources

#: Fields that a client may only read, with a value that it might try.
OBSERVED = {
    "status": "ERROR",
    "ipsv4": ["192.0.2.99"],
    "dkim_public_key": "v=DKIM1; k=rsa; p=AAAA",
    "dkim_selector": "mine",
}


def refused(answer: tp.Any) -> None:
    """Fail unless the answer is a 4xx that says why."""
    assert 400 <= answer.status_code < 500, api_module.describe(answer)
    assert answer.json()["message"]


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("field", ["domain", *OBSERVED])
def test_read_only_field_of_an_instance_is_not_updated(
    api: api_module.Api, instance: resources.Instance, field: str, method: str
) -> None:
    before = api.get(instance.path)
    value = OBSERVED.get(field, "other.example.com")
    refused(api.call(method, instance.path, json={field: value}))
    assert api.get(instance.path)[field] == before[field]


@pytest.mark.parametrize("field", OBSERVED)
def test_observed_field_of_an_instance_is_not_created(
    api: api_module.Api, field: str
) -> None:
    body = api.instance_body(**{field: OBSERVED[field]})
    refused(api.call("POST", "/instances/", json=body))
    assert api.list("/instances/", name=body["name"]) == []


def test_observed_fields_of_an_active_instance_are_shown(
    api: api_module.Api, instance: resources.Instance
) -> None:
    shown = api.get(instance.path)
    assert shown["status"] == "ACTIVE"
    assert shown["ipsv4"]
    assert shown["dkim_selector"].startswith("x")
    assert shown["dkim_public_key"].startswith("v=DKIM1;")


def test_domain_is_created_and_read(
    api: api_module.Api, instance: resources.Instance
) -> None:
    assert api.get(instance.path)["domain"] == instance.domain


def test_username_is_updated(api: api_module.Api, accounts: resources.Accounts) -> None:
    account = accounts.create()
    new_name = {"username": api_module.unique_username()}
    api.update(account.path, new_name)
    assert api.get(account.path)["username"] == new_name["username"]


@pytest.mark.parametrize("field", ["instance", "project_id", "uuid"])
def test_account_is_not_moved(
    api: api_module.Api, accounts: resources.Accounts, field: str
) -> None:
    account = accounts.create()
    before = api.get(account.path)
    refused(api.call("PATCH", account.path, json={field: api_module.unknown_uuid()}))
    assert api.get(account.path) == before


def test_active_is_created_read_and_updated(
    api: api_module.Api, accounts: resources.Accounts
) -> None:
    account = accounts.create(active=False)
    assert api.get(account.path)["active"] is False
    api.update(account.path, {"active": True})
    assert api.get(account.path)["active"] is True


def test_password_hash_is_hidden(
    api: api_module.Api, accounts: resources.Accounts, instance: resources.Instance
) -> None:
    account = accounts.create()
    for shown in (api.get(account.path), *api.list(instance.accounts)):
        assert not {"password", "password_hash"} & set(shown)
