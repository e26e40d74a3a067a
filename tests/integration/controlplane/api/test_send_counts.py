# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""What a node gets to see counts once: tags, generations and bounds.

A new tag is how a node learns that it has to fetch a tenant again.
"""

import typing as tp

import psycopg
import pytest

from tests.integration.controlplane import conftest
from tests.integration.support import client

SECRET = {"callback_auth": "bearer", "callback_secret": "t"}
LOGIN = {"username": "u", "password": "p"}

# By collection: changes that no node sees, and changes that it sees.
UNSEEN: dict[str, list[client.Body]] = {
    "tenants/": [{}, {"description": "x"}, {"active": True}, {"callback_auth": "none"}],
    "api_keys/": [{}, {"description": "x"}, {"scopes": ["send"]}, {"name": "web"}],
    "relays/": [{}, {"description": "x"}, {"name": "x"}, {"port": 587}],
    "suppressions/": [{}, {"description": "x"}, {"name": "x"}, {"expires_at": None}],
}
SEEN: dict[str, list[client.Body]] = {
    "tenants/": [
        {"name": "x"},
        {"active": False, "limit_minute": 1},
        {"limit_hour": 1},
        {"limit_day": 1},
        {"callback_url": "https://a.example/"},
        {"attachment_url": "https://a.example/"},
        SECRET,
        {"callback_secret": "another"},
        {"callback_auth": "none"},
    ],
    "api_keys/": [
        {"name": "x"},
        {"scopes": ["read"]},
        {"expires_at": "2027-01-31T12:00:00Z"},
    ],
    "relays/": [
        {"host": "b.example"},
        {"port": 25},
        {"tls": "implicit"},
        {"tls_verify": False},
        LOGIN,
        {"password": "another"},
        {"connection_seconds": 1},
        {"connection_messages": 1},
        {"concurrency": 1},
        {"timeout_seconds": 1},
        {"limit_minute": 1},
        {"limit_hour": 1},
        {"limit_day": 1},
        {"over_limit": "reject"},
    ],
    "suppressions/": [{"reason": "x"}, {"expires_at": "2027-01-31T12:00:00Z"}],
}


class Count:
    """Watches an instance and the tags of its tenants."""

    def __init__(self, db: conftest.Connection, instance: client.Body) -> None:
        self._db = db
        self._instance = instance["uuid"]
        self.seen = self.now()

    def now(self) -> tuple[int, dict[str, str]]:
        """Return the generation and the tag of each tenant."""
        row = self._db.execute(
            "SELECT generation FROM mail_instances WHERE uuid = %s", (self._instance,)
        ).fetchone()
        assert row is not None
        tags = self._db.execute(
            "SELECT id, tag FROM mail_send_tenants AS tenants"
            " JOIN mail_document_buckets ON bucket = tenants.uuid::text"
            " WHERE tenants.instance = %s AND collection = 'tenants'",
            (self._instance,),
        ).fetchall()
        return row["generation"], {tag["id"]: str(tag["tag"]) for tag in tags}

    def check(self, *changed: str) -> None:
        """Check that one generation was counted for these tenants, or none."""
        (generation, tags), (count, before) = self.now(), self.seen
        assert generation == count + bool(changed)
        names = tags.keys() | before.keys()
        differing = {name for name in names if tags.get(name) != before.get(name)}
        assert differing == set(changed)
        self.seen = generation, tags


@pytest.fixture
def count(
    db: conftest.Connection,
    tenant: client.Client,
    instance: client.Body,
    tenants: str,
    parts: dict[str, str],
) -> Count:
    """The count of an instance with two tenants, of which one has all below."""
    tenant.create(tenants, {"id": "bystander"})
    return Count(db, instance)


@pytest.mark.parametrize("collection", SEEN)
def test_what_a_node_sees_counts_once_and_nothing_else_does(
    tenant: client.Client, parts: dict[str, str], count: Count, collection: str
) -> None:
    (path,) = (one for one in parts if one.endswith(collection))
    for change in UNSEEN[collection]:
        assert tenant.patch(parts[path], change).status_code == 200
        count.check()
    for change in SEEN[collection]:
        answer = tenant.patch(parts[path], change)
        assert answer.status_code == 200, answer.text
        count.check("shop")
    assert tenant.delete(parts[path]).status_code == 204
    count.check("shop")
    new = {"tenants/": {"id": "new"}, **client.TENANT_PARTS}[collection]
    tenant.create(path, new)
    count.check("new" if collection == "tenants/" else "shop")
    assert tenant.post(path, {**new, "uuid": "x"}).status_code == 400
    count.check()


# Statements by hand on many rows, and the tenants that they concern.
STATEMENTS: list[tuple[str, str, tuple[str, ...]]] = [
    ("mail_send_suppressions", "reason = 'x'", ("shop", "bystander")),
    ("mail_send_suppressions", "reason = 'x', name = name", ("shop", "bystander")),
    ("mail_send_suppressions", "name = 'x'", ()),
    ("mail_send_suppressions", "reason = reason", ()),
    ("mail_send_tenants", "active = FALSE", ("shop", "bystander")),
    ("mail_send_tenants", "description = 'x', updated_at = now()", ()),
    ("mail_send_api_keys", "key = 'x'", ()),
]


@pytest.mark.parametrize(("table", "change", "changed"), STATEMENTS)
def test_one_statement_on_many_rows_counts_once(
    db: conftest.Connection,
    tenant: client.Client,
    tenants: str,
    count: Count,
    table: str,
    change: str,
    changed: tuple[str, ...],
) -> None:
    (other,) = tenant.get(tenants, id="bystander").json()
    for n in range(3):
        body = {"address": f"a{n}@example.net", "reason": "y"}
        tenant.create(f"{tenants}{other['uuid']}/suppressions/", body)
    count.seen = count.now()
    where = (tenant.project,)
    db.execute(
        f"UPDATE {table} SET {change} WHERE project_id = %s".encode(),  # noqa: S608
        where,
    )
    count.check(*changed)
    db.execute(
        f"DELETE FROM {table} WHERE project_id = %s AND FALSE".encode(),  # noqa: S608
        where,
    )
    count.check()


def test_the_end_of_a_tenant_counts_once_whatever_is_below(
    tenant: client.Client, tenants: str, shop: client.Body, count: Count
) -> None:
    assert tenant.delete(f"{tenants}{shop['uuid']}").status_code == 204
    count.check("shop")


def test_a_change_of_a_tenant_tells_the_builders(
    tenant: client.Client,
    instance: client.Body,
    below: str,
    database_url: str,
) -> None:
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute("LISTEN exordos_mail")
        for collection, body in client.TENANT_PARTS.items():
            tenant.create(below + collection, body)
            (one,) = listener.notifies(timeout=10, stop_after=1)
            assert one.payload == instance["uuid"]


FILL = {
    "mail_send_tenants": (
        "INSERT INTO mail_send_tenants"
        " (uuid, project_id, instance, id, created_at, updated_at)"
        " SELECT gen_random_uuid(), project_id, uuid, 't' || n, now(), now()"
        " FROM mail_instances, generate_series(1, %(most)s - %(there)s) AS n"
        " WHERE project_id = %(project)s",
        1_000,
        "tenants/",
        {"id": "one-more"},
        "an instance has at most 1000 tenants",
    ),
    "mail_send_api_keys": (
        "INSERT INTO mail_send_api_keys"
        " (uuid, name, project_id, tenant, scopes, key_hash, created_at, updated_at)"
        " SELECT gen_random_uuid(), 'k', project_id, uuid, '{send}',"
        " gen_random_uuid()::text, now(), now()"
        " FROM mail_send_tenants, generate_series(1, %(most)s - %(there)s) AS n"
        " WHERE project_id = %(project)s AND id = 'shop'",
        100,
        "api_keys/",
        client.TENANT_PARTS["api_keys/"],
        "a tenant has at most 100 API keys",
    ),
    "mail_send_relays": (
        "INSERT INTO mail_send_relays"
        " (uuid, project_id, tenant, id, host, port, tls, tls_verify,"
        " connection_seconds, connection_messages, concurrency, timeout_seconds,"
        " over_limit, created_at, updated_at)"
        " SELECT gen_random_uuid(), project_id, uuid, 's' || n, 'a.example', 25,"
        " 'none', TRUE, 1, 1, 1, 1, 'defer', now(), now()"
        " FROM mail_send_tenants, generate_series(1, %(most)s - %(there)s) AS n"
        " WHERE project_id = %(project)s AND id = 'shop'",
        100,
        "relays/",
        {"id": "one-more", "host": "a.example"},
        "a tenant has at most 100 relays",
    ),
    "mail_send_suppressions": (
        "INSERT INTO mail_send_suppressions"
        " (uuid, project_id, tenant, address, reason, created_at, updated_at)"
        " SELECT gen_random_uuid(), project_id, uuid, n || '@a.example', 'x',"
        " now(), now()"
        " FROM mail_send_tenants, generate_series(1, %(most)s - %(there)s) AS n"
        " WHERE project_id = %(project)s AND id = 'shop'",
        10_000,
        "suppressions/",
        {"address": "one-more@a.example", "reason": "x"},
        "a tenant has at most 10000 suppressions",
    ),
}


@pytest.mark.parametrize("table", FILL)
def test_one_more_than_the_most_is_refused(
    tenant: client.Client,
    parts: dict[str, str],
    count: Count,
    db: conftest.Connection,
    table: str,
) -> None:
    statement, most, collection, body, message = FILL[table]
    (path,) = (one for one in parts if one.endswith(collection))
    there = len(tenant.get(path).json())
    values: dict[str, tp.Any] = {"project": tenant.project, "most": most}
    db.execute(statement.encode(), {**values, "there": there + 1})
    made = tenant.create(path, body)
    count.seen = count.now()
    twin = {
        name: value + "x" if name in ("id", "address") else value
        for name, value in body.items()
    }
    answer = tenant.post(path, twin)
    assert answer.status_code == 400, answer.text
    assert answer.json()["message"] == message
    count.check()
    assert tenant.patch(f"{path}{made['uuid']}", {"name": "x"}).status_code == 200
    assert tenant.delete(f"{path}{made['uuid']}").status_code == 204
    tenant.create(path, twin)
