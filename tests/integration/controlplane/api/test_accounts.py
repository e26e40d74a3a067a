# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the README promises of accounts."""

import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dm import models
from exordos_mail.schema import mailbox
from exordos_mail.standards import password
from tests.integration.controlplane import conftest
from tests.integration.support import client
from tests.unit import libcrypt


def stored_hash(db: conftest.Connection, account: client.Body) -> str:
    """Return what the database holds as the account's hash."""
    row = db.execute(
        "SELECT password_hash FROM mail_accounts WHERE uuid = %s", (account["uuid"],)
    ).fetchone()
    assert row is not None
    return str(row["password_hash"])


def test_the_request_of_the_readme_creates_an_account(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    db: conftest.Connection,
) -> None:
    body = {
        "username": "alice",
        "password_hash": client.HASH,
        "project_id": str(tenant.project),
        "instance": f"{client.BASE}/instances/{instance['uuid']}",
    }
    response = tenant.post(accounts, body)
    assert response.status_code == 201
    made = response.json()
    assert made == {
        "uuid": made["uuid"],
        "name": "",
        "description": "",
        "username": "alice",
        "domain": instance["domain"],
        "project_id": str(tenant.project),
        "instance": body["instance"],
        "active": True,
        "main_password_for_mail": True,
        "mailbox": False,
        "bounce_to": None,
        "quota_bytes": None,
        "quota_messages": None,
        "suspended": "none",
        **dict.fromkeys(one.name for one in mailbox.OBSERVED),
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
    }
    path = f"{accounts}{made['uuid']}"
    assert response.headers["Location"].endswith(f"{client.BASE}{path}")
    assert tenant.get(path).json() == made
    assert tenant.get(accounts).json() == [made]
    assert stored_hash(db, made) == client.HASH


def test_the_request_of_the_command_line_creates_an_account(
    tenant: client.Client, accounts: str, db: conftest.Connection
) -> None:
    chosen = str(sys_uuid.uuid4())
    body = {
        "uuid": chosen,
        "project_id": str(tenant.project),
        "username": "bob",
        "password": "correct horse",
        "name": "Bob",
        "description": "the builder",
        "active": False,
    }
    made = tenant.create(accounts, body)
    expected = {k: v for k, v in body.items() if k != "password"}
    assert expected.items() <= made.items()
    assert libcrypt.verifies("correct horse", stored_hash(db, made))
    assert tenant.get(accounts, name="Bob").json() == [made]


@pytest.mark.parametrize("name", libcrypt.HASHES)
def test_a_hash_of_every_format_that_crypt_verifies_is_taken(
    tenant: client.Client, accounts: str, db: conftest.Connection, name: str
) -> None:
    sent = libcrypt.HASHES[name]
    made = tenant.create(accounts, {"username": "carol", "password_hash": sent})
    assert stored_hash(db, made) == sent


def test_a_dovecot_scheme_is_accepted_and_stripped_for_the_node(
    tenant: client.Client, accounts: str, db: conftest.Connection
) -> None:
    sent = "{SHA512-CRYPT}" + client.HASH
    made = tenant.create(accounts, {"username": "dave", "password_hash": sent})
    stored = stored_hash(db, made)
    # what was declared is what is stored, so that manifests settle
    assert stored == sent
    assert password.crypt_hash(stored) == client.HASH


@pytest.mark.parametrize("scheme", ["SHA512-CRYPT", "CRYPT"])
def test_a_password_that_is_a_hash_with_its_scheme_is_taken_as_the_hash(
    tenant: client.Client,
    accounts: str,
    bulk: str,
    account: client.Body,
    db: conftest.Connection,
    scheme: str,
) -> None:
    sent = f"{{{scheme}}}{client.HASH}"
    made = tenant.create(accounts, {"username": "dave", "password": sent})
    assert tenant.patch(f"{accounts}{account['uuid']}", {"password": sent}).ok
    # More than there may be plain passwords in one request.
    many = [{"username": f"u{n}", "password": sent} for n in range(21)]
    done = tenant.post(bulk, {"create": many})
    assert done.status_code == 200 and done.json()["failed"] == 0
    stored = {stored_hash(db, one) for one in (made, account, *done.json()["create"])}
    assert stored == {sent}


