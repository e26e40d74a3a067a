# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`health` of an instance by REST: what its node tells, and nobody else."""

import uuid as sys_uuid

from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import test_health
from tests.integration.controlplane import world as w
from tests.integration.support import client


def test_a_degraded_instance_stays_active_and_says_so(
    world: w.World,
    tenant: client.Client,
    version: models.MailVersion,
    node: sys_uuid.UUID,
) -> None:
    made = tenant.create("/instances/", client.instance_body(version.uuid))
    path = f"/instances/{made['uuid']}"
    instance = w.by_uuid(sys_uuid.UUID(made["uuid"]))
    world.iterate()
    w.core_reports(instance, {node: w.ADDRESS})
    w.agent_registers(node)
    world.iterate()
    wrong = test_health.door(587, "degraded", "it offers no TLS")
    doors = (test_health.door(25), wrong)
    w.node_reports(instance, health=test_health.told(*doors))
    world.iterate()
    shown = tenant.get(path).json()
    assert (shown["status"], shown["status_reason"]) == ("ACTIVE", "")
    assert shown["health"] == {
        "state": "degraded",
        "reason": "exim 587 SMTP: it offers no TLS",
        "services": [{"node": str(node), **one} for one in doors],
    }
    (listed,) = tenant.get("/instances/").json()
    assert listed == shown


def test_nobody_sets_it(tenant: client.Client, instance: client.Body) -> None:
    path = f"/instances/{instance['uuid']}"
    answer = tenant.put(path, {"health": {"state": "ok"}})
    assert answer.status_code in (400, 403)
    assert "health" in answer.text
    assert tenant.get(path).json() == instance
