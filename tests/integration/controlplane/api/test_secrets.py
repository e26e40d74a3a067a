# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""No password and no hash in any response, error or log line."""

import typing as tp

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.support import client, user_api
from tests.unit import libcrypt

# What the log must not hold; each of them is sent somewhere below.
PASSWORD = "SECRET-password-8d1f"
HASH = str(libcrypt.crypt(PASSWORD, "$6$SECRETsalt8d1f$"))


def exchanges(
    http: client.Client, accounts: str, instance: client.Body
) -> tp.Iterator[client.requests.Response]:
    """Yield the answers to requests that carry secrets, fine and faulty ones."""
    fine = {"username": "bob", "password": PASSWORD}
    yield http.post(accounts, {"username": "alice", "password_hash": HASH})
    made = http.post(accounts, fine)
    yield made
    one = f"{accounts}{made.json()['uuid']}"
    yield http.get(one)
    yield http.get(accounts)
    yield http.get(one + "?fields=password&fields=password_hash")
    for method in ("PATCH", "PUT"):
        yield http.call(method, one, json={"password": PASSWORD})
        yield http.call(method, one, json={"password_hash": HASH, "active": False})
    # a conflict, whose cause in PostgreSQL names the row's values
    yield http.post(accounts, fine)
    yield http.post(accounts, {**fine, "uuid": made.json()["uuid"]})
    many = f"{accounts}bulk/"
    for mode in ("partial", "atomic"):
        yield http.post(many, {"mode": mode, "create": [fine]})
        yield http.post(
            many, {"mode": mode, "update": [{"uuid": PASSWORD, "password": PASSWORD}]}
        )
    yield http.post(many, {"mode": PASSWORD, "delete": [PASSWORD]})
    # faulty ones
    for body in (
        {**fine, "password_hash": HASH},
        {**fine, "username": "bad name"},
        {**fine, "active": PASSWORD},
        {**fine, "name": {"password": PASSWORD}},
        {**fine, "passwd": PASSWORD},
        {**fine, "password": PASSWORD + "\0"},
        {**fine, "password": [PASSWORD]},
        {**fine, "password": {"x": PASSWORD}},
        {**fine, "project_id": PASSWORD},
        {**fine, "uuid": PASSWORD},
        {**fine, "instance": PASSWORD},
        {**fine, "instance": f"/v1/types/mail/instances/{PASSWORD}"},
        {"username": PASSWORD, "password": PASSWORD},
        {"username": "carol", "password_hash": HASH[:-1]},
        {"username": "carol", "password_hash": HASH + "x"},
        {"username": "carol", "password_hash": PASSWORD},
        {"username": "carol", "password_hash": [HASH]},
        [PASSWORD, HASH],
        PASSWORD,
    ):
        yield http.post(accounts, body)
        yield http.post(many, {"create": [body], "update": [body], "delete": [body]})
        yield http.post(many, {"mode": "atomic", "create": [body]})
        yield http.patch(one, body)
        yield http.put(one, body)
    yield http.call("POST", accounts, data=f'{{"password": "{PASSWORD}"'.encode())
    yield http.call("POST", accounts, data={"password": PASSWORD})
    yield http.patch(f"/instances/{instance['uuid']}", {"password": PASSWORD})
    yield http.post("/instances/", {"password": PASSWORD, "password_hash": HASH})
    yield http.post("/versions/", {"password": PASSWORD})
    yield http.delete(one)


@pytest.mark.parametrize("kind", ["tenant", "admin"])
def test_no_response_and_no_log_line_holds_a_secret(
    api: user_api.UserApi,
    instance: client.Body,
    accounts: str,
    kind: str,
    request: pytest.FixtureRequest,
) -> None:
    http = request.getfixturevalue(kind)
    statuses = []
    for response in exchanges(http, accounts, instance):
        statuses.append(response.status_code)
        for text in (response.text, str(response.headers)):
            assert "SECRET" not in text and HASH[-40:] not in text
            assert '"password":' not in text and '"password_hash":' not in text
    assert set(statuses) >= {200, 201, 204, 400, 405, 409}
    assert max(statuses) < 500
    log = api.log()
    assert f"{accounts}" in log  # it is the right log
    assert "SECRET" not in log and HASH[-40:] not in log
    assert PASSWORD not in log


def test_a_hash_is_not_in_the_text_of_a_model(
    account: client.Body, engine: object
) -> None:
    row = models.MailAccount.objects.get_one(filters={"uuid": account["uuid"]})
    assert row.password_hash == client.HASH
    assert client.HASH not in repr(row) and client.HASH not in str(row)
