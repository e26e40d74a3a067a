# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Nobody reaches a tenant, or what is below, but by its own path and project."""

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import conftest
from tests.integration.support import client

COLLECTIONS = ("tenants/", *client.TENANT_PARTS)
NEW = {
    "tenants/": {"id": "new"},
    "api_keys/": client.TENANT_PARTS["api_keys/"],
    "relays/": {"id": "new", "host": "smtp.example.net"},
    "suppressions/": {"address": "new@example.net", "reason": "x"},
}


def answers(
    http: client.Client, path: str, one: str, collection: str
) -> list[client.requests.Response]:
    """Return the answers to all that can be asked of a collection and an object."""
    return [
        http.get(path),
        http.post(path, NEW[collection]),
        http.get(one),
        http.patch(one, {"name": "mallory"}),
        http.put(one, {"name": "mallory"}),
        http.delete(one),
    ]


def rows(db: conftest.Connection) -> list[object]:
    """Return everything of tenants and below."""
    return [
        db.execute(
            f"SELECT * FROM mail_send_{name[:-1]} ORDER BY uuid".encode()  # noqa: S608
        ).fetchall()
        for name in COLLECTIONS
    ]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_another_project_finds_nothing(
    stranger: client.Client,
    parts: dict[str, str],
    db: conftest.Connection,
    collection: str,
) -> None:
    (path,) = (one for one in parts if one.endswith(collection))
    before = rows(db)
    for answer in answers(stranger, path, parts[path], collection):
        assert answer.status_code == 404
    assert rows(db) == before


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("whose", ["own", "strangers"])
def test_an_object_is_not_found_by_the_path_of_another_instance(
    tenant: client.Client,
    stranger: client.Client,
    parts: dict[str, str],
    instance: client.Body,
    version: models.MailVersion,
    db: conftest.Connection,
    collection: str,
    whose: str,
) -> None:
    http = {"own": tenant, "strangers": stranger}[whose]
    other = http.create("/instances/", client.instance_body(version.uuid))
    (path,) = (one for one in parts if one.endswith(collection))
    swapped = (instance["uuid"], other["uuid"])
    path, one = path.replace(*swapped), parts[path].replace(*swapped)
    if collection == "tenants/":
        assert http.get(path).json() == []
        path = one + "/"  # the collection itself is there
    before = rows(db)
    for answer in answers(http, path, one, collection):
        assert answer.status_code == 404
    assert rows(db) == before


@pytest.mark.parametrize("collection", client.TENANT_PARTS)
def test_an_object_is_not_found_by_the_path_of_another_tenant(
    tenant: client.Client,
    tenants: str,
    shop: client.Body,
    parts: dict[str, str],
    collection: str,
) -> None:
    other = tenant.create(tenants, {"id": "other"})
    (path,) = (one for one in parts if one.endswith(collection))
    swapped = (shop["uuid"], other["uuid"])
    assert tenant.get(path.replace(*swapped)).json() == []
    one = parts[path].replace(*swapped)
    for answer in (
        tenant.get(one),
        tenant.patch(one, {"name": "mallory"}),
        tenant.delete(one),
    ):
        assert answer.status_code == 404
    assert tenant.get(parts[path]).status_code == 200


def test_a_body_may_only_repeat_the_parent_of_its_path(
    tenant: client.Client,
    stranger: client.Client,
    tenants: str,
    shop: client.Body,
    below: str,
    version: models.MailVersion,
) -> None:
    other = tenant.create(tenants, {"id": "other"})
    body = client.instance_body(version.uuid)
    foreign = f"/instances/{stranger.create('/instances/', body)['uuid']}/tenants/"
    theirs = stranger.create(foreign, {"id": "shop"})
    for collection, fine in client.TENANT_PARTS.items():
        for uri, status in (
            (f"{client.BASE}{tenants}{other['uuid']}", 400),
            (f"{client.BASE}{foreign}{theirs['uuid']}", 404),
            # the right tenant below a wrong instance
            (f"{client.BASE}{foreign}{shop['uuid']}", 404),
            (shop["instance"], 400),
            (f"{client.BASE}{tenants}{shop['uuid']}", 201),
        ):
            answer = tenant.post(below + collection, {**fine, "tenant": uri})
            assert answer.status_code == status, (uri, answer.text)


def test_what_is_below_belongs_to_the_project_of_its_tenant(
    tenant: client.Client, admin: client.Client, stranger: client.Client, below: str
) -> None:
    for collection, fine in client.TENANT_PARTS.items():
        foreign = {**fine, "project_id": str(stranger.project)}
        assert tenant.post(below + collection, foreign).status_code == 403
        # an administrator's token is bound to no project, the model still is
        refused = admin.post(below + collection, foreign)
        assert refused.status_code == 400
        assert refused.json()["message"].startswith("project_id: ")
        made = admin.create(below + collection, fine)
        assert made["project_id"] == str(tenant.project)


@pytest.mark.parametrize(
    ("collection", "field", "value"),
    [
        ("tenants/", "id", "other"),
        ("tenants/", "url", "https://192.0.2.1"),
        ("tenants/", "instance", "/v1/types/mail/instances/x"),
        ("api_keys/", "key", "exm_" + "x" * 40),
        ("api_keys/", "key_hash", "0" * 64),
        ("api_keys/", "tenant", "x"),
        ("relays/", "id", "other"),
        ("relays/", "tenant", "x"),
        ("suppressions/", "address", "other@example.net"),
        ("suppressions/", "tenant", "x"),
        *((one, "project_id", "x") for one in COLLECTIONS),
        *((one, "created_at", "2026-01-01T00:00:00Z") for one in COLLECTIONS),
        *((one, "updated_at", "2026-01-01T00:00:00Z") for one in COLLECTIONS),
    ],
)
def test_fields_that_an_update_cannot_change(
    tenant: client.Client,
    parts: dict[str, str],
    collection: str,
    field: str,
    value: str,
) -> None:
    (path,) = (one for one in parts if one.endswith(collection))
    before = tenant.get(parts[path]).json()
    # What is never shown cannot be sent back.
    expected = [(value, 403)]
    if field in before:
        expected = [(value, 400), (before[field], 200)]
    for sent, status in expected:
        for method in ("PATCH", "PUT"):
            answer = tenant.call(method, parts[path], json={field: sent})
            assert answer.status_code == status, answer.text
    assert tenant.get(parts[path]).json() == before


@pytest.mark.parametrize(
    ("collection", "field"),
    [
        ("tenants/", "url"),
        ("api_keys/", "key"),
        ("api_keys/", "key_hash"),
        *((one, "created_at") for one in COLLECTIONS),
        *((one, "updated_at") for one in COLLECTIONS),
    ],
)
def test_fields_that_a_creation_cannot_send(
    tenant: client.Client, parts: dict[str, str], collection: str, field: str
) -> None:
    (path,) = (one for one in parts if one.endswith(collection))
    answer = tenant.post(path, {**NEW[collection], field: "x" * 64})
    assert answer.status_code == 403
    assert len(tenant.get(path).json()) == 1
