# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Paging, filters and sorting of lists."""

import base64
import typing as tp
import uuid as sys_uuid

import psycopg
import pytest

from exordos_mail import constants as c
from exordos_mail.controlplane.dm import models
from tests.integration.support import client

COUNT = 1205


@pytest.fixture(scope="module")
def many(
    api: tp.Any, version: models.MailVersion, database_url: str
) -> tuple[client.Client, str]:
    """An instance with COUNT accounts, and who may see it."""
    tenant = client.Client(api.url, project=sys_uuid.uuid4())
    made = tenant.create("/instances/", client.instance_body(version.uuid))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO mail_accounts (uuid, project_id, instance, username, name,"
            " password_hash, active, created_at, updated_at)"
            " SELECT gen_random_uuid(), %s, %s, 'u' || n, 'group ' || n %% 3, %s,"
            " n %% 2 = 0, now(), now() FROM generate_series(1, %s) AS n",
            (tenant.project, made["uuid"], client.HASH, COUNT),
        )
    return tenant, f"/instances/{made['uuid']}/accounts/"


def pages(
    tenant: client.Client, path: str, **params: tp.Any
) -> list[list[client.Body]]:
    """Return all pages of a list, following the markers."""
    result = []
    marker: dict[str, str] = {}
    while True:
        response = tenant.get(path, **params, **marker)
        assert response.status_code == 200, response.text
        result.append(response.json())
        found = response.headers.get("X-Pagination-Marker")
        if found is None:
            return result
        marker = {"page_marker": found}


def test_a_page_holds_100_unless_told(many: tuple[client.Client, str]) -> None:
    tenant, path = many
    response = tenant.get(path)
    assert len(response.json()) == c.PAGE_SIZE_DEFAULT == 100
    assert response.headers["X-Pagination-Limit"] == "100"
    assert response.headers["X-Pagination-Marker"] == response.json()[-1]["uuid"]


@pytest.mark.parametrize("limit", ["1001", "999999999", "9" * 30])
def test_a_page_holds_1000_at_most(many: tuple[client.Client, str], limit: str) -> None:
    tenant, path = many
    response = tenant.get(path, page_limit=limit)
    assert len(response.json()) == c.PAGE_SIZE_MAX == 1000
    assert response.headers["X-Pagination-Limit"] == "1000"


@pytest.mark.parametrize("limit", ["-1", "x", "1.5", "9" * 5000])
def test_a_limit_that_is_no_number_is_refused(
    many: tuple[client.Client, str], limit: str
) -> None:
    tenant, path = many
    assert tenant.get(path, page_limit=limit).status_code == 400


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"page_limit": 500},
        {"page_limit": 241},
        {"sort_key": "name"},
        {"sort_key": "name", "sort_dir": "desc", "page_limit": 150},
        {"sort_key": "username", "sort_dir": "asc", "page_limit": 300},
        {"sort_key": "active", "sort_dir": "desc", "page_limit": 300},
        {"sort_key": "uuid", "sort_dir": "desc", "page_limit": 300},
        {"sort_key": "created_at", "page_limit": 300},
    ],
)
def test_the_pages_together_hold_everything_once_and_in_order(
    many: tuple[client.Client, str], params: dict[str, tp.Any]
) -> None:
    tenant, path = many
    found = [one for page in pages(tenant, path, **params) for one in page]
    assert len(found) == COUNT
    assert len({one["uuid"] for one in found}) == COUNT
    key = str(params.get("sort_key", "uuid"))
    values = [one[key] for one in found]
    assert values == sorted(values, reverse=params.get("sort_dir") == "desc")


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"sort_key": "uuid", "sort_dir": "desc"},
        {"sort_key": "username"},
        {"sort_key": "name", "sort_dir": "desc"},
        {"sort_key": "active", "sort_dir": "desc"},
        {"sort_key": "created_at"},
        {"sort_key": "updated_at", "sort_dir": "desc", "q": 'username != "nobody"'},
    ],
)
def test_a_list_goes_on_where_its_last_object_was(
    tenant: client.Client, accounts: str, params: dict[str, tp.Any]
) -> None:
    for n in range(5):
        body = {"username": f"u{n}", "name": "пять", "password_hash": client.HASH}
        tenant.create(accounts, {**body, "active": n % 2 == 0})
    everything = tenant.get(accounts, **params).json()
    first = tenant.get(accounts, page_limit=2, **params)
    assert tenant.delete(f"{accounts}{first.json()[-1]['uuid']}").status_code == 204
    marker = first.headers["X-Pagination-Marker"]
    rest = tenant.get(accounts, page_marker=marker, **params)
    assert rest.status_code == 200
    assert rest.json() == everything[2:]


