# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The table of bad input: a 400 with the rule in the text, and nothing stored."""

import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dm import models
from exordos_mail.standards import address, password
from tests.integration.support import client


@pytest.mark.parametrize(
    "username",
    [
        "",
        "a:b",
        "a\nb",
        "alice\n",
        "a\0b",
        "a b",
        "a@b",
        "Alice",
        "ålice",
        "x" * 65,
        ".a",
        "a..b",
        5,
        True,
        ["alice"],
        {"a": 1},
    ],
)
def test_a_username_that_breaks_the_rule_is_refused_with_the_rule(
    tenant: client.Client, accounts: str, username: tp.Any
) -> None:
    response = tenant.post(accounts, {"username": username, "password": "p"})
    assert response.status_code == 400
    assert response.json()["message"] == f"username: {address.USERNAME_RULE}"
    assert tenant.get(accounts).json() == []


@pytest.mark.parametrize(
    ("domain", "hint"),
    [
        ("Example.COM", "; write example.com"),
        ("example.com.", "; write example.com"),
        ("пример.рф", "; write xn--e1afmkfd.xn--p1ai"),
        ("a..b", ""),
        ("example.com\n", ""),
        ("192.0.2.1", ""),
        ("2001:db8::1", ""),
        ("localhost", ""),
        ("x." * 126 + "xy", ""),
        ("", ""),
        (7, ""),
        (["example.com"], ""),
    ],
)
def test_a_domain_that_is_not_canonical_is_refused_with_the_canonical_form(
    tenant: client.Client, version: models.MailVersion, domain: tp.Any, hint: str
) -> None:
    body = client.instance_body(version.uuid, domain=domain)
    response = tenant.post("/instances/", body)
    assert response.status_code == 400
    assert response.json()["message"] == f"domain: {address.DOMAIN_RULE}{hint}"
    assert tenant.get("/instances/").json() == []


def test_exactly_one_of_password_and_password_hash_makes_an_account(
    tenant: client.Client, accounts: str
) -> None:
    one = {"username": "bob"}
    for body in (
        one,
        {**one, "password": "SECRET-p", "password_hash": client.HASH},
    ):
        response = tenant.post(accounts, body)
        assert response.status_code == 400
        assert "exactly one of password, password_hash and generate" in response.text
        assert "SECRET" not in response.text and client.HASH not in response.text
    assert tenant.get(accounts).json() == []


def test_at_most_one_of_password_and_password_hash_updates_an_account(
    tenant: client.Client, accounts: str, account: client.Body
) -> None:
    path = f"{accounts}{account['uuid']}"
    both = {"password": "SECRET-p", "password_hash": client.HASH}
    for method in ("PATCH", "PUT"):
        response = tenant.call(method, path, json=both)
        assert response.status_code == 400
        assert "at most one of password, password_hash and generate" in response.text
    for nothing in ({"password": None}, {"password_hash": None}):
        assert tenant.patch(path, nothing).status_code == 400
    assert tenant.get(path).json() == account


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "SECRET-plain-text",
        client.HASH[:-1],
        client.HASH + "\n",
        client.HASH + ":",
        "$6$rounds=10$SECRET$" + "a" * 85 + ".",
        "{SHA256-CRYPT}" + client.HASH,
        "{PLAIN}SECRET",
        5,
        ["SECRET"],
        {"SECRET": "SECRET"},
    ],
)
def test_a_hash_that_crypt_cannot_verify_is_refused_without_showing_it(
    tenant: client.Client, accounts: str, account: client.Body, wrong: tp.Any
) -> None:
    answers = [
        tenant.post(accounts, {"username": "bob", "password_hash": wrong}),
        tenant.patch(f"{accounts}{account['uuid']}", {"password_hash": wrong}),
    ]
    for response in answers:
        assert response.status_code == 400
        message = response.json()["message"]
        assert message == f"password_hash: {password.HASH_RULE}"
    assert tenant.get(accounts).json() == [account]


@pytest.mark.parametrize(
    "wrong",
    ["", "SECRET\0", "SECRET\nx", "SECRET" * 100, 5, True, ["SECRET"], {"SECRET": 1}],
)
def test_a_password_that_smtp_cannot_carry_is_refused_without_showing_it(
    tenant: client.Client, accounts: str, account: client.Body, wrong: tp.Any
) -> None:
    answers = [
        tenant.post(accounts, {"username": "bob", "password": wrong}),
        tenant.patch(f"{accounts}{account['uuid']}", {"password": wrong}),
    ]
    for response in answers:
        assert response.status_code == 400
        message = response.json()["message"]
        assert message == f"password: {password.PASSWORD_RULE}"
    assert tenant.get(accounts).json() == [account]


