# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Certificates by REST: what users bring, and what is refused."""

import datetime
import typing as tp

from cryptography.hazmat.primitives.asymmetric import rsa
import psycopg
import pytest

from exordos_mail.controlplane.dm import models
from exordos_mail.standards import certificate_pair
from tests import authority
from tests.integration.support import client

Connection = psycopg.Connection[dict[str, tp.Any]]

_DAY = datetime.timedelta(days=1)


def _leaf(*names: str, **more: tp.Any) -> authority.Leaf:
    """Return a certificate that is valid today."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    given = {"begin": now - _DAY, "end": now + 89 * _DAY, **more}
    return authority.leaf(*names, by=_signer(now), **given)


def _signer(now: datetime.datetime) -> authority.Signer:
    return authority.signer(begin=now - 365 * _DAY, end=now + 3650 * _DAY)


def _own(leaf: authority.Leaf, **more: tp.Any) -> client.Body:
    pair = {"chain": leaf.chain, "private_key": leaf.key}
    return {"hostname": authority.HOST, "source": "own", **pair, **more}


@pytest.fixture
def certificates(instance: client.Body) -> str:
    """The path of the instance's certificates."""
    return f"/instances/{instance['uuid']}/certificates/"


def test_own_certificate_says_what_it_is(
    tenant: client.Client, certificates: str
) -> None:
    leaf = _leaf()
    facts = certificate_pair.facts(leaf.chain)
    made = tenant.create(certificates, _own(leaf))
    assert "private_key" not in made
    assert made["chain"] == leaf.chain
    assert made["state"] == "valid"
    assert made["serial"] == facts.serial
    assert made["sha256"] == facts.sha256
    assert made["tlsa"] == facts.tlsa
    assert made["renew_at"] is None
    assert made["not_after"].startswith(facts.not_after.strftime("%Y-%m-%dT%H:%M:%S"))
    assert tenant.get(f"{certificates}{made['uuid']}").json() == made


def test_rsa_key_is_taken(tenant: client.Client, certificates: str) -> None:
    leaf = _leaf(key=rsa.generate_private_key(65537, 2048))
    assert tenant.create(certificates, _own(leaf))["state"] == "valid"


def test_one_is_awaited_from_the_authority(
    tenant: client.Client, certificates: str, db: Connection
) -> None:
    made = tenant.create(certificates, {"hostname": "mail.example.com"})
    assert (made["source"], made["state"]) == ("acme", "waiting")
    assert made["chain"] is None
    orders = "SELECT count(*) AS n FROM mail_certificate_orders WHERE certificate = %s"
    assert db.execute(orders, (made["uuid"],)).fetchone()["n"] == 1
    changed = tenant.patch(f"{certificates}{made['uuid']}", _own_change())
    assert changed.json()["state"] == "valid"
    assert db.execute(orders, (made["uuid"],)).fetchone()["n"] == 0


def _own_change() -> client.Body:
    body = _own(_leaf())
    del body["hostname"]
    return body


def test_replaced_by_another_pair(tenant: client.Client, certificates: str) -> None:
    path = f"{certificates}{tenant.create(certificates, _own(_leaf()))['uuid']}"
    other = _leaf()
    changed = tenant.patch(path, {"chain": other.chain, "private_key": other.key})
    assert changed.json()["serial"] == certificate_pair.facts(other.chain).serial


def test_what_is_refused_changes_nothing(
    tenant: client.Client, certificates: str
) -> None:
    good = tenant.create(certificates, _own(_leaf()))
    path = f"{certificates}{good['uuid']}"
    now = datetime.datetime.now(datetime.timezone.utc)
    faults: dict[str, client.Body] = {
        "private_key: a chain and its private_key": {"chain": _leaf().chain},
        "private_key: the key is not that": {"private_key": _leaf().key},
        "has expired on": _pair(_leaf(end=now - _DAY, begin=now - 9 * _DAY)),
        "is not valid before": _pair(_leaf(begin=now + _DAY)),
        "is not for mail.example.com": _pair(_leaf("mail.example.net")),
        "chain: a chain is the PEM": {"chain": "x", "private_key": _leaf().key},
        "private_key: a private key is": {"chain": _leaf().chain, "private_key": "x"},
        "source: a chain and": {"source": "acme", **_pair(_leaf())},
    }
    for text, body in faults.items():
        refused = tenant.patch(path, body)
        assert refused.status_code == 400, (text, refused.text)
        assert text in refused.text
        assert "BEGIN" not in refused.text
    assert tenant.get(path).json() == good


