# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Fixtures: one instance for the whole run, accounts for each test."""

import collections.abc as cabc

import pytest

from tests.functional import api as api_module
from tests.functional import resources

Api = api_module.Api
Instance = resources.Instance
Account = resources.Account
Accounts = resources.Accounts


@pytest.fixture(scope="session")
def cloud() -> api_module.Cloud:
    """Return where the cloud is."""
    return api_module.Cloud.from_environment()


@pytest.fixture(scope="session")
def api(cloud: api_module.Cloud) -> Api:
    """Return a client with a token of Core's IAM."""
    return Api(cloud)


@pytest.fixture(scope="session")
def instance(api: Api) -> cabc.Iterator[Instance]:
    """Return the run's instance; at the end nothing of it may answer."""
    with resources.own_instance(api) as ready:
        yield ready


@pytest.fixture
def accounts(api: Api, instance: Instance) -> cabc.Iterator[Accounts]:
    """Return a maker of accounts whose work is undone after the test."""
    maker = Accounts(api, instance)
    yield maker
    maker.remove()


@pytest.fixture(scope="session")
def shared_account(api: Api, instance: Instance) -> cabc.Iterator[Account]:
    """Return an account that can log in and that no test changes."""
    maker = Accounts(api, instance)
    yield maker.working()
    maker.remove()
