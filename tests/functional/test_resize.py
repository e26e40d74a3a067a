# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""cpu, ram and disk change under a running instance."""

import pytest
import requests

from tests.functional import api as api_module
from tests.functional import resources


def test_more_cpu_ram_and_disk_reach_active_again(
    api: api_module.Api,
    instance: resources.Instance,
    shared_account: resources.Account,
) -> None:
    before = api.get(instance.path)
    wanted = {
        "cpu": before["cpu"] + 1,
        "ram": before["ram"] + 1024,
        "disk_size": before["disk_size"] + 2,
    }
    changed = api.update(instance.path, wanted)
    assert {field: changed[field] for field in wanted} == wanted
    active = api.wait_active(instance.uuid)
    assert {field: active[field] for field in wanted} == wanted
    assert active["ipsv4"] == [instance.host]
    assert active["dkim_public_key"] == before["dkim_public_key"]
    shared_account.wait_code(235)


def test_less_cpu_and_ram_reach_active_again(
    api: api_module.Api, instance: resources.Instance, shared_account: resources.Account
) -> None:
    wanted = {"cpu": 1, "ram": 1024}
    api.update(instance.path, wanted, "PUT")
    active = api.wait_active(instance.uuid)
    assert {field: active[field] for field in wanted} == wanted
    shared_account.wait_code(235)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_smaller_disk_is_400(
    api: api_module.Api, instance: resources.Instance, method: str
) -> None:
    before = api.get(instance.path)
    smaller = {"disk_size": before["disk_size"] - 1}
    answer: requests.Response = api.call(method, instance.path, json=smaller)
    assert answer.status_code == 400, api_module.describe(answer)
    assert "disk" in answer.json()["message"]
    assert api.get(instance.path)["disk_size"] == before["disk_size"]
