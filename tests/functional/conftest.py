#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
