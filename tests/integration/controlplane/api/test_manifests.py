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

"""Objects of a manifest: written by the platform's agent, without controllers."""

import pathlib
import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.clients.backend import db as backend
from gcl_sdk.agents.universal.dm import models as ua_models
from gcl_sdk.agents.universal.drivers import direct
from gcl_sdk.agents.universal.drivers import exceptions as driver_exceptions
from gcl_sdk.agents.universal.storage import fs
import pytest
from restalchemy.dm import filters as dm_filters

from exordos_mail import definition
from exordos_mail.controlplane.dm import exceptions, models
from tests.integration.support import client

PROJECT = sys_uuid.UUID("12345678-c625-4fee-81d5-f691897b8142")


class Agent(direct.DirectAgentDriver):
    """The platform's core-agent with our models, as render-config wires it."""

    def __init__(self, directory: pathlib.Path) -> None:
        storage = fs.TargetFieldsFileStorage(str(directory / "fields.json"))
        paas = definition.MailDefinition()
        specs = []
        for kind, path in paas.get_agent_models().items():
            column = paas.get_agent_filters()[kind]
            value = PROJECT if column == "project_id" else str(PROJECT)
            specs.append(
                backend.ModelSpec(
                    model=getattr(models, path.split(":")[1]),
                    kind=kind,
                    filters={column: dm_filters.EQ(value)},
                )
            )
        self._kinds = [spec.kind for spec in specs]
        super().__init__(backend.DatabaseBackendClient(specs, storage), storage)

    def get_capabilities(self) -> list[str]:
        """Return the kinds of resources that manifests may declare."""
        return self._kinds


def target(kind: str, **value: tp.Any) -> ua_models.TargetResource:
    """Return a declared object as Core sends it."""
    value.setdefault("uuid", str(sys_uuid.uuid4()))
    found = ua_models.TargetResource.from_value(value, kind, tuple(value))
    return tp.cast(ua_models.TargetResource, found)


@pytest.fixture
def agent(tmp_path: pathlib.Path, engine: tp.Any) -> Agent:
    """An agent that has seen nothing yet."""
    return Agent(tmp_path)


@pytest.fixture
def declared(agent: Agent) -> dict[str, ua_models.TargetResource]:
    """A version, an instance and an account, created by the agent."""
    version = target(
        "versions", name=f"v-{sys_uuid.uuid4()}", image="http://images.example/x"
    )
    instance = target(
        "instances",
        name="mail",
        project_id=str(PROJECT),
        domain="example.com",
        cpu=2,
        ram=2048,
        disk_size=20,
        version=str(version.uuid),
    )
    account = target(
        "instances.accounts",
        instance=str(instance.uuid),
        project_id=str(PROJECT),
        username="alice",
        password_hash="{SHA512-CRYPT}" + client.HASH,
    )
    result = {"version": version, "instance": instance, "account": account}
    for one in result.values():
        agent.create(one)
    return result


def test_what_is_declared_is_what_is_read_back(
    agent: Agent, declared: dict[str, ua_models.TargetResource]
) -> None:
    for one in declared.values():
        # equal hashes are when Core takes the object as settled
        assert agent.get(one).hash == one.hash
        listed = {found.uuid: found.hash for found in agent.list(one.kind)}
        assert listed[one.uuid] == one.hash


def test_a_changed_declaration_updates_the_object(
    agent: Agent, declared: dict[str, ua_models.TargetResource]
) -> None:
    for name, change in (
        ("version", {"image": "http://images.example/y"}),
        ("instance", {"cpu": 4}),
        ("account", {"active": False}),
    ):
        one = declared[name]
        newer = target(one.kind, **{**one.value, **change})
        agent.update(newer)
        assert agent.get(newer).hash == newer.hash


def test_applying_the_same_declaration_again_writes_nothing(
    agent: Agent, declared: dict[str, ua_models.TargetResource]
) -> None:
    filters = {"uuid": dm_filters.EQ(declared["instance"].uuid)}
    before = models.MailInstance.objects.get_one(filters=filters)
    for one in declared.values():
        agent.update(one)
    after = models.MailInstance.objects.get_one(filters=filters)
    assert after.generation == before.generation
    assert after.updated_at == before.updated_at


def test_the_rules_hold_without_a_controller(
    agent: Agent, declared: dict[str, ua_models.TargetResource]
) -> None:
    instance, account = declared["instance"].value, declared["account"].value
    for kind, value in (
        ("instances", {**instance, "domain": "Example.com"}),
        ("instances", {**instance, "cpu": True}),
        ("instances.accounts", {**account, "username": "a:b"}),
        ("instances.accounts", {**account, "password_hash": "secret"}),
        ("instances.accounts", {**account, "password": "p"}),
        ("instances.accounts", {**account, "project_id": str(sys_uuid.uuid4())}),
    ):
        value["uuid"] = str(sys_uuid.uuid4())
        with pytest.raises(exceptions.MailValidationError):
            agent.create(target(kind, **value))
    smaller = target("instances", **{**instance, "disk_size": 10})
    with pytest.raises(exceptions.MailValidationError):
        agent.update(smaller)


def test_a_version_in_use_stays(
    agent: Agent, declared: dict[str, ua_models.TargetResource]
) -> None:
    with pytest.raises(exceptions.MailConflict):
        agent.delete(declared["version"])
    agent.get(declared["version"])
    for name in ("account", "instance", "version"):
        agent.delete(declared[name])
        with pytest.raises(driver_exceptions.ResourceNotFound):
            agent.get(declared[name])
