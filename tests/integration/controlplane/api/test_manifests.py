# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Objects of a manifest: written by the platform's agent, without controllers."""

import pathlib
import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
from gcl_sdk.agents.universal.drivers import exceptions as driver_exceptions
import pytest
from restalchemy.dm import filters as dm_filters

from exordos_mail.controlplane.dm import exceptions, models
from tests.integration.support import client, core_agent


@pytest.fixture
def agent(tmp_path: pathlib.Path, engine: tp.Any) -> core_agent.Agent:
    """An agent that has seen nothing yet."""
    return core_agent.Agent(tmp_path)


@pytest.fixture
def declared(agent: core_agent.Agent) -> dict[str, ua_models.Resource]:
    """A version, an instance and an account, created by the agent."""
    version = core_agent.target(
        "versions", name=f"v-{sys_uuid.uuid4()}", image="http://images.example/x"
    )
    instance = core_agent.target(
        "instances",
        name="mail",
        project_id=str(core_agent.PROJECT),
        domain="example.com",
        cpu=2,
        ram=2048,
        disk_size=20,
        version=str(version.uuid),
    )
    account = core_agent.target(
        "instances.accounts",
        instance=str(instance.uuid),
        project_id=str(core_agent.PROJECT),
        username="alice",
        password_hash="{SHA512-CRYPT}" + client.HASH,
    )
    result = {"version": version, "instance": instance, "account": account}
    for one in result.values():
        agent.create(one)
    return result


def test_what_is_declared_is_what_is_read_back(
    agent: core_agent.Agent, declared: dict[str, ua_models.Resource]
) -> None:
    for one in declared.values():
        # equal hashes are when Core takes the object as settled
        assert agent.get(one).hash == one.hash
        listed = {found.uuid: found.hash for found in agent.list(one.kind)}
        assert listed[one.uuid] == one.hash


def test_a_changed_declaration_updates_the_object(
    agent: core_agent.Agent, declared: dict[str, ua_models.Resource]
) -> None:
    for name, change in (
        ("version", {"image": "http://images.example/y"}),
        ("instance", {"cpu": 4}),
        ("account", {"active": False}),
    ):
        one = declared[name]
        newer = core_agent.target(one.kind, **{**one.value, **change})
        agent.update(newer)
        assert agent.get(newer).hash == newer.hash


def test_applying_the_same_declaration_again_writes_nothing(
    agent: core_agent.Agent, declared: dict[str, ua_models.Resource]
) -> None:
    filters = {"uuid": dm_filters.EQ(declared["instance"].uuid)}
    before = models.MailInstance.objects.get_one(filters=filters)
    for one in declared.values():
        agent.update(one)
    after = models.MailInstance.objects.get_one(filters=filters)
    assert after.generation == before.generation
    assert after.updated_at == before.updated_at


def test_a_version_in_use_stays(
    agent: core_agent.Agent, declared: dict[str, ua_models.Resource]
) -> None:
    with pytest.raises(exceptions.MailConflict):
        agent.delete(declared["version"])
    agent.get(declared["version"])
    for name in ("account", "instance", "version"):
        agent.delete(declared[name])
        with pytest.raises(driver_exceptions.ResourceNotFound):
            agent.get(declared[name])