def test_pages_go_on_from_a_bare_identifier_while_its_object_is_there(
    tenant: client.Client, accounts: str
) -> None:
    made = [
        tenant.create(accounts, {"username": f"u{n}", "password_hash": client.HASH})
        for n in range(3)
    ]
    query = {"sort_key": "username", "page_marker": made[1]["uuid"]}
    assert [one["username"] for one in tenant.get(accounts, **query).json()] == ["u2"]
    tenant.delete(f"{accounts}{made[1]['uuid']}")
    gone = tenant.get(accounts, **query)
    assert gone.status_code == 400
    assert "X-Pagination-Marker" in gone.json()["message"]


@pytest.mark.parametrize(
    "position",
    [b'{"name": 5}', b'{"name": null}', b'{"name": "a\\u0000"}', b"[]", b"{", b"\xff"],
)
def test_a_marker_that_is_none_of_ours_is_refused(
    tenant: client.Client, accounts: str, position: bytes
) -> None:
    encoded = base64.urlsafe_b64encode(position).decode()
    for marker in (f"{sys_uuid.UUID(int=7)}.{encoded}", f"x.{encoded}", "." * 9000):
        params = {"sort_key": "name", "page_marker": marker}
        assert tenant.get(accounts, **params).status_code == 400


def test_pages_of_a_filtered_list_hold_what_matches(
    many: tuple[client.Client, str],
) -> None:
    tenant, path = many
    filters = {"active": "true", "name": ["group 1", "group 2"]}
    found = [one for page in pages(tenant, path, **filters) for one in page]
    expected = {f"u{n}" for n in range(1, COUNT + 1) if n % 2 == 0 and n % 3}
    assert {one["username"] for one in found} == expected
    expression = 'active = true AND (name = "group 1" OR name = "group 2")'
    same = [one for page in pages(tenant, path, q=expression) for one in page]
    assert same == found


def test_an_account_is_found_by_its_name(many: tuple[client.Client, str]) -> None:
    tenant, path = many
    for params in ({"username": "u777"}, {"q": 'username = "u777"'}):
        found = tenant.get(path, **params).json()
        assert [one["username"] for one in found] == ["u777"]


def test_instances_are_found_by_what_is_shown_of_them(
    tenant: client.Client, version: models.MailVersion
) -> None:
    bodies = [
        client.instance_body(version.uuid, name=f"m{n}", domain=f"d{n}.test", cpu=n)
        for n in (1, 2, 3)
    ]
    made = [tenant.create("/instances/", body) for body in bodies]
    for params in (
        {"name": "m2"},
        {"domain": "d2.test"},
        {"cpu": 2},
        {"uuid": made[1]["uuid"]},
        {"q": "cpu > 1 AND cpu < 3"},
        {"status": "NEW", "name": "m2", "version": made[1]["version"]},
        {"created_at": made[1]["created_at"]},
    ):
        assert tenant.get("/instances/", **params).json() == [made[1]], params
    ordered = tenant.get("/instances/", sort_key="cpu", sort_dir="desc").json()
    assert ordered == made[::-1]
    assert tenant.get("/instances/", q="ipv4 = null").json().__len__() == 3
    assert tenant.get("/instances/", status="ACTIVE").json() == []


@pytest.mark.parametrize(
    "params",
    [
        {"no_such_field": "x"},
        {"password": "x"},
        {"password_hash": "x"},
        {"q": 'password_hash = "x"'},
        {"q": "password_hash:*"},
        {"q": "nonsense ="},
        {"sort_key": "password_hash"},
        {"sort_key": "no_such_field"},
        {"sort_key": "name", "sort_dir": "up"},
        {"sort_key": ["name", "uuid"]},
        {"active": "yes"},
        {"uuid": "x"},
        {"page_marker": "x"},
        {"created_at": "9999-12-31T23:59:59-14:00"},
        {"q": 'created_at > "0001-01-01T00:00:00+14:00"'},
    ],
)
def test_a_query_that_makes_no_sense_or_asks_for_a_secret_is_refused(
    many: tuple[client.Client, str], params: dict[str, tp.Any]
) -> None:
    tenant, path = many
    assert tenant.get(path, **params).status_code == 400


def test_a_client_may_ask_for_some_fields(
    tenant: client.Client, accounts: str, account: client.Body
) -> None:
    found = tenant.get(accounts, fields=["username", "active", "password_hash"])
    assert found.json() == [{"username": "alice", "active": True}]
