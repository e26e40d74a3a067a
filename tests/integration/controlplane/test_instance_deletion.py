# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A deleted instance: its node cleans up first, and nothing is left."""

import logging
import uuid as sys_uuid

import psycopg
import pytest

from exordos_mail import constants as c
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.controlplane.infra.services import builder as infra_builder
from tests.integration.controlplane import world as w


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
                "SELECT count(*) FROM mail_dkim_keys WHERE domain = %s",
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
    w.core_reports(served, {node: w.ADDRESS}, description="changed")
    w.core_reports(other, {other_node: "10.20.0.42"})
    world.iterate()
    assert w.read(other).ipv4 == "10.20.0.42"
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


BROKEN = 120


def test_a_deletion_waits_for_the_pass_that_works_on_the_instance(
    world, served, db, monkeypatch, caplog
):
    """The harm: keys vanish while the payload is made, and the pass fails."""
    w.add_account(served, "late")
    real = world.paas.create_paas_objects

    def delete_meanwhile(instance):
        monkeypatch.undo()
        db.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            db.execute("DELETE FROM mail_instances WHERE uuid = %s", (served.uuid,))
        return real(instance)

    monkeypatch.setattr(world.paas, "create_paas_objects", delete_meanwhile)
    world.paas._iteration()
    assert list(w.documents(served, "accounts")) == ["late"]
    db.execute("DELETE FROM mail_instances WHERE uuid = %s", (served.uuid,))
    world.iterate()
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []
