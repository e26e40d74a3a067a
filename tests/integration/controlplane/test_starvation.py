# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Instances that never get ready do not take the others' turn."""

import datetime
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
import pytest
from restalchemy.dm import filters as dm_filters

from exordos_mail.controlplane import builders
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.controlplane.paas.dm import models as paas_models
from tests.integration.controlplane import world as w

# More than a batch of the SDK's 100.
BROKEN = 120


@pytest.fixture
def small_batches(monkeypatch):
    """Ours and the SDK's, of 3: its choice is not random, but hard to foresee."""
    monkeypatch.setattr(builders, "BATCH", 3)
    for name in ("get_new_instances", "get_updated_instances"):
        method = getattr(ua_models.InstanceMixin, name).__func__
        monkeypatch.setattr(method, "__defaults__", (None, 3))


def broken_instances(world, version):
    """Instances that Core has given machines, whose agents never register."""
    broken = [w.new_instance(version, f"b{n}.example") for n in range(BROKEN)]
    world.iterate()
    world.iterate()
    for one in broken:
        w.core_reports(one, {sys_uuid.uuid4(): w.ADDRESS})
    return broken


def test_instances_whose_nodes_never_register_do_not_starve_a_new_one(
    world, version, node, request
):
    broken_instances(world, version)
    request.getfixturevalue("small_batches")
    healthy = w.new_instance(version, "healthy.example")
    world.iterate()
    w.core_reports(healthy, {node: w.ADDRESS})
    w.agent_registers(node)
    world.iterate()
    assert w.payload(healthy)["domain"] == "healthy.example"


def test_instances_whose_nodes_are_gone_do_not_starve_a_changed_one(
    world, version, node, request
):
    for broken in broken_instances(world, version):
        # Served once by another machine, and changed since.
        row = paas_models.PaaSInstance.objects.get_one(
            filters={"uuid": dm_filters.EQ(broken.uuid)}
        )
        resource = row.to_ua_resource()
        resource.tracked_at = row.updated_at - datetime.timedelta(hours=1)
        resource.insert()
    healthy = w.new_instance(version, "healthy.example")
    world.iterate()
    w.core_reports(healthy, {node: w.ADDRESS})
    w.agent_registers(node)
    world.iterate()
    request.getfixturevalue("small_batches")
    w.add_account(healthy, "alice")
    world.iterate()
    assert list(w.documents(healthy, "accounts")) == ["alice"]


def test_instances_that_fail_in_every_pass_do_not_starve_another(
    world, version, small_batches, monkeypatch
):
    for number in range(BROKEN):
        w.new_instance(version, f"b{number}.example")
    healthy = w.new_instance(version, "healthy.example")
    real = world.infra.create_infra

    def fail(instance):
        if instance.domain != healthy.domain:
            raise RuntimeError("this one never works")
        return real(instance)

    monkeypatch.setattr(world.infra, "create_infra", fail)
    for _ in range(800):  # each misses it with 118/121
        world.infra._iteration()
        if w.targets(platform_nodes.NODE_SET_KIND, healthy.uuid):
            return
    pytest.fail("the healthy instance never had its turn")
