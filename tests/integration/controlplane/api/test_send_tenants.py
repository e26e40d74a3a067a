# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Tenants of the send service and what is below, from creation to deletion."""

import hashlib
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane import keyring, sealed_box
from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import conftest
from tests.integration.support import client

SIGNING_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def stored(db: conftest.Connection, table: str, uuid: str) -> dict[str, tp.Any]:
    """Return a row."""
    row = db.execute(
        f"SELECT * FROM {table} WHERE uuid = %s".encode(),  # noqa: S608 our own names
        (uuid,),
    ).fetchone()
    assert row is not None
    return row


def shown(made: client.Body, **fields: tp.Any) -> client.Body:
    """Return what the API shows of an object with these fields."""
    common = ("uuid", "project_id", "created_at", "updated_at")
    return {**{name: made[name] for name in common}, **fields}


def test_a_tenant_needs_no_more_than_a_slug(
    tenant: client.Client, instance: client.Body, tenants: str
) -> None:
    response = tenant.post(tenants, {"id": "shop"})
    assert response.status_code == 201, response.text
    made = response.json()
    assert made == shown(
        made,
        name="",
        description="",
        instance=f"{client.BASE}/instances/{instance['uuid']}",
        id="shop",
        active=True,
        limit_minute=None,
        limit_hour=None,
        limit_day=None,
        callback_url=None,
        callback_auth="none",
        callback_username=None,
        attachment_url=None,
        url=None,
    )
    path = f"{tenants}{made['uuid']}"
    assert response.headers["Location"].endswith(f"{client.BASE}{path}")
    assert tenant.get(path).json() == made
    assert tenant.get(tenants).json() == [made]
    assert made["project_id"] == str(tenant.project)


def test_a_tenant_takes_all_that_there_is(
    tenant: client.Client,
    tenants: str,
    instance: client.Body,
    db: conftest.Connection,
    sealing_keys: keyring.Keyring,
) -> None:
    body = {
        "uuid": str(sys_uuid.uuid4()),
        "project_id": str(tenant.project),
        "instance": f"{client.BASE}/instances/{instance['uuid']}",
        "name": "Shop",
        "description": "orders",
        "id": "shop.eu-1",
        "active": False,
        "limit_minute": 1,
        "limit_hour": 1_000_000_000,
        "limit_day": 5,
        "callback_url": "https://shop.example.com:8443/events?x=1",
        "callback_auth": "signature",
        "callback_username": None,
        "callback_secret": SIGNING_SECRET,
        "attachment_url": "http://shop.example.com/files",
    }
    made = tenant.create(tenants, body)
    assert made == shown(
        made, url=None, **{k: v for k, v in body.items() if k != "callback_secret"}
    )
    envelope = stored(db, "mail_send_tenants", made["uuid"])["callback_secret"]
    row = f"mail_send_tenants:{made['uuid']}"
    assert sealed_box.open_(envelope, row, sealing_keys) == SIGNING_SECRET
    assert models.MailSendTenant.envelope_row(made["uuid"]) == row


def test_the_address_of_the_tenants_api_is_that_of_the_instance(
    tenant: client.Client,
    tenants: str,
    shop: client.Body,
    instance: client.Body,
    db: conftest.Connection,
) -> None:
    assert shop["url"] is None
    db.execute(
        "UPDATE mail_instances SET ipsv4 = '{203.0.113.7}' WHERE uuid = %s",
        (instance["uuid"],),
    )
    assert tenant.get(tenants).json() == [{**shop, "url": "https://203.0.113.7"}]


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_change_of_a_tenant_leaves_what_it_does_not_name(
    tenant: client.Client, tenants: str, shop: client.Body, method: str
) -> None:
    path = f"{tenants}{shop['uuid']}"
    for change in (
        {"active": False, "name": "S"},
        {"limit_minute": 5, "limit_day": 7},
        {"limit_minute": None},
        {"callback_url": "https://a.example/x"},
        {"callback_url": None, "attachment_url": "https://b.example/"},
        {"callback_auth": "bearer", "callback_secret": "token"},
        {"callback_secret": "another"},
        {"callback_auth": "basic", "callback_username": "u", "callback_secret": "p"},
        {"callback_username": "v"},
        {"callback_auth": "none"},
    ):
        answer = tenant.call(method, path, json=change)
        assert answer.status_code == 200, answer.text
        shop = {
            **shop,
            **{k: v for k, v in change.items() if k != "callback_secret"},
            "updated_at": answer.json()["updated_at"],
        }
        if change.get("callback_auth") == "none":
            shop["callback_username"] = None
        assert answer.json() == shop == tenant.get(path).json()


