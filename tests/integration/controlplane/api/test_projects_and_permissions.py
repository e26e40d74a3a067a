# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who may see and do what: projects and IAM permissions."""

import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.support import client, user_api

POLICIES = (
    "mail_instance",
    "account",
    "mail_version",
    "send_tenant",
    "send_api_key",
    "send_relay",
    "send_suppression",
)
ACTIONS = ("create", "read", "update", "delete")
NAMES = [f"exordos_mail.{policy}.{action}" for policy in POLICIES for action in ACTIONS]


def test_another_project_finds_neither_instance_nor_accounts(
    stranger: client.Client,
    instance: client.Body,
    accounts: str,
    account: client.Body,
    tenant: client.Client,
) -> None:
    one = f"/instances/{instance['uuid']}"
    body = {"username": "mallory", "password": "p"}
    assert stranger.get("/instances/").json() == []
    for response in (
        stranger.get(one),
        stranger.patch(one, {"cpu": 4}),
        stranger.put(one, {"cpu": 4}),
        stranger.delete(one),
        stranger.get(accounts),
        stranger.post(accounts, body),
        stranger.get(f"{accounts}{account['uuid']}"),
        stranger.patch(f"{accounts}{account['uuid']}", {"active": False}),
        stranger.delete(f"{accounts}{account['uuid']}"),
    ):
        assert response.status_code == 404
    assert tenant.get(one).json()["generation"] == 2
    assert tenant.get(accounts).json() == [account]


def test_a_body_cannot_refer_to_another_projects_instance(
    tenant: client.Client,
    stranger: client.Client,
    instance: client.Body,
    version: models.MailVersion,
) -> None:
    own = stranger.create("/instances/", client.instance_body(version.uuid))
    body = {
        "username": "mallory",
        "password": "p",
        "instance": f"{client.BASE}/instances/{instance['uuid']}",
    }
    path = f"/instances/{own['uuid']}/accounts/"
    assert stranger.post(path, body).status_code == 404


def test_a_token_of_a_project_makes_and_lists_nothing_elsewhere(
    tenant: client.Client, instance: client.Body, version: models.MailVersion
) -> None:
    other = str(sys_uuid.uuid4())
    body = client.instance_body(version.uuid, project_id=other)
    assert tenant.post("/instances/", body).status_code == 403
    assert tenant.get("/instances/", project_id=other).status_code == 403
    both = [instance["project_id"], other]
    assert tenant.get("/instances/", project_id=both).status_code == 403
    own = [instance["project_id"]] * 2
    assert tenant.get("/instances/", project_id=own).json() == [instance]
    expression = f'project_id = "{other}"'
    assert tenant.get("/instances/", q=expression).json() == []


def test_an_account_belongs_to_its_instances_project(
    tenant: client.Client, admin: client.Client, accounts: str
) -> None:
    other = str(sys_uuid.uuid4())
    body = {"username": "bob", "password": "p", "project_id": other}
    assert tenant.post(accounts, body).status_code == 403
    # an administrator's token is bound to no project, the model still is
    refused = admin.post(accounts, body)
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("project_id: ")
    made = admin.create(accounts, {"username": "bob", "password": "p"})
    assert made["project_id"] == str(tenant.project)


def test_an_administrator_without_a_project_must_name_one_and_sees_all(
    admin: client.Client,
    tenant: client.Client,
    instance: client.Body,
    version: models.MailVersion,
) -> None:
    body = client.instance_body(version.uuid)
    refused = admin.post("/instances/", body)
    assert refused.status_code == 400
    assert refused.json()["message"] == "project_id: a value is required"
    project = str(sys_uuid.uuid4())
    made = admin.create("/instances/", {**body, "project_id": project})
    assert made["project_id"] == project
    assert admin.get("/instances/", project_id=project).json() == [made]
    both = [project, str(tenant.project)]
    assert len(admin.get("/instances/", project_id=both).json()) == 2
    assert admin.get(f"/instances/{instance['uuid']}").json() == instance


