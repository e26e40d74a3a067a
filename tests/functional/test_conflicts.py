# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is there already is answered with 409, in neutral words."""

import requests

from tests.functional import api as api_module
from tests.functional import resources


def is_neutral_conflict(answer: requests.Response) -> None:
    """Fail unless it is a 409 that tells nothing about tables or values."""
    assert answer.status_code == 409, api_module.describe(answer)
    text = answer.text.lower()
    for word in ("constraint", "duplicate key", "mail_accounts", "psycopg", "detail:"):
        assert word not in text, api_module.describe(answer)


def test_second_account_of_a_name_is_409(
    api: api_module.Api, instance: resources.Instance, accounts: resources.Accounts
) -> None:
    account = accounts.working()
    body = api.account_body(instance.uuid, username=account.username)
    is_neutral_conflict(api.call("POST", instance.accounts, json=body))
    assert len(api.list(instance.accounts, username=account.username)) == 1
    assert account.code() == 235
    assert account.code(body["password"]) == 535


def test_second_resource_of_a_uuid_is_409(
    api: api_module.Api, instance: resources.Instance, accounts: resources.Accounts
) -> None:
    account = accounts.create()
    body = api.account_body(instance.uuid, uuid=account.uuid)
    is_neutral_conflict(api.call("POST", instance.accounts, json=body))
    body = api.instance_body(uuid=instance.uuid)
    is_neutral_conflict(api.call("POST", "/instances/", json=body))
    assert api.get(instance.path)["domain"] == instance.domain
