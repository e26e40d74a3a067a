# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A user's change and the builders' work on the same instance both survive."""

from tests.functional import api as api_module
from tests.functional import resources


def test_changes_during_the_build_survive(api: api_module.Api) -> None:
    """Every answer of a builder comes between two changes of the user."""
    made = api.create("/instances/", api.instance_body())
    path = f"/instances/{made['uuid']}"
    try:
        for number in range(200):
            wanted = {"description": f"change {number}", "ram": 1024 + number}
            changed = api.update(path, wanted)
            assert {field: changed[field] for field in wanted} == wanted
            now = api.get(path)
            assert {field: now[field] for field in wanted} == wanted, number
            if now["status"] == "ACTIVE" and number > 20:
                break
        active = api.wait_active(made["uuid"])
        assert {field: active[field] for field in wanted} == wanted
        assert active["ipsv4"]
        assert active["dkim_public_key"]
        instance = resources.Instance(
            active["uuid"], active["domain"], active["ipsv4"][0]
        )
        resources.Accounts(api, instance).working()
    finally:
        api.delete(path)
    api.wait_gone(made["uuid"])


def test_accounts_and_instance_change_side_by_side(
    api: api_module.Api, instance: resources.Instance, accounts: resources.Accounts
) -> None:
    made = []
    for number in range(10):
        made.append(accounts.create())
        api.update(instance.path, {"description": f"side by side {number}"})
    for account in made:
        account.wait_code(235)
    shown = api.wait_active(instance.uuid)
    assert shown["description"] == "side by side 9"
