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

"""Builders against the platform's real tables: one pass at a time."""

import datetime
import logging
import os
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
import pytest
from restalchemy.dm import filters as dm_filters

from exordos_mail import constants as c
from exordos_mail.controlplane import builders
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.controlplane.infra.services import builder as infra_builder
from exordos_mail.controlplane.paas.dm import models as paas_models
from exordos_mail.standards import dkim, revision
from tests.integration.controlplane import world as w

ADDRESS = "10.20.0.40"


@pytest.fixture
def world(engine, db, tmp_path):
    # Builders see every instance, so each test begins without any.
    for table in ("mail_instances", "ua_target_resources", "ua_actual_resources"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 our own names
    return w.World(str(tmp_path / "keys.json"))


@pytest.fixture
def node():
    return sys_uuid.uuid4()


@pytest.fixture
def instance(engine, version):
    return w.new_instance(version)


@pytest.fixture
def served(world, instance, node):
    """An instance whose node has everything and said so."""
    world.iterate()
    w.core_reports(instance, {node: ADDRESS})
    w.agent_registers(node)
    world.iterate()
    w.node_reports(instance)
    world.iterate()
    return instance


def snapshot(db, instance):
    """Return every row of the instance with its write counter."""
    return (
        db.execute("SELECT xmin, * FROM mail_instances ORDER BY uuid").fetchall(),
        db.execute(
            "SELECT xmin, * FROM ua_target_resources ORDER BY res_uuid"
        ).fetchall(),
        db.execute("SELECT xmin, * FROM mail_dkim_keys ORDER BY uuid").fetchall(),
    )


def test_a_new_instance_becomes_a_node_set_with_two_disks(world, instance):
    world.iterate()
    (target,) = w.targets(platform_nodes.NODE_SET_KIND, instance.uuid)
    assert target.value["cores"] == 1
    assert target.value["ram"] == 1024
    assert target.value["replicas"] == 1
    assert [disk["size"] for disk in target.value["disk_spec"]["disks"]] == [
        c.ROOT_DISK_SIZE,
        10,
    ]
    assert w.read(instance).status == "IN_PROGRESS"


def test_no_payload_and_no_error_before_the_agent_has_registered(
    world, instance, node, caplog
):
    caplog.set_level(logging.INFO)
    world.iterate()
    w.core_reports(instance, {node: ADDRESS})
    for _ in range(3):
        world.iterate()
    assert w.targets(c.NODE_KIND, instance.uuid) == []
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []
    assert w.read(instance).ipv4 == ADDRESS
    assert w.read(instance).ipsv4 == [ADDRESS]


def test_a_registered_agent_gets_a_complete_payload(world, instance, node):
    w.add_account(instance, "alice")
    world.iterate()
    w.core_reports(instance, {node: ADDRESS})
    w.agent_registers(node)
    world.iterate()
    (target,) = w.targets(c.NODE_KIND, instance.uuid)
    assert target.agent == target.uuid == platform_nodes.agent_uuid(node)
    value = target.value
    assert list(value["bulk"]["accounts"]) == ["alice"]
    assert value["revision"] == revision.compute(value["domain"], value["bulk"])
    records = {
        key["algorithm"]: dkim.public_record(key["private_key"])
        for key in value["bulk"]["dkim_keys"].values()
    }
    assert set(records) == set(dkim.ALGORITHMS)


def test_active_comes_from_the_nodes_report(world, instance, node):
    world.iterate()
    w.core_reports(instance, {node: ADDRESS})
    w.agent_registers(node)
    world.iterate()
    assert w.read(instance).status == "IN_PROGRESS"
    w.node_reports(instance)
    world.iterate()
    now = w.read(instance)
    assert (now.status, now.status_reason) == ("ACTIVE", "")
    assert now.dkim_public_key == w.RECORDS["platform"]
    assert now.applied_generation == now.generation


def test_passes_over_an_unchanged_database_write_nothing(world, served, db):
    world.iterate()
    before = snapshot(db, served)
    for _ in range(3):
        world.iterate()
    assert snapshot(db, served) == before


def test_an_account_change_reaches_the_payload(world, served):
    old = w.payload(served)
    account = w.add_account(served, "bob")
    world.iterate()
    new = w.payload(served)
    assert list(new["bulk"]["accounts"]) == ["bob"]
    assert new["revision"] != old["revision"]
    assert new["generation"] == old["generation"] + 1
    assert new["bulk"]["dkim_keys"] == old["bulk"]["dkim_keys"]

    account.active = False
    account.update()
    world.iterate()
    assert w.payload(served)["bulk"]["accounts"] == {}
    assert w.read(served).status == "ACTIVE"


def test_a_nodes_error_shows_on_the_instance_and_heals(world, served):
    w.node_reports(served, "ERROR", status_reason="exim4 refuses the configuration")
    world.iterate()
    now = w.read(served)
    assert (now.status, now.status_reason) == (
        "ERROR",
        "exim4 refuses the configuration",
    )
    w.node_reports(served)
    world.iterate()
    assert w.read(served).status == "ACTIVE"


def test_cores_error_and_the_nodes_verdict_do_not_fight(world, served, node, db):
    w.core_reports(served, {node: ADDRESS}, status="ERROR")
    w.node_reports(served, generation=99)
    world.iterate()
    assert w.read(served).status == "ERROR"
    world.iterate()
    before = snapshot(db, served)
    world.iterate()
    assert snapshot(db, served) == before
    w.core_reports(served, {node: ADDRESS})
    world.iterate()
    assert w.read(served).status == "ACTIVE"


def test_a_bigger_machine_is_active_when_core_says_so(world, served, node):
    change = w.read(served)
    change.ram = 2048
    change.disk_size = 20
    change.update()
    world.iterate()
    (target,) = w.targets(platform_nodes.NODE_SET_KIND, served.uuid)
    assert target.value["ram"] == 2048
    assert target.value["disk_spec"]["disks"][1]["size"] == 20
    assert w.read(served).status == "IN_PROGRESS"
    w.core_reports(served, {node: ADDRESS})
    world.iterate()
    assert w.read(served).status == "ACTIVE"


def test_a_users_change_during_a_pass_survives_and_is_applied(
    world, served, monkeypatch
):
    """The harm of whole-row updates: the builder takes the change back."""
    w.add_account(served, "early")
    real = world.paas.create_paas_objects

    def change_meanwhile(stale):
        monkeypatch.undo()
        result = real(stale)
        user = w.read(served)
        user.description = "changed meanwhile"
        user.update()
        stale.service_reason = "seen"
        return result

    monkeypatch.setattr(world.paas, "create_paas_objects", change_meanwhile)
    world.paas._iteration()
    now = w.read(served)
    assert now.description == "changed meanwhile"
    world.paas._iteration()
    assert w.payload(served)["generation"] == now.generation


def test_a_change_between_a_change_and_a_report_is_not_lost(world, served, monkeypatch):
    """The harm: the pass that takes the report notes the change as done."""
    w.add_account(served, "first")
    w.node_reports(served, status_reason="something new")
    real = world.paas._actualize_updated_instances

    def change_afterwards():
        monkeypatch.undo()
        real()
        w.add_account(served, "second")

    monkeypatch.setattr(world.paas, "_actualize_updated_instances", change_afterwards)
    world.paas._iteration()
    world.paas._iteration()
    assert sorted(w.payload(served)["bulk"]["accounts"]) == ["first", "second"]


def test_an_exchanged_machine_gets_the_same_keys(world, served, node):
    keys = w.payload(served)["bulk"]["dkim_keys"]
    other = sys_uuid.uuid4()
    w.core_reports(served, {other: "10.20.0.41"})
    world.iterate()
    w.agent_registers(other)
    world.iterate()
    (target,) = w.targets(c.NODE_KIND, served.uuid)
    assert target.agent == platform_nodes.agent_uuid(other)
    assert target.value["bulk"]["dkim_keys"] == keys
    assert w.read(served).ipv4 == "10.20.0.41"


def test_unreadable_keys_are_an_error_with_a_neutral_reason(
    world, served, caplog, tmp_path
):
    key_file = tmp_path / "keys.json"
    lost = tmp_path / "lost.json"
    os.rename(key_file, lost)
    w.add_account(served, "carol")
    world.iterate()
    world.iterate()
    now = w.read(served)
    assert now.status == "ERROR"
    assert "ask the operator" in now.status_reason
    assert str(tmp_path) not in now.status_reason
    errors = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert len(errors) == 1

    os.rename(lost, key_file)
    world.iterate()
    assert list(w.payload(served)["bulk"]["accounts"]) == ["carol"]
    w.node_reports(served)
    world.iterate()
    assert w.read(served).status == "ACTIVE"


def test_private_keys_are_not_readable_in_our_tables(world, served, db):
    rows = db.execute("SELECT * FROM mail_dkim_keys").fetchall()
    assert rows
    assert "PRIVATE KEY" not in str(rows)
    assert all(row["private_key"].startswith("v1:") for row in rows)


def leftovers(db, instance, node):
    agent = platform_nodes.agent_uuid(node)
    return {
        table: db.execute(query, (value,)).fetchone()["count"]
        for table, query, value in (
            (
                "targets",
                "SELECT count(*) FROM ua_target_resources WHERE master = %s",
                instance.uuid,
            ),
            (
                "own targets",
                "SELECT count(*) FROM ua_target_resources WHERE uuid = %s",
                instance.uuid,
            ),
            (
                "reports",
                "SELECT count(*) FROM ua_actual_resources WHERE uuid = %s",
                agent,
            ),
            ("agents", "SELECT count(*) FROM ua_agents WHERE uuid = %s", agent),
            (
                "keys",
                "SELECT count(*) FROM ua_node_encryption_keys WHERE uuid = %s",
                node,
            ),
            (
                "dkim",
                "SELECT count(*) FROM mail_dkim_keys WHERE instance = %s",
                instance.uuid,
            ),
        )
    }


def test_deletion_waits_for_the_nodes_clean_up_and_leaves_nothing(
    world, served, node, db
):
    served.delete()
    world.iterate()
    world.iterate()
    left = leftovers(db, served, node)
    assert left["targets"] == 1, "the machine stays until its node has cleaned up"
    assert w.targets(c.NODE_KIND, served.uuid) == []
    w.node_cleans_up(node)
    world.iterate()
    assert not any(leftovers(db, served, node).values())


def test_a_node_that_never_answers_does_not_keep_its_machine(
    world, served, node, db, monkeypatch
):
    monkeypatch.setattr(infra_builder, "CLEAN_UP_GRACE", 0.0)
    served.delete()
    world.iterate()
    world.iterate()
    assert not any(leftovers(db, served, node).values())


def test_an_instance_deleted_before_it_had_a_node_leaves_nothing(
    world, instance, node, db
):
    world.iterate()
    instance.delete()
    world.iterate()
    assert not any(leftovers(db, instance, node).values())


def test_an_instance_in_deletion_does_not_block_the_others(
    world, served, node, version, caplog
):
    other, other_node = w.new_instance(version, "other.example"), sys_uuid.uuid4()
    world.iterate()
    served.delete()
    world.iterate()
    # Both node sets report a change in the same pass.
    w.core_reports(served, {node: ADDRESS}, description="changed")
    w.core_reports(other, {other_node: "10.20.0.42"})
    world.iterate()
    assert w.read(other).ipv4 == "10.20.0.42"
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


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
        w.core_reports(one, {sys_uuid.uuid4(): ADDRESS})
    return broken


def test_instances_whose_nodes_never_register_do_not_starve_a_new_one(
    world, version, node, request
):
    broken_instances(world, version)
    request.getfixturevalue("small_batches")
    healthy = w.new_instance(version, "healthy.example")
    world.iterate()
    w.core_reports(healthy, {node: ADDRESS})
    w.agent_registers(node)
    world.iterate()
    assert w.payload(healthy)["domain"] == "healthy.example"


def test_instances_whose_nodes_are_gone_do_not_starve_a_changed_one(
    world, version, node, request
):
    for broken in broken_instances(world, version):
        # Served once by another machine, and changed since.
        row = paas_models.MailInstance.objects.get_one(
            filters={"uuid": dm_filters.EQ(broken.uuid)}
        )
        resource = row.to_ua_resource()
        resource.tracked_at = row.updated_at - datetime.timedelta(hours=1)
        resource.insert()
    healthy = w.new_instance(version, "healthy.example")
    world.iterate()
    w.core_reports(healthy, {node: ADDRESS})
    w.agent_registers(node)
    world.iterate()
    request.getfixturevalue("small_batches")
    w.add_account(healthy, "alice")
    world.iterate()
    assert list(w.payload(healthy)["bulk"]["accounts"]) == ["alice"]


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
