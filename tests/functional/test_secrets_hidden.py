# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""No answer of the API ever holds a password, a hash or a private key."""

import typing as tp

from tests.functional import api as api_module
from tests.functional import openssl, resources

PASSWORD = "Sekret-Zq81-passphrase"
OTHER_PASSWORD = "Sekret-Wx92-passphrase"


class Listener:
    """Sends requests and keeps every text that came back."""

    def __init__(self, api: api_module.Api) -> None:
        self.api = api
        self.texts: list[str] = []

    def say(self, method: str, path: str, **kwargs: tp.Any) -> tp.Any:
        """Send a request and keep the answer's headers and body."""
        answer = self.api.call(method, path, **kwargs)
        assert answer.status_code < 500, api_module.describe(answer)
        self.texts.append(f"{answer.headers}{answer.text}")
        return answer


def test_no_answer_holds_a_secret(
    api: api_module.Api, instance: resources.Instance
) -> None:
    hashes = [openssl.sha512_crypt(PASSWORD), openssl.sha512_crypt(OTHER_PASSWORD)]
    client = Listener(api)
    users = [api_module.unique_username() for _ in range(2)]
    forms: list[api_module.Json] = [
        {"password": PASSWORD},
        {"password": None, "password_hash": hashes[0]},
    ]
    for user, form in zip(users, forms, strict=True):
        body = api.account_body(instance.uuid, username=user, **form)
        made = client.say("POST", instance.accounts, json=body)
        assert made.status_code == 201, api_module.describe(made)
        again = client.say("POST", instance.accounts, json=body)
        assert again.status_code == 409, api_module.describe(again)
        path = f"{instance.accounts}{made.json()['uuid']}"
        for method in ("PATCH", "PUT"):
            for change in (
                {"password": OTHER_PASSWORD},
                {"password_hash": hashes[1]},
                {"password": PASSWORD, "password_hash": hashes[0]},
                {"password_hash": hashes[0] + "x"},
                {"password_hash": PASSWORD},
                {"password": [PASSWORD]},
                {"password_hash": {"x": hashes[0]}},
                {"active": PASSWORD},
                {"unknown": PASSWORD},
            ):
                client.say(method, path, json=change)
        client.say("GET", path)
        client.say("GET", instance.accounts)
        client.say("GET", instance.accounts, params={"fields": "password_hash"})
        client.say("GET", instance.accounts, params={"sort_key": "password_hash"})
        client.say("DELETE", path)
    for broken in ('{"password": "%s"', '{"password_hash": "%s", }'):
        client.say("POST", instance.accounts, data=broken % PASSWORD)
    client.say("GET", instance.path)
    client.say("GET", "/instances/")

    told = "\n".join(client.texts)
    for secret in (PASSWORD, OTHER_PASSWORD, *hashes, "PRIVATE KEY"):
        assert secret not in told
        assert secret.replace("/", "\\/") not in told
    assert "$6$" not in told


def test_the_hash_cannot_be_guessed_by_a_filter(
    api: api_module.Api, instance: resources.Instance, accounts: resources.Accounts
) -> None:
    """A filter on a hidden field is refused, whatever its value: no oracle."""
    accounts.create()
    for field in ("password_hash", "password"):
        for value in ("x", "", "%24"):
            answer = api.call("GET", instance.accounts, params={field: value})
            assert answer.status_code == 400, api_module.describe(answer)
