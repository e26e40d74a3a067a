# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Many accounts with one request: what is done, and what is told of it."""

import uuid as sys_uuid

from exordos_mail import constants as c
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_accounts
from tests.integration.controlplane.api.bulk_request import (
    KINDS,
    item,
    statuses,
    stored,
)
from tests.integration.support import client, user_api
from tests.unit import libcrypt


def test_accounts_are_created_changed_and_deleted_with_one_request(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    bulk: str,
    db: conftest.Connection,
) -> None:
    kept = tenant.create(accounts, item("kept", name="K"))
    gone = tenant.create(accounts, item("gone"))
    chosen = str(sys_uuid.uuid4())
    response = tenant.post(
        bulk,
        {
            "delete": [gone["uuid"]],
            "update": [{"uuid": kept["uuid"], "password": "new", "active": False}],
            "create": [
                item("gone", uuid=chosen, description="anew", active=False),
                {"username": "plain", "password": "secret"},
                item(
                    "full",
                    project_id=str(tenant.project),
                    instance=f"{client.BASE}/instances/{instance['uuid']}",
                ),
            ],
        },
    )
    assert response.status_code == 200
    answer = response.json()
    assert (answer["done"], answer["failed"]) == (5, 0)
    assert answer["delete"] == [{"index": 0, "status": 204, "uuid": gone["uuid"]}]
    assert answer["update"] == [{"index": 0, "status": 200, "uuid": kept["uuid"]}]
    assert statuses(answer, "create") == [201, 201, 201]
    assert answer["create"][0]["uuid"] == chosen
    rows = stored(db, instance)
    assert set(rows) == {"kept", "gone", "plain", "full"}
    assert {str(row["uuid"]) for row in rows.values()} == {
        kept["uuid"],
        *(one["uuid"] for one in answer["create"]),
    }
    assert (rows["kept"]["active"], rows["kept"]["name"]) == (False, "K")
    assert (rows["gone"]["active"], rows["gone"]["description"]) == (False, "anew")
    assert libcrypt.verifies("new", rows["kept"]["password_hash"])
    assert libcrypt.verifies("secret", rows["plain"]["password_hash"])
    # what a single request makes reads the same
    for one in tenant.get(accounts).json():
        assert tenant.get(f"{accounts}{one['uuid']}").json() == one


def test_each_kind_of_change_counts_one_generation_however_many_accounts(
    tenant: client.Client, instance: client.Body, accounts: str, bulk: str
) -> None:
    def generation() -> int:
        return int(tenant.get(f"/instances/{instance['uuid']}").json()["generation"])

    made = tenant.post(bulk, {"create": [item(f"u{n}") for n in range(50)]}).json()
    assert (made["done"], generation()) == (50, 2)
    uuids = [one["uuid"] for one in made["create"]]
    for change, counted in (
        ({"active": False}, 3),
        ({"active": False}, 3),
        ({"name": "x"}, 3),
    ):
        body = {"update": [{"uuid": uuid, **change} for uuid in uuids]}
        assert tenant.post(bulk, body).json()["done"] == 50
        assert generation() == counted
    assert tenant.post(bulk, {"delete": uuids}).json()["done"] == 50
    assert (generation(), tenant.get(accounts).json()) == (4, [])


def test_atomic_does_everything_or_nothing(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    bulk: str,
    account: client.Body,
    db: conftest.Connection,
) -> None:
    good = {
        "mode": "atomic",
        "delete": [account["uuid"]],
        "create": [item("bob"), item("carol")],
    }
    before = stored(db, instance)
    # before anything is written, and only when it is
    for wrong, status in ((item("bad name"), 400), (item("bob"), 409)):
        body = {**good, "create": [*good["create"], wrong]}
        response = tenant.post(bulk, body)
        assert response.status_code == status
        answer = response.json()
        assert (answer["code"], answer["done"], answer["failed"]) == (status, 0, 4)
        assert answer["message"].startswith("create 2: ")
        assert statuses(answer, "delete") == [424]
        assert statuses(answer, "create") == [424, 424, status]
        assert stored(db, instance) == before
    now = tenant.get(f"/instances/{instance['uuid']}").json()
    assert now["generation"] == 2
    response = tenant.post(bulk, good)
    assert (response.status_code, response.json()["failed"]) == (200, 0)
    assert set(stored(db, instance)) == {"bob", "carol"}


def test_the_limits_are_what_is_promised(
    tenant: client.Client, instance: client.Body, bulk: str, db: conftest.Connection
) -> None:
    items = [item(f"u{n}") for n in range(c.BULK_ITEMS_MAX - c.BULK_PASSWORDS_MAX)]
    items += [
        {"username": f"p{n}", "password": f"p{n}"} for n in range(c.BULK_PASSWORDS_MAX)
    ]
    answer = tenant.post(bulk, {"create": items}).json()
    assert (answer["done"], answer["failed"]) == (c.BULK_ITEMS_MAX, 0)
    assert len(stored(db, instance)) == c.BULK_ITEMS_MAX
    # the longest items that there are
    long = {
        "description": "\U0001f600" * 255,
        "name": "\U0001f600" * 255,
    }
    uuids = [one["uuid"] for one in answer["create"]]
    body = {"update": [{"uuid": uuid, **long} for uuid in uuids]}
    assert tenant.post(bulk, body).json()["done"] == c.BULK_ITEMS_MAX
    assert tenant.post(bulk, {"create": ["x" * c.BULK_BODY_MAX]}).status_code == 413


def test_an_empty_request_does_nothing(tenant: client.Client, bulk: str) -> None:
    for body in ({}, {"create": []}, {"mode": "atomic"}):
        response = tenant.post(bulk, body)
        assert response.status_code == 200
        assert response.json() == {
            "done": 0,
            "failed": 0,
            "delete": [],
            "update": [],
            "create": [],
        }


def test_the_description_of_the_api_knows_the_request(
    tenant: client.Client, api: user_api.UserApi
) -> None:
    url = f"{api.url}/specifications/3.0.3"
    paths = tenant.session.get(url, timeout=30).json()["paths"]
    path = f"{client.BASE}/instances/{{MailInstanceUuid}}/accounts/bulk/"
    assert list(paths[path]) == ["post"]
    operation = paths[path]["post"]
    sent = operation["requestBody"]["content"]["application/json"]["schema"]
    assert set(sent["properties"]) == {"mode", *KINDS}
    create = sent["properties"]["create"]
    assert create["maxItems"] == c.BULK_ITEMS_MAX
    single = {"uuid", "username", "password", "password_hash", "active", "name"}
    assert single < set(create["items"]["properties"])
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(answer["properties"]) == {"done", "failed", *KINDS}


def test_a_hash_is_stored_as_it_was_sent(
    tenant: client.Client, accounts: str, bulk: str, db: conftest.Connection
) -> None:
    hashes = [str(one) for one in libcrypt.HASHES.values()]
    items = [
        {"username": f"u{n}", "password_hash": one} for n, one in enumerate(hashes)
    ]
    assert tenant.post(bulk, {"create": items}).json()["failed"] == 0
    found = tenant.get(accounts, sort_key="username").json()
    by_name = {one["username"]: test_accounts.stored_hash(db, one) for one in found}
    assert by_name == {one["username"]: one["password_hash"] for one in items}
