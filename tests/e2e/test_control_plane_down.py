# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The control plane is away; mail goes on, and what was asked for comes later."""

import pytest
import requests

from tests.e2e import harness as harness_module
from tests.e2e import watcher
from tests.functional import api as api_module
from tests.functional import resources, smtp, waiting

#: Logins that must succeed while the control plane is away.
LOGINS = 60


def watch_some(watch: watcher.Watcher) -> None:
    """Let time pass until the watcher has logged in often enough."""
    before = watch.good
    waiting.until("clients are served", lambda: watch.good >= before + LOGINS)


def wait_answer(api: api_module.Api) -> None:
    """Return as soon as the REST API answers again."""

    def answers() -> bool:
        try:
            return api.call("GET", "/versions/").ok
        except requests.ConnectionError:
            return False

    waiting.until("the API answers again", answers)


def test_node_serves_while_the_control_plane_is_stopped(
    harness: harness_module.Harness,
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    accounts: resources.Accounts,
    node: harness_module.Node,
) -> None:
    with (
        watcher.Watcher(steady) as watch,
        harness.stopped(*harness_module.CONTROL_PLANE),
    ):
        watch_some(watch)
    assert watch.refusals == []
    assert watch.worst_gap < 3
    wait_answer(api)
    accounts.working()
    api.wait_active(instance.uuid)


def test_change_that_could_not_reach_the_node_is_applied_after_the_return(
    harness: harness_module.Harness,
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    accounts: resources.Accounts,
    node: harness_module.Node,
) -> None:
    leaving = accounts.working()
    with (
        watcher.Watcher(steady) as watch,
        harness.stopped(*harness_module.NODE_SERVICES),
    ):
        coming = accounts.create()
        api.delete(leaving.path)
        watch_some(watch)
        assert coming.code() == 535
        assert leaving.code() == 235
    coming.wait_code(235)
    leaving.wait_code(535)
    assert watch.refusals == []
    api.wait_active(instance.uuid)


def test_frozen_control_plane_is_not_waited_for(
    harness: harness_module.Harness,
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    accounts: resources.Accounts,
    node: harness_module.Node,
) -> None:
    """Connections are taken but nothing answers: worse than being down."""
    with (
        watcher.Watcher(steady) as watch,
        harness.frozen(*harness_module.NODE_SERVICES),
    ):
        coming = accounts.create()
        watch_some(watch)
    coming.wait_code(235)
    assert watch.refusals == []
    api.wait_active(instance.uuid)


@pytest.mark.parametrize("disk", ["kept", "replaced"])
def test_node_that_boots_without_control_plane_serves_from_its_disk(
    harness: harness_module.Harness,
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    accounts: resources.Accounts,
    node: harness_module.Node,
    disk: str,
) -> None:
    """Also when its root disk has been replaced: the data disk is enough."""
    selector = api.get(instance.path)["dkim_selector"]
    locked_out = accounts.working()
    api.update(locked_out.path, {"active": False})
    locked_out.wait_code(535)
    with harness.stopped(*harness_module.CONTROL_PLANE):
        if disk == "replaced":
            node.power("reimage")
        else:
            node.power("cut")
            node.power("on")
        for port in (smtp.SUBMISSION, smtp.SUBMISSIONS):
            waiting.until(
                f"port {port} serves without a control plane",
                lambda port=port: steady.code(port=port),  # type: ignore[misc]
                timeout=120,
                good=lambda code: code == 235,
            )
        assert locked_out.code() == 535
        key = f"/etc/exim4/dkim/{instance.domain}/{selector}.key"
        assert node.facts(key)
    wait_answer(api)
    accounts.working()
    api.wait_active(instance.uuid)
