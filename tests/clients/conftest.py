# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Fixtures: the stand's clients, and an office with an instance of its own."""

import collections.abc as cabc
import itertools
import os
import pathlib

import pytest

from tests.clients import arrivals, office
from tests.e2e import harness as harness_module
from tests.e2e import remote_hosts
from tests.functional import api as api_module
from tests.functional import resources, waiting

BUILD_TIMEOUT = 2400  # seconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ask at the end who else has got anything: it has to tell of the whole run."""
    items.sort(key=lambda item: item.path.name == "test_nobody_else.py")


@pytest.fixture(scope="session")
def harness() -> cabc.Iterator[harness_module.Harness]:
    """Return the stand that EXORDOS_STAND names, which is up."""
    stand = harness_module.Harness(os.environ["EXORDOS_STAND"])
    stand.enter()
    try:
        yield stand
    finally:
        stand.leave()


@pytest.fixture(scope="session")
def root(harness: harness_module.Harness) -> pathlib.Path:
    """Return the clients' root file system."""
    built = harness.ctl("clients", timeout=BUILD_TIMEOUT).stdout
    return pathlib.Path(built.splitlines()[-1])


@pytest.fixture(scope="session")
def instance(harness: harness_module.Harness) -> cabc.Iterator[resources.Instance]:
    """Return the office's instance, with its records published."""
    api = api_module.Api(api_module.Cloud.from_environment())
    with resources.own_instance(api) as ready:
        remote_hosts.publish(harness, ready, api.get(ready.path))
        yield ready


@pytest.fixture(scope="session")
def node(
    harness: harness_module.Harness, instance: resources.Instance
) -> harness_module.Node:
    """Return the instance's machine."""
    return harness_module.Node(harness, instance.uuid)


@pytest.fixture(scope="session")
def the_office(
    harness: harness_module.Harness,
    root: pathlib.Path,
    instance: resources.Instance,
) -> office.Office:
    """Return the office: one account. It trusts the certificates that the API tells."""
    api = api_module.Api(api_module.Cloud.from_environment())
    shown = waiting.until(
        "the instance tells its node's certificates",
        lambda: api.get(instance.path)["certificates"],
    )
    return office.Office(
        account=resources.Accounts(api, instance).working(),
        host=instance.domain,
        certificates="".join(one["pem"] for one in shown),
        root=root,
        arrivals=arrivals.Arrivals(harness.settings),
    )


@pytest.fixture
def work(tmp_path: pathlib.Path) -> cabc.Iterator[pathlib.Path]:
    """Yield new directories, one for each job of a test."""
    return _directories(tmp_path)


def _directories(parent: pathlib.Path) -> cabc.Iterator[pathlib.Path]:
    for number in itertools.count():
        path = parent / str(number)
        path.mkdir()
        yield path
