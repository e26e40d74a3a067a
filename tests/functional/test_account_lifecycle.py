# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a change of an account does to its owner's login."""

import pytest

from tests.functional import api as api_module
from tests.functional import openssl, resources


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_disabled_account_is_locked_out_and_enabled_again(
    api: api_module.Api, accounts: resources.Accounts, method: str
) -> None:
    account = accounts.working()
    assert api.update(account.path, {"active": False}, method)["active"] is False
    account.wait_code(535)
    assert api.update(account.path, {"active": True}, method)["active"] is True
    account.wait_code(235)


def test_account_that_is_created_disabled_cannot_log_in(
    api: api_module.Api, accounts: resources.Accounts
) -> None:
    account = accounts.create(active=False)
    # a later account that works shows that the node has had the earlier one
    accounts.working()
    assert account.code() == 535
    assert api.get(account.path)["active"] is False


def test_deleted_account_is_locked_out(
    api: api_module.Api, accounts: resources.Accounts
) -> None:
    account = accounts.working()
    api.delete(account.path)
    assert api.call("GET", account.path).status_code == 404
    account.wait_code(535)


def test_deleted_name_can_be_taken_again_and_has_only_the_new_password(
    api: api_module.Api, accounts: resources.Accounts
) -> None:
    first = accounts.working()
    api.delete(first.path)
    second = accounts.working(username=first.username)
    assert second.code(first.password) == 535


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_changed_password_replaces_the_old_one(
    api: api_module.Api, accounts: resources.Accounts, method: str
) -> None:
    account = accounts.working()
    new = resources.new_password()
    api.update(account.path, {"password": new}, method)
    account.wait_code(235, new)
    assert account.code() == 535


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_changed_hash_replaces_the_old_password(
    api: api_module.Api, accounts: resources.Accounts, method: str
) -> None:
    account = accounts.working()
    new = resources.new_password()
    body = {"password_hash": openssl.sha512_crypt(new)}
    api.update(account.path, body, method)
    account.wait_code(235, new)
    assert account.code() == 535


def test_a_change_of_the_description_keeps_the_password(
    api: api_module.Api, accounts: resources.Accounts
) -> None:
    account = accounts.working()
    changed = api.update(account.path, {"name": "Alice A.", "description": "clerk"})
    assert (changed["name"], changed["description"]) == ("Alice A.", "clerk")
    # the node has applied everything up to the account that follows
    accounts.working()
    assert account.code() == 235