def _pair(leaf: authority.Leaf) -> client.Body:
    return {"chain": leaf.chain, "private_key": leaf.key}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"hostname": "mail.example.com", "source": "own"}, "private_key: a chain"),
        ({"hostname": "Mail.example.com"}, "hostname"),
        ({"hostname": "*.example.com"}, "hostname"),
        ({"hostname": "10.0.0.1"}, "hostname"),
        ({}, "hostname"),
        ({"hostname": "a.example", "source": "core"}, "source"),
        ({"hostname": "a.example", "chain": 5}, "chain"),
    ],
)
def test_bad_requests_are_refused(
    tenant: client.Client, certificates: str, body: client.Body, text: str
) -> None:
    refused = tenant.post(certificates, body)
    assert refused.status_code == 400
    assert text in refused.text


def test_observed_fields_are_the_services(
    tenant: client.Client, certificates: str
) -> None:
    for name, value in {"state": "valid", "serial": "1", "tlsa_next": "x"}.items():
        body = {"hostname": "mail.example.com", name: value}
        assert tenant.post(certificates, body).status_code == 403


def test_one_for_each_name(tenant: client.Client, certificates: str) -> None:
    tenant.create(certificates, {"hostname": "mail.example.com"})
    assert tenant.post(certificates, _own(_leaf())).status_code == 409


def test_key_is_sealed_and_opened_for_its_node_only(
    tenant: client.Client,
    certificates: str,
    db: Connection,
    sealing_keys: tp.Any,
    instance: client.Body,
) -> None:
    from exordos_mail.controlplane.documents import collection, registry
    from exordos_mail.protocol import documents

    leaf = _leaf()
    made = tenant.create(certificates, _own(leaf))
    awaited = tenant.create(certificates, {"hostname": "later.example.com"})
    row = db.execute(
        "SELECT private_key FROM mail_certificates WHERE uuid = %s", (made["uuid"],)
    ).fetchone()
    assert row is not None
    assert row["private_key"].startswith("h1:")
    view = collection.View(db, instance["uuid"], sealing_keys)
    found = registry.digests(view)["certificates"]
    assert list(found) == [made["uuid"]]
    assert awaited["uuid"] not in found
    text = registry.texts(view, "certificates", list(found)).texts[made["uuid"]]
    assert documents.digest(text) == found[made["uuid"]]
    assert documents.parse(text) == {
        made["uuid"]: {
            "names": [authority.HOST],
            "chain": leaf.chain,
            "private_key": leaf.key,
        }
    }


def test_change_reaches_the_node_and_an_observation_does_not(
    tenant: client.Client, certificates: str, db: Connection, instance: client.Body
) -> None:
    def generation() -> int:
        return int(tenant.get(f"/instances/{instance['uuid']}").json()["generation"])

    path = f"{certificates}{tenant.create(certificates, _own(_leaf()))['uuid']}"
    before = generation()
    db.execute("UPDATE mail_certificates SET state = 'expiring', reason = 'x'")
    assert generation() == before
    other = _leaf()
    tenant.patch(path, _pair(other))
    assert generation() == before + 1
    assert tenant.delete(path).status_code == 204
    assert generation() == before + 2


def test_nothing_shows_the_key(
    tenant: client.Client, certificates: str, db: Connection
) -> None:
    leaf = _leaf()
    secret = leaf.key.splitlines()[1][:40]
    made = tenant.create(certificates, _own(leaf))
    path = f"{certificates}{made['uuid']}"
    answers = [
        tenant.get(path),
        tenant.get(certificates),
        tenant.get(path, fields="private_key"),
        tenant.get(certificates, private_key="x"),
        tenant.patch(path, {"private_key": leaf.key + "x", "chain": leaf.chain}),
        tenant.patch(path, {"private_key": [leaf.key]}),
        tenant.post(certificates, _own(leaf, uuid=leaf.key)),
    ]
    assert all(secret not in one.text for one in answers)
    events = db.execute(
        "SELECT snapshot::text AS text FROM gcl_sdk_audit_events"
        " WHERE resource_uuid = %s",
        (made["uuid"],),
    ).fetchall()
    assert events
    assert all(secret not in one["text"] and "h1:" not in one["text"] for one in events)
    rows = models.model_of("certificate").objects.get_all()
    assert all(secret not in repr(one) for one in rows)
