# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""DKIM keys by REST: asked for, listed, brought, rotated, revoked; what is refused."""

import typing as tp

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
import psycopg
import pytest

from exordos_mail.standards import dkim
from tests.integration.support import client

Connection = psycopg.Connection[dict[str, tp.Any]]

RSA, ED25519 = "rsa-sha256", "ed25519-sha256"


@pytest.fixture
def domain(instance: client.Body) -> str:
    """The path of the instance's primary domain."""
    return f"/instances/{instance['uuid']}/domains/{instance['uuid']}"


@pytest.fixture
def keys(domain: str) -> str:
    """The path of its keys."""
    return f"{domain}/dkim_keys/"


def invoke(tenant: client.Client, path: str, action: str) -> tp.Any:
    return tenant.post(f"{path}/actions/{action}/invoke", {})


def state(db: Connection, uuid: str, now: str) -> None:
    """Bring a key into a state, as the service would."""
    db.execute("UPDATE mail_dkim_keys SET state = %s WHERE uuid = %s", (now, uuid))


def pem(key: tp.Any, password: bytes | None = None) -> str:
    secret: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        secret = serialization.BestAvailableEncryption(password)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, secret).decode()


def test_a_key_is_asked_for_and_listed_and_deleted(
    tenant: client.Client, keys: str
) -> None:
    made = tenant.create(keys, {})
    assert (made["algorithm"], made["state"]) == (RSA, "made")
    assert made["public_key"] is made["record_value"] is made["alias"] is None
    assert made["record_name"] == f"{made['selector']}._domainkey.example.com"
    other = tenant.create(keys, {"algorithm": ED25519, "selector": "mine"})
    assert (other["algorithm"], other["selector"]) == (ED25519, "mine")
    assert tenant.get(f"{keys}{made['uuid']}").json() == made
    listed = tenant.get(keys).json()
    assert {one["uuid"] for one in listed} == {made["uuid"], other["uuid"]}
    found = tenant.get(keys, algorithm=ED25519).json()
    assert [one["uuid"] for one in found] == [other["uuid"]]
    assert tenant.delete(f"{keys}{made['uuid']}").status_code == 204
    assert tenant.get(f"{keys}{made['uuid']}").status_code == 404


@pytest.mark.parametrize("algorithm", [RSA, ED25519])
def test_a_key_of_ones_own_is_never_shown(
    tenant: client.Client, keys: str, db: Connection, algorithm: str
) -> None:
    private = dkim.generate_private_key(algorithm)
    public = dkim.normal(private)[2]
    made = tenant.create(keys, {"selector": "mine", "private_key": private})
    assert (made["algorithm"], made["public_key"]) == (algorithm, public)
    assert made["record_value"] == dkim.record(algorithm, public)
    assert "private_key" not in made
    shown = tenant.get(f"{keys}{made['uuid']}")
    assert shown.json() == made
    assert "PRIVATE" not in shown.text + tenant.get(keys).text
    row = db.execute(
        "SELECT private_key FROM mail_dkim_keys WHERE uuid = %s", (made["uuid"],)
    ).fetchone()
    assert row is not None
    assert "PRIVATE" not in row["private_key"]
    changed = tenant.patch(f"{keys}{made['uuid']}", {"private_key": private})
    assert changed.status_code == 400
    assert "make another key" in changed.text


def test_a_rotation_asks_for_both_keys_once(
    tenant: client.Client, domain: str, keys: str
) -> None:
    for _ in range(2):
        assert invoke(tenant, domain, "rotate_dkim").status_code == 200
    found = tenant.get(keys).json()
    assert sorted(one["algorithm"] for one in found) == [ED25519, RSA]
    assert {one["state"] for one in found} == {"made"}


def test_a_revoked_key_has_an_empty_record_and_may_go(
    tenant: client.Client, keys: str, db: Connection
) -> None:
    private = dkim.generate_private_key(ED25519)
    path = f"{keys}{tenant.create(keys, {'private_key': private})['uuid']}"
    for _ in range(2):
        assert invoke(tenant, path, "revoke").status_code == 200
    found = tenant.get(path).json()
    assert found["state"] == "revoked"
    assert found["record_value"] == "v=DKIM1; k=ed25519; p="
    kept = db.execute(
        "SELECT private_key FROM mail_dkim_keys WHERE uuid = %s", (found["uuid"],)
    ).fetchone()
    assert kept == {"private_key": None}
    assert tenant.delete(path).status_code == 204
    assert invoke(tenant, path, "revoke").status_code == 404


