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
"""More at once than a batch of the SDK, whose choice has no order."""

import functools
import uuid as sys_uuid

import pytest

from exordos_mail import constants as c
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.standards import dkim
from tests.integration.controlplane import world as w

# The SDK takes 100 rows in each phase of a pass.
MANY = 150


@pytest.fixture
def crowd(world, version, monkeypatch):
    """Instances that all have their node and their first payload."""
    # the same keys for all: making them takes longer than all the rest
    for slow in ("generate_private_key", "public_record"):
        monkeypatch.setattr(dkim, slow, functools.cache(getattr(dkim, slow)))
    found = {}
    for n in range(MANY):
        found[w.new_instance(version, f"d{n}.example").uuid] = sys_uuid.uuid4()
    passes(world, lambda: len(node_sets(found)) == MANY)
    for uuid, node in found.items():
        instance = w.by_uuid(uuid)
        w.core_reports(instance, {node: w.ADDRESS})
        w.agent_registers(node)
    passes(world, lambda: len(payloads(found)) == MANY)
    return found


def passes(world, done, most=6):
    """Run passes until something is so."""
    for _ in range(most):
        world.iterate()
        if done():
            return
    pytest.fail(f"not in {most} passes")


def node_sets(crowd):
    return [
        one for uuid in crowd for one in w.targets(platform_nodes.NODE_SET_KIND, uuid)
    ]


def payloads(crowd):
    return [one for uuid in crowd for one in w.targets(c.NODE_KIND, uuid)]


def counted(db, query, *values):
    return db.execute(query, values).fetchone()["count"]


def test_all_reports_that_come_at_once_are_taken(world, crowd, db):
    for uuid in crowd:
        w.node_reports(w.by_uuid(uuid))
    active = "SELECT count(*) FROM mail_instances WHERE status = 'ACTIVE'"
    passes(world, lambda: counted(db, active) == MANY)


def test_all_instances_that_are_deleted_at_once_leave_nothing(world, crowd, db):
    db.execute("DELETE FROM mail_instances")
    passes(world, lambda: payloads(crowd) == [])
    for node in crowd.values():
        w.node_cleans_up(node)
    targets = "SELECT count(*) FROM ua_target_resources"
    passes(world, lambda: counted(db, targets) == 0)
    agents = "SELECT count(*) FROM ua_agents WHERE node = ANY(%s)"
    assert counted(db, agents, list(crowd.values())) == 0