def test_without_authentication_no_secret_is_kept(
    tenant: client.Client, tenants: str, db: conftest.Connection
) -> None:
    body = {
        "id": "a",
        "callback_auth": "basic",
        "callback_username": "u",
        "callback_secret": "p",
    }
    made = tenant.create(tenants, body)
    assert stored(db, "mail_send_tenants", made["uuid"])["callback_secret"]
    path = f"{tenants}{made['uuid']}"
    assert tenant.patch(path, {"callback_auth": "none"}).status_code == 200
    row = stored(db, "mail_send_tenants", made["uuid"])
    assert (row["callback_username"], row["callback_secret"]) == (None, None)


def test_a_key_is_shown_once_and_kept_as_its_hash(
    tenant: client.Client, below: str, shop: client.Body, db: conftest.Connection
) -> None:
    keys = f"{below}api_keys/"
    body = {"name": "web", "scopes": ["send", "read"]}
    response = tenant.post(keys, body)
    assert response.status_code == 201, response.text
    made = response.json()
    key = made.pop("key")
    assert key.startswith("exm_") and len(key) >= 40
    assert made == shown(
        made,
        **body,
        description="",
        expires_at=None,
        tenant=f"{client.BASE}{below}".removesuffix("/"),
    )
    path = f"{keys}{made['uuid']}"
    assert tenant.get(path).json() == made
    assert tenant.get(keys).json() == [made]
    assert tenant.get(path, fields=["key", "key_hash"]).json() == {}
    changed = tenant.patch(path, {"name": "x", "scopes": ["manage"]}).json()
    assert changed == {
        **made,
        "name": "x",
        "scopes": ["manage"],
        "updated_at": changed["updated_at"],
    }
    row = stored(db, "mail_send_api_keys", made["uuid"])
    assert row["key_hash"] == hashlib.sha256(key.encode()).hexdigest()
    assert row["key"] is None
    assert key not in str(row)
    other = tenant.create(keys, body)
    assert other["key"] != key
    assert tenant.delete(path).status_code == 204
    assert tenant.get(path).status_code == 404


@pytest.mark.parametrize(
    ("sent", "shown_as"),
    [
        ("2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z"),
        ("2027-01-31t12:00:00.5z", "2027-01-31T12:00:00.500000Z"),
        ("2027-01-31T12:00:00+02:00", "2027-01-31T10:00:00Z"),
        ("2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z"),
        (None, None),
    ],
)
def test_an_expiry_is_a_time_in_utc_whatever_its_offset_was(
    tenant: client.Client, below: str, sent: str | None, shown_as: str | None
) -> None:
    key = {"name": "web", "scopes": ["send"], "expires_at": sent}
    suppression = {"address": "a@example.net", "reason": "x", "expires_at": sent}
    for collection, body in (("api_keys/", key), ("suppressions/", suppression)):
        made = tenant.create(below + collection, body)
        assert made["expires_at"] == shown_as
        path = f"{below}{collection}{made['uuid']}"
        assert tenant.get(path).json()["expires_at"] == shown_as
        assert tenant.patch(path, {"expires_at": None}).json()["expires_at"] is None
        assert tenant.patch(path, {"expires_at": sent}).json()["expires_at"] == shown_as