# What each request needs, besides reading the objects that its path names.
REQUESTS = {
    ("GET", "/versions/"): {"mail_version.read"},
    ("GET", "/versions/{version}"): {"mail_version.read"},
    ("GET", "/instances/"): {"mail_instance.read"},
    ("POST", "/instances/"): {"mail_instance.create", "mail_version.read"},
    ("GET", "/instances/{instance}"): {"mail_instance.read"},
    ("PATCH", "/instances/{instance}"): {"mail_instance.update"},
    ("PUT", "/instances/{instance}"): {"mail_instance.update"},
    ("GET", "/instances/{instance}/accounts/"): {"mail_instance.read", "account.read"},
    ("POST", "/instances/{instance}/accounts/"): {
        "mail_instance.read",
        "account.create",
    },
    ("GET", "/instances/{instance}/accounts/{account}"): {
        "mail_instance.read",
        "account.read",
    },
    ("PATCH", "/instances/{instance}/accounts/{account}"): {
        "mail_instance.read",
        "account.read",
        "account.update",
    },
    ("DELETE", "/instances/{instance}/accounts/{account}"): {
        "mail_instance.read",
        "account.read",
        "account.delete",
    },
    ("DELETE", "/instances/{instance}"): {"mail_instance.delete"},
    ("GET", "/instances/{instance}/tenants/"): {
        "mail_instance.read",
        "send_tenant.read",
    },
    ("POST", "/instances/{instance}/tenants/"): {
        "mail_instance.read",
        "send_tenant.create",
    },
    ("PATCH", "/instances/{instance}/tenants/{tenant}"): {
        "mail_instance.read",
        "send_tenant.read",
        "send_tenant.update",
    },
    ("DELETE", "/instances/{instance}/tenants/{tenant}"): {
        "mail_instance.read",
        "send_tenant.read",
        "send_tenant.delete",
    },
    **{
        (method, f"/instances/{{instance}}/tenants/{{tenant}}/{path}"): {
            "mail_instance.read",
            "send_tenant.read",
            *(f"{policy}.{action}" for action in actions),
        }
        for collection, policy in (
            ("api_keys", "send_api_key"),
            ("relays", "send_relay"),
            ("suppressions", "send_suppression"),
        )
        for method, path, actions in (
            ("GET", f"{collection}/", ("read",)),
            ("POST", f"{collection}/", ("create",)),
            ("GET", f"{collection}/{{{collection}}}", ("read",)),
            ("PATCH", f"{collection}/{{{collection}}}", ("read", "update")),
            ("DELETE", f"{collection}/{{{collection}}}", ("read", "delete")),
        )
    },
}
# Bodies of POST by the collection that ends the path.
BODIES = {
    "accounts/": {"username": "bob", "password": "p"},
    "tenants/": {"id": "new"},
    "api_keys/": client.TENANT_PARTS["api_keys/"],
    "relays/": {"id": "new", "host": "smtp.example.net"},
    "suppressions/": {"address": "new@example.net", "reason": "x"},
}


@pytest.mark.parametrize(("method", "pattern"), REQUESTS)
def test_a_request_needs_its_permissions_and_no_others(
    api: user_api.UserApi,
    tenant: client.Client,
    instance: client.Body,
    account: client.Body,
    shop: client.Body,
    parts: dict[str, str],
    version: models.MailVersion,
    method: str,
    pattern: str,
) -> None:
    ids = {one.split("/")[-2]: one.split("/")[-1] for one in parts.values()}
    path = pattern.format(
        version=version.uuid,
        instance=instance["uuid"],
        account=account["uuid"],
        tenant=shop["uuid"],
        **ids,
    )
    bodies = {"instances/": client.instance_body(version.uuid), **BODIES}
    collection = pattern.removesuffix("/").rpartition("/")[2] + "/"
    body = bodies.get(collection, {"name": "renamed"}) if method != "GET" else None
    needed = {f"exordos_mail.{name}" for name in REQUESTS[method, pattern]}
    for missing in needed:
        for permissions in (set(NAMES) - {missing}, ()):
            http = client.Client(api.url, tenant.project, permissions)
            refused = http.call(method, path, json=body)
            assert refused.status_code == 403, (missing, refused.text)
    http = client.Client(api.url, tenant.project, needed)
    assert http.call(method, path, json=body).status_code in (200, 201, 204)


def test_nobody_gets_anything_without_a_token(api: user_api.UserApi) -> None:
    nobody = client.Client(api.url)
    del nobody.session.headers["Authorization"]
    for path in ("/versions/", "/instances/"):
        assert nobody.get(path).status_code == 403
    nobody.session.headers["Authorization"] = "Bearer nonsense"
    assert nobody.get("/instances/").status_code == 401
