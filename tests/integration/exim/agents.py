# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A universal agent with our driver, and the control plane it talks to."""

import pathlib
import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal import utils
from gcl_sdk.agents.universal.dm import models

from exordos_mail import constants as c
from exordos_mail.dataplane import driver
from exordos_mail.dataplane.agent import gateway
from exordos_mail.dataplane.agent import node as node_lib
from exordos_mail.dataplane.agent import program as agent_lib
from tests.integration.exim import fixtures, payloads

_UUID = sys_uuid.UUID(payloads.UUID)


class Orchestrator:
    """The control plane's side of the agent's protocol, in memory."""

    def __init__(self) -> None:
        self.target: models.Resource | None = None
        self.facts: dict[str, dict[str, tp.Any]] = {}

    def want(self, value: dict[str, tp.Any] | None) -> None:
        """Set what the node is to be; the hash leaves out the bulk."""
        if value is None:
            self.target = None
            return
        hashed = {name: value[name] for name in node_lib.TARGET_FIELDS}
        self.target = models.Resource(
            uuid=_UUID,
            kind=c.NODE_KIND,
            res_uuid=models.Resource.gen_res_uuid(_UUID, c.NODE_KIND),
            value=value,
            hash=utils.calculate_hash(hashed),
        )

    @property
    def report(self) -> dict[str, tp.Any]:
        """Return the value that the node has reported last."""
        (fact,) = self.facts.values()
        return fact["value"]

    @property
    def status(self) -> tuple[str, str]:
        """Return status and reason of that report."""
        return self.report["status"], self.report["status_reason"]

    @property
    def settled(self) -> bool:
        """Return whether the reported hash is the wanted one."""
        (fact,) = self.facts.values()
        return self.target is not None and fact["hash"] == self.target.hash

    # --- what the agent calls -------------------------------------------

    def agents_create(self, agent: tp.Any, **kwargs: tp.Any) -> None:
        """Register."""

    def agents_get_payload(self, uuid: tp.Any, last: models.Payload) -> models.Payload:
        payload = models.Payload.empty()
        payload.capabilities[c.NODE_KIND] = {"resources": []}
        payload.facts[c.NODE_KIND] = {"resources": list(self.facts.values())}
        if self.target is not None:
            payload.add_caps_resource(self.target)
        payload.calculate_hash()
        # clients/http/orch.py: equal hashes bring no resources.
        return last if last == payload else payload

    def resources_create(self, resource: models.Resource) -> None:
        self.facts[str(resource.uuid)] = resource.dump_to_simple_view()

    def resources_update(self, kind: str, uuid: str, **changes: tp.Any) -> None:
        self.facts[uuid].update(changes)

    def resources_delete(self, resource: models.Resource) -> None:
        del self.facts[str(resource.uuid)]


class Agent:
    """A universal agent with our driver, pass by pass."""

    def __init__(
        self,
        machine: fixtures.Machine,
        directory: pathlib.Path,
        doorbell: gateway.Client | None = None,
    ) -> None:
        self.orchestrator = Orchestrator()
        self.doorbell = doorbell
        self.payload_file = directory / "payload.json"
        self.meta_file = directory / f"{sys_uuid.uuid4()}.json"
        self._machine = machine
        self.restart()

    def restart(self) -> None:
        """Begin anew, as after a kill; the connection is the old one."""
        self.driver = driver.MailCapabilityDriver(
            meta_file=str(self.meta_file),
            gateway_endpoint="",
            doorbell=self.doorbell,
            mail_node=self._machine.fresh_node(self.doorbell),
        )
        self.service = agent_lib.PacedAgentService(
            agent_uuid=_UUID,
            system_uuid=sys_uuid.UUID(int=8),
            orch_client=self.orchestrator,
            caps_drivers=[self.driver],
            facts_drivers=[],
            payload_path=str(self.payload_file),
        )

    def look(self) -> dict[str, tp.Any]:
        """Run one pass; return the report."""
        self.service._iteration()
        return self.orchestrator.report if self.orchestrator.facts else {}

    def status(self) -> tuple[str, str]:
        """Run one pass; return status and reason of the report."""
        self.look()
        return self.orchestrator.status