def test_a_second_account_of_the_same_name_is_a_neutral_conflict(
    tenant: client.Client, accounts: str, account: client.Body
) -> None:
    body = {"username": "alice", "password_hash": client.HASH}
    response = tenant.post(accounts, body)
    assert response.status_code == 409
    assert response.json() == {
        "type": "MailConflict",
        "code": 409,
        "message": models.MailAccount.__conflict__,
    }
    assert tenant.get(accounts).json() == [account]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("cpu", 0),
        ("cpu", 129),
        ("cpu", "2"),
        ("cpu", True),
        ("cpu", 2.0),
        ("cpu", 10**30),
        ("ram", 511),
        ("ram", None),
        ("disk_size", 7),
        ("disk_size", 2**31),
        ("name", ""),
        ("name", "x" * 256),
        ("name", "a\nb"),
        ("name", 5),
        ("description", "x" * 256),
        ("description", "a\0b"),
        ("description", None),
        ("version", 5),
        ("version", None),
        ("version", ""),
        ("version", "x"),
        ("version", "/v1/types/mail/versions/x"),
        ("version", "/v1/types/mail/versions/"),
        ("version", str(sys_uuid.uuid4())),
        ("version", f"/v1/types/mail/instances/{sys_uuid.uuid4()}"),
        ("version", f"/v1/types/{sys_uuid.uuid4()}"),
        ("version", f"http://x/v1/types/mail/versions/{sys_uuid.uuid4()}"),
        ("uuid", "x"),
        ("uuid", 5),
        ("uuid", None),
        ("project_id", "x"),
        ("project_id", 5),
        ("project_id", None),
        ("no_such_field", 1),
        ("accounts", []),
    ],
)
def test_a_wrong_value_of_an_instance_is_refused_with_the_name_of_its_field(
    tenant: client.Client, version: models.MailVersion, field: str, wrong: tp.Any
) -> None:
    body = {**client.instance_body(version.uuid), field: wrong}
    response = tenant.post("/instances/", body)
    assert response.status_code == 400
    assert field in response.json()["message"]
    assert tenant.get("/instances/").json() == []


@pytest.mark.parametrize(
    "field", ["name", "domain", "cpu", "ram", "disk_size", "version"]
)
def test_a_missing_field_of_an_instance_is_named(
    tenant: client.Client, version: models.MailVersion, field: str
) -> None:
    body = client.instance_body(version.uuid)
    del body[field]
    response = tenant.post("/instances/", body)
    assert response.status_code == 400
    assert response.json()["message"] == f"{field}: a value is required"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("active", "false"),
        ("active", 0),
        ("active", None),
        ("name", "x" * 256),
        ("name", None),
        ("description", 5),
        ("no_such_field", True),
    ],
)
def test_a_wrong_value_of_an_account_is_refused_with_the_name_of_its_field(
    tenant: client.Client,
    accounts: str,
    account: client.Body,
    field: str,
    wrong: tp.Any,
) -> None:
    body = {"username": "bob", "password": "p", field: wrong}
    for response in (
        tenant.post(accounts, body),
        tenant.patch(f"{accounts}{account['uuid']}", {field: wrong}),
    ):
        assert response.status_code == 400
        assert field in response.json()["message"]
    assert tenant.get(accounts).json() == [account]


def test_the_body_cannot_name_another_instance_than_the_path(
    tenant: client.Client, accounts: str, version: models.MailVersion
) -> None:
    other = tenant.create("/instances/", client.instance_body(version.uuid))
    uri = f"{client.BASE}/instances/{other['uuid']}"
    body = {"username": "bob", "password": "p", "instance": uri}
    response = tenant.post(accounts, body)
    assert response.status_code == 400
    assert tenant.get(accounts).json() == []


def test_a_version_that_is_not_there_is_not_found(
    tenant: client.Client, instance: client.Body
) -> None:
    absent = sys_uuid.uuid4()
    body = client.instance_body(absent)
    assert tenant.post("/instances/", body).status_code == 404
    change = {"version": f"{client.BASE}/versions/{absent}"}
    assert tenant.patch(f"/instances/{instance['uuid']}", change).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"null", 400),
        (b'{"name": "' + b"x" * 70_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_object_of_fields_is_refused(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    body: bytes,
    status: int,
) -> None:
    for method, path in (
        ("POST", "/instances/"),
        ("PATCH", f"/instances/{instance['uuid']}"),
        ("POST", accounts),
    ):
        assert tenant.call(method, path, data=body).status_code == status
    assert tenant.get("/instances/").json() == [instance]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing/", 404),
        ("GET", "/instances", 404),
        ("GET", "/instances/x", 400),
        ("GET", f"/instances/{sys_uuid.UUID(int=7)}", 404),
        ("GET", f"/instances/{sys_uuid.UUID(int=7)}/accounts/", 404),
        ("GET", f"/instances/{sys_uuid.UUID(int=7)}/nothing/", 404),
        ("GET", "/__base__/", 404),
        ("PUT", "/instances/", 405),
        ("PATCH", "/instances/", 405),
        ("DELETE", "/instances/", 405),
        ("POST", f"/instances/{sys_uuid.UUID(int=7)}", 405),
        ("TRACE", "/instances/", 405),
        ("POST", "/", 405),
    ],
)
def test_an_unknown_path_method_or_object_is_a_clear_error(
    tenant: client.Client, method: str, path: str, status: int
) -> None:
    assert tenant.call(method, path, json={}).status_code == status