def test_a_relay_needs_no_more_than_slug_and_host(
    tenant: client.Client, below: str
) -> None:
    relays = f"{below}relays/"
    body = {"id": "default", "host": "smtp.example.net"}
    made = tenant.create(relays, body)
    assert made == shown(
        made,
        **body,
        name="",
        description="",
        tenant=f"{client.BASE}{below}".removesuffix("/"),
        port=587,
        tls="starttls",
        tls_verify=True,
        username=None,
        connection_seconds=300,
        connection_messages=1000,
        concurrency=10,
        timeout_seconds=300,
        limit_minute=None,
        limit_hour=None,
        limit_day=None,
        over_limit="defer",
    )
    assert tenant.get(relays).json() == [made]
    # Port 465 would wait for TLS for ever.
    made = tenant.create(relays, {**body, "id": "other", "port": 465})
    assert made["tls"] == "implicit"


@pytest.mark.parametrize(
    ("tls", "port"), [("implicit", 465), ("starttls", 587), ("none", 25)]
)
def test_the_port_of_a_relay_is_the_usual_one(
    tenant: client.Client, below: str, tls: str, port: int
) -> None:
    body = {"id": "a", "host": "smtp.example.net", "tls": tls}
    made = tenant.create(f"{below}relays/", body)
    assert made["port"] == port
    body = {**body, "id": "b", "port": 2525}
    assert tenant.create(f"{below}relays/", body)["port"] == 2525


def test_the_password_of_a_relay_is_sealed(
    tenant: client.Client,
    below: str,
    db: conftest.Connection,
    sealing_keys: keyring.Keyring,
) -> None:
    relays = f"{below}relays/"
    login = {"username": "shop", "password": "pässword one"}
    made = tenant.create(relays, {"id": "a", "host": "192.0.2.1", **login})

    def password() -> str | None:
        envelope = stored(db, "mail_send_relays", made["uuid"])["password"]
        row = f"mail_send_relays:{made['uuid']}"
        return envelope and sealed_box.open_(envelope, row, sealing_keys)

    assert password() == "pässword one"
    path = f"{relays}{made['uuid']}"
    assert tenant.patch(path, {"host": "192.0.2.2"}).status_code == 200
    assert password() == "pässword one"
    assert tenant.patch(path, {"password": "two"}).status_code == 200
    assert password() == "two"
    without = {"username": None, "password": None}
    assert tenant.patch(path, without).status_code == 200
    assert password() is None


def test_a_suppression_is_kept_by_its_address(
    tenant: client.Client, below: str
) -> None:
    suppressions = f"{below}suppressions/"
    body = {"address": "jo+x@example.net", "reason": "asked for it"}
    made = tenant.create(suppressions, body)
    assert made == shown(
        made,
        **body,
        name="",
        description="",
        expires_at=None,
        tenant=f"{client.BASE}{below}".removesuffix("/"),
    )
    assert tenant.get(suppressions, address="jo+x@example.net").json() == [made]
    path = f"{suppressions}{made['uuid']}"
    assert tenant.put(path, {"reason": "y"}).json()["reason"] == "y"
    assert tenant.delete(path).status_code == 204
    assert tenant.delete(path).status_code == 404
    tenant.create(suppressions, body)


def test_what_goes_takes_all_below_with_it(
    tenant: client.Client,
    instance: client.Body,
    tenants: str,
    db: conftest.Connection,
) -> None:
    def fill(slug: str) -> str:
        path = f"{tenants}{tenant.create(tenants, {'id': slug})['uuid']}"
        tenant.create(f"{path}/api_keys/", {"name": "k", "scopes": ["send"]})
        tenant.create(f"{path}/relays/", {"id": "a", "host": "a.example"})
        body = {"address": "a@example.net", "reason": "x"}
        tenant.create(f"{path}/suppressions/", body)
        return path

    def rows() -> list[int]:
        tables = ("tenants", "api_keys", "relays", "suppressions")
        return [
            db.execute(
                f"SELECT FROM mail_send_{table} WHERE project_id = %s",
                (tenant.project,),
            ).rowcount
            for table in tables
        ]

    one = fill("one")
    fill("two")
    assert rows() == [2, 2, 2, 2]
    assert tenant.delete(one).status_code == 204
    assert rows() == [1, 1, 1, 1]
    assert tenant.get(one).status_code == 404
    assert tenant.get(f"{one}/api_keys/").status_code == 404
    tenant.create(tenants, {"id": "one"})
    assert tenant.delete(f"/instances/{instance['uuid']}").status_code == 204
    assert rows() == [0, 0, 0, 0]
