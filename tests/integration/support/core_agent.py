# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The platform's core-agent with our models, as its render-config wires them."""

import importlib
import pathlib
import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.clients.backend import db as backend
from gcl_sdk.agents.universal.dm import models as ua_models
from gcl_sdk.agents.universal.drivers import direct
from gcl_sdk.agents.universal.services import agent as agent_service
from gcl_sdk.agents.universal.storage import fs
from restalchemy.dm import filters as dm_filters

from exordos_mail import definition

PROJECT = sys_uuid.UUID("12345678-c625-4fee-81d5-f691897b8142")


def _model(path: str) -> tp.Any:
    """Return the class of a `module:Model`."""
    module, name = path.split(":")
    return getattr(importlib.import_module(module), name)


class Agent(direct.DirectAgentDriver):
    """The driver that the agent runs each pass; a new one has seen nothing yet."""

    def __init__(self, directory: pathlib.Path) -> None:
        storage = fs.TargetFieldsFileStorage(str(directory / "fields.json"))
        paas = definition.MailDefinition()
        specs = []
        for kind, path in paas.get_agent_models().items():
            column = paas.get_agent_filters()[kind]
            value = PROJECT if column == "project_id" else str(PROJECT)
            specs.append(
                backend.ModelSpec(
                    model=_model(path),
                    kind=kind,
                    filters={column: dm_filters.EQ(value)},
                )
            )
        self._kinds = [spec.kind for spec in specs]
        super().__init__(backend.DatabaseBackendClient(specs, storage), storage)

    def get_capabilities(self) -> list[str]:
        """Return the kinds of resources that manifests may declare."""
        return self._kinds


class Passes:
    """The agent's passes over what Core wants it to have.

    Args:
        directory: where the agent keeps what it has seen.
    """

    def __init__(self, directory: pathlib.Path) -> None:
        self.driver = Agent(directory)
        self._service = agent_service.UniversalAgentService(
            agent_uuid=sys_uuid.uuid4(),
            orch_client=None,
            caps_drivers=[self.driver],
            facts_drivers=[],
            payload_path=None,
        )

    def run(self, *wanted: ua_models.Resource) -> dict[sys_uuid.UUID, tp.Any]:
        """Make one pass; return what it reports to Core, by uuid."""
        reported = {}
        for kind in self.driver.get_capabilities():
            of_kind = [one for one in wanted if one.kind == kind]
            for found in self._service._actualize_capability(
                self.driver, kind, of_kind
            ):
                reported[found.uuid] = found
        return reported


def target(kind: str, **value: tp.Any) -> ua_models.Resource:
    """Return a declared object as Core sends it."""
    value.setdefault("uuid", str(sys_uuid.uuid4()))
    found = ua_models.Resource.from_value(value, kind, tuple(value))
    return tp.cast(ua_models.Resource, found)
