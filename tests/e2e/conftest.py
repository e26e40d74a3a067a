# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Fixtures: one stand, one client, one instance for the whole run."""

import collections.abc as cabc
import os

import pytest

from tests.e2e import harness as harness_module
from tests.e2e import remote_hosts
from tests.functional import api as api_module
from tests.functional import resources

Harness = harness_module.Harness
Node = harness_module.Node
DEFAULT_STAND = "e2e"
UP_TIMEOUT = 2400  # seconds, with empty caches


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Read the logs at the end: they have to tell of the whole run."""
    items.sort(key=lambda item: item.path.name == "test_logs.py")


@pytest.fixture(scope="session")
def harness() -> cabc.Iterator[Harness]:
    """Return the stand that EXORDOS_STAND names; bring one up if there is none."""
    stand = Harness(os.environ.get("EXORDOS_STAND") or DEFAULT_STAND)
    ours = not stand.is_up
    if ours:
        stand.ctl("up", "--period", "0.5", timeout=UP_TIMEOUT)
    stand.enter()
    try:
        yield stand
    finally:
        stand.leave()
        if ours:
            Harness(stand.name).ctl("down")


@pytest.fixture(scope="session")
def api(harness: Harness) -> api_module.Api:
    """Return a client of the stand."""
    return api_module.Api(api_module.Cloud.from_environment())


@pytest.fixture(scope="session")
def instance(api: api_module.Api) -> cabc.Iterator[resources.Instance]:
    """Return the run's instance; at the end nothing of it may answer."""
    with resources.own_instance(api) as ready:
        yield ready


@pytest.fixture(scope="session")
def published(
    harness: Harness, api: api_module.Api, instance: resources.Instance
) -> None:
    """Publish the records of the run's instance."""
    remote_hosts.publish(harness, instance, api.get(instance.path))


@pytest.fixture(scope="session")
def steady(
    api: api_module.Api, instance: resources.Instance
) -> cabc.Iterator[resources.Account]:
    """Return an account that no test changes."""
    maker = resources.Accounts(api, instance)
    yield maker.working()
    maker.remove()


@pytest.fixture
def node(
    harness: Harness,
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
) -> Node:
    """Return the instance's machine, with the instance in good health."""
    api.wait_active(instance.uuid)
    steady.wait_code(235)
    return Node(harness, instance.uuid)


@pytest.fixture
def accounts(
    api: api_module.Api, instance: resources.Instance
) -> cabc.Iterator[resources.Accounts]:
    """Return a maker of accounts whose work is undone after the test."""
    maker = resources.Accounts(api, instance)
    yield maker
    maker.remove()
