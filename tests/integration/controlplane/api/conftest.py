# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One user-api for all tests of the API."""

import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane import keyring
from exordos_mail.controlplane.dm import models
from tests.integration.support import client, user_api


@pytest.fixture(scope="session")
def api(
    database_url: str, sealing_keys: keyring.Keyring
) -> tp.Iterator[user_api.UserApi]:
    """The real user-api on that database, two workers."""
    server = user_api.UserApi(database_url)
    try:
        server.start()
        yield server
        # of all tests together
        log = server.log()
        assert client.HASH not in log
        assert " HTTP/1.1 5" not in log
    finally:
        server.stop()


@pytest.fixture(scope="session")
def other_worker(
    database_url: str, sealing_keys: keyring.Keyring
) -> tp.Iterator[user_api.UserApi]:
    """One more worker, for requests that must not queue behind another."""
    server = user_api.UserApi(database_url, workers=1)
    try:
        server.start()
        yield server
        assert " HTTP/1.1 5" not in server.log()
    finally:
        server.stop()


@pytest.fixture
def tenant(api: user_api.UserApi) -> client.Client:
    """A client with all permissions in a project of its own."""
    return client.Client(api.url, project=sys_uuid.uuid4())


@pytest.fixture
def colleague(other_worker: user_api.UserApi, tenant: client.Client) -> client.Client:
    """A client of the same project that another worker serves."""
    return client.Client(other_worker.url, project=tenant.project)


@pytest.fixture
def stranger(api: user_api.UserApi) -> client.Client:
    """The same in another project."""
    return client.Client(api.url, project=sys_uuid.uuid4())


@pytest.fixture
def admin(api: user_api.UserApi) -> client.Client:
    """A client with all permissions and no project."""
    return client.Client(api.url)


@pytest.fixture
def instance(tenant: client.Client, version: models.MailVersion) -> client.Body:
    """An instance of the tenant, as the API answered its creation."""
    return tenant.create("/instances/", client.instance_body(version.uuid))


@pytest.fixture
def accounts(instance: client.Body) -> str:
    """The path of that instance's accounts."""
    return f"/instances/{instance['uuid']}/accounts/"


@pytest.fixture
def bulk(accounts: str) -> str:
    """The path of the bulk request of those accounts."""
    return f"{accounts}bulk/"


@pytest.fixture
def account(tenant: client.Client, accounts: str) -> client.Body:
    """An account of that instance, made with a ready-made hash."""
    return tenant.create(accounts, {"username": "alice", "password_hash": client.HASH})


@pytest.fixture
def tenants(instance: client.Body) -> str:
    """The path of that instance's tenants."""
    return f"/instances/{instance['uuid']}/tenants/"


@pytest.fixture
def shop(tenant: client.Client, tenants: str) -> client.Body:
    """A tenant of that instance that says nothing but its id."""
    return tenant.create(tenants, {"id": "shop"})


@pytest.fixture
def below(tenants: str, shop: client.Body) -> str:
    """The path of everything below that tenant."""
    return f"{tenants}{shop['uuid']}/"


@pytest.fixture
def parts(
    tenant: client.Client, tenants: str, shop: client.Body, below: str
) -> dict[str, str]:
    """The collections of tenants and below, each with the path of one object."""
    made = {
        below + collection: tenant.create(below + collection, body)
        for collection, body in client.TENANT_PARTS.items()
    }
    return {
        path: f"{path}{one['uuid']}" for path, one in ({tenants: shop} | made).items()
    }