@pytest.mark.parametrize("now", ["signing", "retiring"])
def test_a_key_whose_mail_may_be_on_its_way_stays(
    tenant: client.Client, keys: str, db: Connection, now: str
) -> None:
    made = tenant.create(keys, {})
    state(db, made["uuid"], now)
    refused = tenant.delete(f"{keys}{made['uuid']}")
    assert refused.status_code == 409
    assert "rotate or revoke" in refused.text
    assert tenant.get(f"{keys}{made['uuid']}").json()["state"] == now


BAD_KEYS = {
    "no PEM": "x",
    "a public key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "RSA of 1024 bits": pem(rsa.generate_private_key(65537, 1024)),  # noqa: S505
    "another algorithm": pem(ec.generate_private_key(ec.SECP256R1())),
    "with a passphrase": pem(rsa.generate_private_key(65537, 2048), b"secret"),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_key_that_nobody_can_sign_with_is_refused(
    tenant: client.Client, keys: str, name: str
) -> None:
    refused = tenant.post(keys, {"private_key": BAD_KEYS[name]})
    assert refused.status_code == 400
    assert "private_key" in refused.text
    assert "BEGIN" not in refused.text
    assert tenant.get(keys).json() == []


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"selector": "Upper"}, 400, "selector"),
        ({"selector": "a.b"}, 400, "selector"),
        ({"selector": "-a"}, 400, "selector"),
        ({"selector": "x" * 64}, 400, "selector"),
        ({"selector": 5}, 400, "selector"),
        ({"algorithm": "rsa-sha1"}, 400, "algorithm"),
        ({"private_key": 5}, 400, "private_key"),
        ({"state": "signing"}, 403, "state"),
        ({"public_key": "AAAA"}, 403, "public_key"),
        ({"record_value": "v=DKIM1"}, 403, "record_value"),
        ({"nonsense": 1}, 400, "nonsense"),
    ],
)
def test_bad_requests_are_refused(
    tenant: client.Client, keys: str, body: client.Body, status: int, text: str
) -> None:
    refused = tenant.post(keys, body)
    assert (refused.status_code, text in refused.text) == (status, True), refused.text
    assert tenant.get(keys).json() == []


def test_a_private_key_of_another_algorithm_is_refused(
    tenant: client.Client, keys: str
) -> None:
    body = {"algorithm": RSA, "private_key": dkim.generate_private_key(ED25519)}
    refused = tenant.post(keys, body)
    assert refused.status_code == 400
    assert "of another algorithm" in refused.text


def test_a_selector_is_taken_once(tenant: client.Client, keys: str) -> None:
    tenant.create(keys, {"selector": "mine"})
    refused = tenant.post(keys, {"selector": "mine", "algorithm": ED25519})
    assert refused.status_code == 409
    assert "selector is taken" in refused.text


def test_what_is_set_at_creation_stays(tenant: client.Client, keys: str) -> None:
    made = tenant.create(keys, {})
    path = f"{keys}{made['uuid']}"
    for name, value in (("selector", "other"), ("algorithm", ED25519)):
        assert tenant.patch(path, {name: value}).status_code in (400, 403)
    changed = tenant.patch(path, {"description": "of the newsletter"}).json()
    assert changed["description"] == "of the newsletter"
    assert (changed["selector"], changed["algorithm"]) == (made["selector"], RSA)


def test_a_stranger_sees_and_does_nothing(
    tenant: client.Client, stranger: client.Client, domain: str, keys: str
) -> None:
    path = f"{keys}{tenant.create(keys, {})['uuid']}"
    answers = [
        stranger.get(keys),
        stranger.get(path),
        stranger.post(keys, {}),
        stranger.delete(path),
        invoke(stranger, path, "revoke"),
        invoke(stranger, domain, "rotate_dkim"),
    ]
    assert {one.status_code for one in answers} == {404}
    assert len(tenant.get(keys).json()) == 1
