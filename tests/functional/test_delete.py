# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A second instance of a domain may come, and deletion leaves nothing."""

from tests.functional import api as api_module
from tests.functional import resources


def test_second_instance_of_a_domain_lives_and_dies_alone(
    api: api_module.Api,
    instance: resources.Instance,
    shared_account: resources.Account,
) -> None:
    """That is how one moves to a new server."""
    made = api.create("/instances/", api.instance_body(domain=instance.domain))
    try:
        active = api.wait_active(made["uuid"])
        second = resources.Instance(made["uuid"], instance.domain, active["ipsv4"][0])
        assert second.host != instance.host
        maker = resources.Accounts(api, second)
        account = maker.working(username=shared_account.username)
        assert shared_account.code() == 235
        assert shared_account.code(account.password) == 535
    finally:
        api.delete(f"/instances/{made['uuid']}")

    api.wait_gone(second.uuid)
    assert api.call("GET", second.accounts).status_code == 404
    assert api.call("GET", account.path).status_code == 404
    assert api.call("DELETE", second.path).status_code == 404
    assert second.uuid not in [one["uuid"] for one in api.list("/instances/")]
    resources.wait_silent(second.host)
    assert shared_account.code() == 235


def test_instance_is_deleted_before_it_is_ready(api: api_module.Api) -> None:
    made = api.create("/instances/", api.instance_body())
    account = api.account_body(made["uuid"])
    api.create(f"/instances/{made['uuid']}/accounts/", account)
    api.delete(f"/instances/{made['uuid']}")
    api.wait_gone(made["uuid"])
