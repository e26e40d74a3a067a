# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Every row of the README's table of endpoints, and the answers' shapes."""

import uuid

import pytest

from tests.functional import api as api_module
from tests.functional import resources

INSTANCE_FIELDS = {
    "uuid",
    "name",
    "project_id",
    "domain",
    "cpu",
    "ram",
    "disk_size",
    "version",
    "status",
    "ipsv4",
    "dkim_selector",
    "dkim_public_key",
    "certificates",
}


def test_versions_are_listed(api: api_module.Api) -> None:
    versions = api.list("/versions/")
    assert versions
    for version in versions:
        uuid.UUID(version["uuid"])
        assert version["name"]
        assert api.get(f"/versions/{version['uuid']}") == version


def test_versions_are_read_only(api: api_module.Api) -> None:
    version = api.list("/versions/")[0]
    path = f"/versions/{version['uuid']}"
    for method, where, body in (
        ("POST", "/versions/", {"name": "mine", "image": "http://x/y.raw"}),
        ("PATCH", path, {"name": "mine"}),
        ("PUT", path, {"name": "mine"}),
        ("DELETE", path, None),
    ):
        answer = api.call(method, where, json=body)
        assert 400 <= answer.status_code < 500, api_module.describe(answer)
    assert api.get(path) == version


def test_created_instance_is_shown_and_listed(
    api: api_module.Api, instance: resources.Instance
) -> None:
    shown = api.get(instance.path)
    assert set(shown) >= INSTANCE_FIELDS
    assert shown["version"] == api.version_reference()
    assert shown["project_id"] == api.cloud.project
    assert shown["ipsv4"] == [instance.host]
    assert instance.uuid in [one["uuid"] for one in api.list("/instances/")]


def test_created_account_is_shown_and_listed(
    api: api_module.Api, instance: resources.Instance, accounts: resources.Accounts
) -> None:
    account = accounts.create()
    shown = api.get(account.path)
    assert shown["username"] == account.username
    assert shown["active"] is True
    assert shown["instance"].endswith(f"/instances/{instance.uuid}")
    assert shown in api.list(instance.accounts)


def test_client_may_choose_the_uuid(
    api: api_module.Api, instance: resources.Instance, accounts: resources.Accounts
) -> None:
    """The platform's command line always does."""
    wanted = str(uuid.uuid4())
    account = accounts.create(uuid=wanted)
    assert account.uuid == wanted
    assert api.get(f"{instance.accounts}{wanted}")["uuid"] == wanted


def test_account_without_instance_in_the_body_takes_it_from_the_path(
    api: api_module.Api, instance: resources.Instance, accounts: resources.Accounts
) -> None:
    """The platform's command line sends none."""
    account = accounts.create(instance=None)
    shown = api.get(account.path)
    assert shown["instance"].endswith(f"/instances/{instance.uuid}")


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_instance_is_updated(
    api: api_module.Api, instance: resources.Instance, method: str
) -> None:
    before = api.get(instance.path)
    changed = api.update(instance.path, {"description": f"changed by {method}"}, method)
    assert changed["description"] == f"changed by {method}"
    for field in ("name", "domain", "cpu", "ram", "disk_size", "version"):
        assert changed[field] == before[field]
    assert api.get(instance.path)["description"] == f"changed by {method}"


def test_without_a_token_nothing_is_told(
    cloud: api_module.Cloud, instance: resources.Instance
) -> None:
    anonymous = api_module.Api(cloud, token="")
    liar = api_module.Api(cloud, token="not.a.token")
    for path in ("/versions/", "/instances/", instance.path, instance.accounts):
        for client in (anonymous, liar):
            answer = client.call("GET", path)
            assert answer.status_code in (401, 403), api_module.describe(answer)
            assert instance.domain not in answer.text
    for client in (anonymous, liar):
        answer = client.call("DELETE", instance.path)
        assert answer.status_code in (401, 403), api_module.describe(answer)
    assert api_module.Api(cloud).get(instance.path)["uuid"] == instance.uuid
