# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""More at once than a batch of the SDK, whose choice has no order."""

import functools
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
import pytest
from restalchemy.dm import filters as dm_filters

from exordos_mail import constants as c
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.controlplane.infra.services import builder as infra_builder
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


def beyond_the_batch(crowd, selected):
    """Return one that the SDK does not see while the first 100 stay as they are."""
    return next(uuid for uuid in crowd if uuid not in {one.uuid for one in selected})


def test_reports_for_deleted_instances_do_not_starve_another(world, crowd, db):
    """Their rows stay outdated until their nodes have cleaned up."""
    for n, (uuid, node) in enumerate(crowd.items()):
        w.node_reports(w.by_uuid(uuid))
        w.core_reports(w.by_uuid(uuid), {node: f"10.20.1.{n}"})
    healthy = beyond_the_batch(
        crowd,
        ua_models.OutdatedResource.objects.get_all(
            filters={"kind": dm_filters.EQ(platform_nodes.NODE_SET_KIND)}, limit=100
        ),
    )
    db.execute("DELETE FROM mail_instances WHERE uuid <> %s", (healthy,))
    passes(world, lambda: w.by_uuid(healthy).ipv4.startswith("10.20.1."), 20)


def test_all_instances_that_are_deleted_at_once_leave_nothing(world, crowd, db):
    db.execute("DELETE FROM mail_instances")
    passes(world, lambda: payloads(crowd) == [])
    for node in crowd.values():
        w.node_cleans_up(node)
    targets = "SELECT count(*) FROM ua_target_resources"
    passes(world, lambda: counted(db, targets) == 0)
    agents = "SELECT count(*) FROM ua_agents WHERE node = ANY(%s)"
    assert counted(db, agents, list(crowd.values())) == 0


def test_deleted_instances_whose_nodes_do_not_answer_do_not_delay_another(
    world, crowd, db, monkeypatch
):
    """The harm: the machine of an instance whose node is clean waits for them."""
    monkeypatch.setattr(infra_builder, "CLEAN_UP_GRACE", 3600.0)
    for uuid in crowd:
        w.node_reports(w.by_uuid(uuid))
    db.execute("DELETE FROM mail_instances")
    passes(world, lambda: payloads(crowd) == [])
    clean = beyond_the_batch(
        crowd,
        ua_models.InstanceMixin.get_deleted_target_resources(
            "mail_instances", c.INSTANCE_INFRA_KIND
        ),
    )
    w.node_cleans_up(crowd[clean])
    passes(world, lambda: w.targets(platform_nodes.NODE_SET_KIND, clean) == [], 20)
