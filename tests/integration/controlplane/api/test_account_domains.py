# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Accounts live in any domain of their instance."""

import concurrent.futures
import json
import typing as tp

import pytest

from exordos_mail.controlplane.documents import collection, registry
from exordos_mail.protocol import documents
from tests.integration.controlplane import conftest
from tests.integration.support import client

NO_DOMAIN = "no such domain of the instance: add it first"
TAKEN = (
    "an account of this username in this domain, or of this uuid, exists, or the"
    " instance is gone"
)


@pytest.fixture
def domains(instance: client.Body) -> str:
    """The path of an instance's domains."""
    return f"/instances/{instance['uuid']}/domains/"


@pytest.fixture
def org(tenant: client.Client, domains: str) -> client.Body:
    """A second domain."""
    return tenant.create(domains, {"name": "example.org"})


def ann(**more: tp.Any) -> client.Body:
    return {"username": "ann", "password_hash": client.HASH, **more}


def keys_of_documents(db: conftest.Connection, instance: client.Body) -> set[str]:
    """Return the logins that a node gets."""
    view = collection.View(db, instance["uuid"], tp.cast(tp.Any, None))
    buckets = registry.digests(view)["accounts"]
    found: set[str] = set()
    for bucket, text in registry.texts(view, "accounts", list(buckets)).texts.items():
        for login in json.loads(text):
            assert documents.bucket(login) == bucket
            found.add(login)
    return found


def test_one_name_in_two_domains_is_two_accounts(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    org: client.Body,
    db: conftest.Connection,
) -> None:
    first = tenant.create(accounts, ann())
    second = tenant.create(accounts, ann(domain="example.org"))
    assert (first["domain"], second["domain"]) == ("example.com", "example.org")
    assert keys_of_documents(db, instance) == {"ann", "ann@example.org"}
    assert tenant.get(accounts, domain="example.org").json() == [second]
    for body in (ann(), ann(domain="example.com"), ann(domain="example.org")):
        refused = tenant.post(accounts, body)
        assert (refused.status_code, refused.json()["message"]) == (409, TAKEN)
    path = accounts + second["uuid"]
    moved = tenant.patch(path, {"domain": "example.com"})
    assert (moved.status_code, moved.json()["message"]) == (409, TAKEN)
    assert tenant.put(path, second).status_code == 200
    assert tenant.delete(path).status_code == 204
    assert keys_of_documents(db, instance) == {"ann"}


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("example.net", 404, NO_DOMAIN),
        ("sub.example.org", 404, NO_DOMAIN),
        ("Example.org", 400, "write example.org"),
        ("example.org.", 400, "write example.org"),
        ("faß.example", 400, "write xn--fa-hia.example"),
        ("example.org' OR '1'='1", 400, "domain: a domain is"),
        ("", 400, "domain: a domain is"),
        (None, 400, "domain: null is not allowed"),
        (["example.org"], 400, "domain: "),
    ],
)
def test_another_domain_is_refused(
    tenant: client.Client,
    accounts: str,
    org: client.Body,
    name: object,
    status: int,
    text: str,
) -> None:
    refused = tenant.post(accounts, ann(domain=name))
    assert refused.status_code == status
    assert text in refused.json()["message"]


def test_the_address_is_as_long_as_smtp_can_carry(
    tenant: client.Client, accounts: str, domains: str
) -> None:
    long = ".".join(["a" * 60] * 4)
    tenant.create(domains, {"name": long})
    refused = tenant.post(accounts, ann(domain=long, username="a" * 11))
    assert refused.status_code == 400
    assert "at most 254" in refused.json()["message"]
    tenant.create(accounts, ann(domain=long, username="a" * 10))


def test_a_domain_where_accounts_live_is_not_deleted(
    tenant: client.Client, accounts: str, domains: str, org: client.Body
) -> None:
    path = domains + org["uuid"]
    made = [
        tenant.create(accounts, ann(username=f"u{n}", domain="example.org"))
        for n in range(7)
    ]
    refused = tenant.delete(path)
    assert refused.status_code == 409
    named = ", ".join(f"u{n}@example.org" for n in range(5))
    assert refused.json()["message"] == (
        f"accounts live in this domain: {named} and 2 more; delete them first"
    )
    for one in made[1:]:
        tenant.delete(accounts + one["uuid"])
    assert tenant.delete(path).json()["message"] == (
        "accounts live in this domain: u0@example.org; delete them first"
    )
    tenant.delete(accounts + made[0]["uuid"])
    assert tenant.delete(path).status_code == 204


def test_an_instance_goes_with_accounts_in_all_its_domains(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    org: client.Body,
    db: conftest.Connection,
) -> None:
    for domain in ("example.com", "example.org"):
        tenant.create(accounts, ann(domain=domain))
    assert tenant.delete(f"/instances/{instance['uuid']}").status_code == 204
    for table in ("mail_accounts", "mail_domains"):
        left = db.execute(
            f"SELECT FROM {table} WHERE instance = %s",
            (instance["uuid"],),
        ).fetchall()
        assert left == []


def test_an_account_and_the_deletion_of_its_domain_meet(
    tenant: client.Client, colleague: client.Client, accounts: str, domains: str
) -> None:
    for number in range(8):
        name = f"d{number}.example"
        made = tenant.create(domains, {"name": name})
        with concurrent.futures.ThreadPoolExecutor() as pool:
            add = pool.submit(tenant.post, accounts, ann(domain=name))
            deletion = pool.submit(colleague.delete, domains + made["uuid"])
        statuses = add.result().status_code, deletion.result().status_code
        assert statuses in ((201, 409), (404, 204))


def test_a_bulk_leaves_out_who_has_no_domain(
    tenant: client.Client, bulk: str, accounts: str, org: client.Body
) -> None:
    body = {
        "create": [
            ann(),
            ann(domain="example.org"),
            ann(domain="example.net"),
            ann(domain="example.org"),
            ann(domain="Example.org", username="bob"),
        ]
    }
    found = tenant.post(bulk, body).json()
    results = found["create"]
    assert [one["status"] for one in results] == [201, 201, 404, 409, 400]
    assert results[2]["error"] == NO_DOMAIN
    assert results[3]["error"] == TAKEN
    assert found["done"] == 2
    shown = {one["domain"] for one in tenant.get(accounts).json()}
    assert shown == {"example.com", "example.org"}
    refused = tenant.post(
        bulk,
        {"mode": "atomic", "create": [ann(username="x"), ann(domain="example.net")]},
    )
    assert refused.status_code == 404
    assert len(tenant.get(accounts).json()) == 2