@pytest.mark.parametrize(
    "plain",
    [
        client.HASH,
        "{SHA512-CRYPT}" + client.HASH[:-1],
        "{SHA256-CRYPT}" + client.HASH,
        "{PLAIN}secret",
        "{sha512-crypt}" + client.HASH,
        "{SSHA}" + client.HASH,
        " {CRYPT}" + client.HASH,
        "{CRYPT}" + client.HASH + " ",
        "{CRYPT}",
        "{}" + client.HASH,
    ],
)
def test_a_password_that_only_looks_like_a_hash_is_a_password(
    tenant: client.Client, accounts: str, db: conftest.Connection, plain: str
) -> None:
    made = tenant.create(accounts, {"username": "eve", "password": plain})
    assert libcrypt.verifies(plain, stored_hash(db, made))


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_password_hash_and_active_can_be_changed(
    tenant: client.Client,
    accounts: str,
    account: client.Body,
    db: conftest.Connection,
    method: str,
) -> None:
    path = f"{accounts}{account['uuid']}"
    new_hash = str(libcrypt.HASHES["yescrypt"])
    by_hash = tenant.call(method, path, json={"password_hash": new_hash})
    assert by_hash.status_code == 200
    assert stored_hash(db, account) == new_hash
    by_password = tenant.call(method, path, json={"password": "new secret"})
    assert by_password.status_code == 200
    assert libcrypt.verifies("new secret", stored_hash(db, account))
    disabled = tenant.call(method, path, json={"active": False, "name": "A"}).json()
    assert disabled == {
        **account,
        "active": False,
        "name": "A",
        "updated_at": disabled["updated_at"],
    }


def test_accounts_of_another_instance_are_not_listed(
    tenant: client.Client, accounts: str, account: client.Body, version: object
) -> None:
    body = client.instance_body(version.uuid)  # type: ignore[attr-defined]
    other = tenant.create("/instances/", body)
    path = f"/instances/{other['uuid']}/accounts/"
    assert tenant.get(path).json() == []
    assert tenant.get(f"{path}{account['uuid']}").status_code == 404
    assert tenant.delete(f"{path}{account['uuid']}").status_code == 404
    # and the same name is free there
    tenant.create(path, {"username": "alice", "password_hash": client.HASH})


def test_a_deleted_account_is_gone_and_its_name_free(
    tenant: client.Client, accounts: str, account: client.Body
) -> None:
    path = f"{accounts}{account['uuid']}"
    response = tenant.delete(path)
    assert response.status_code == 204 and response.content == b""
    assert tenant.get(path).status_code == 404
    assert tenant.delete(path).status_code == 404
    tenant.create(accounts, {"username": "alice", "password_hash": client.HASH})


def test_each_change_of_an_account_counts_one_generation_of_its_instance(
    tenant: client.Client, instance: client.Body, accounts: str
) -> None:
    def seen() -> tuple[int, str]:
        now = tenant.get(f"/instances/{instance['uuid']}").json()
        return now["generation"], now["updated_at"]

    assert seen() == (1, instance["updated_at"])
    made = tenant.create(accounts, {"username": "a", "password_hash": client.HASH})
    path = f"{accounts}{made['uuid']}"
    generation, updated_at = seen()
    assert generation == 2 and updated_at > instance["updated_at"]
    # the node does not get to see these
    for change in ({}, {"name": "x"}, {"description": "y"}, {"active": True}):
        assert tenant.patch(path, change).status_code == 200
    assert tenant.patch(path, {"password_hash": client.HASH}).status_code == 200
    assert seen() == (2, updated_at)
    assert tenant.patch(path, {"active": False}).status_code == 200
    assert seen()[0] == 3
    assert tenant.patch(path, {"password": "p"}).status_code == 200
    assert seen()[0] == 4
    assert tenant.delete(path).status_code == 204
    assert seen()[0] == 5


def test_an_address_that_smtp_cannot_carry_is_refused(
    tenant: client.Client, version: models.MailVersion
) -> None:
    domain = ".".join(["a" * 60] * 4)[:200]
    body = client.instance_body(version.uuid, domain=domain)
    path = f"/instances/{tenant.create('/instances/', body)['uuid']}/accounts/"
    tenant.create(path, {"username": "a" * 53, "password_hash": client.HASH})
    answer = tenant.post(path, {"username": "b" * 54, "password_hash": client.HASH})
    assert answer.status_code == 400
    assert "at most 254" in answer.text
