# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""A builder and somebody else at the same moment."""

import logging
import threading

import psycopg
import pytest
from restalchemy.storage.sql import engines

from exordos_mail import constants as c
from exordos_mail.controlplane import nodes as platform_nodes
from tests.integration.controlplane import world as w


def errors(caplog):
    return [r for r in caplog.records if r.levelno >= logging.ERROR]


def rows_of(db, instance):
    """Return what is left of an instance in the tables of the builders."""
    return db.execute(
        "SELECT kind FROM ua_target_resources WHERE %(uuid)s IN (uuid, master)"
        " UNION ALL SELECT 'key' FROM mail_dkim_keys WHERE domain = %(uuid)s"
        " UNION ALL SELECT 'account' FROM mail_accounts WHERE instance = %(uuid)s"
        " UNION ALL SELECT 'row' FROM mail_instances WHERE uuid = %(uuid)s",
        {"uuid": instance.uuid},
    ).fetchall()


@pytest.fixture
def ready(world, instance, node):
    """An instance whose node has registered and has got no payload yet."""
    world.infra._iteration()
    w.core_reports(instance, {node: w.ADDRESS})
    w.agent_registers(node)
    world.infra._iteration()
    assert w.targets(c.NODE_KIND, instance.uuid) == []
    return instance


def test_a_deletion_waits_for_the_pass_that_creates_the_machine(
    world, instance, db, monkeypatch, caplog
):
    """The harm: a machine is made for an instance that nobody has any more."""
    real = world.infra.create_infra

    def delete_meanwhile(wanted):
        db.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            db.execute("DELETE FROM mail_instances WHERE uuid = %s", (instance.uuid,))
        return real(wanted)

    monkeypatch.setattr(world.infra, "create_infra", delete_meanwhile)
    world.infra._iteration()
    assert len(w.targets(platform_nodes.NODE_SET_KIND, instance.uuid)) == 1
    db.execute("DELETE FROM mail_instances WHERE uuid = %s", (instance.uuid,))
    world.iterate()
    assert rows_of(db, instance) == []
    assert errors(caplog) == []


def test_a_deletion_waits_for_the_pass_that_makes_the_first_payload(
    world, ready, node, db, monkeypatch, caplog
):
    """The harm: keys vanish while the payload is made, and the pass fails."""
    world.dkim._iteration()
    real = world.paas.create_paas_objects

    def delete_meanwhile(wanted):
        db.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            db.execute("DELETE FROM mail_instances WHERE uuid = %s", (ready.uuid,))
        return real(wanted)

    monkeypatch.setattr(world.paas, "create_paas_objects", delete_meanwhile)
    world.paas._iteration()
    assert len(w.targets(c.NODE_KIND, ready.uuid)) == 1
    db.execute("DELETE FROM mail_instances WHERE uuid = %s", (ready.uuid,))
    world.iterate()
    w.node_cleans_up(node)
    world.iterate()
    assert rows_of(db, ready) == []
    assert errors(caplog) == []


@pytest.mark.parametrize("layer", ["infra", "paas"])
def test_an_instance_deleted_after_a_pass_has_chosen_it_is_left_alone(
    world, ready, node, db, monkeypatch, caplog, layer
):
    builder = getattr(world, layer)
    if layer == "infra":
        db.execute("DELETE FROM ua_target_resources")
    real = builder._get_new_instances

    def delete_afterwards():
        chosen = list(real())
        assert [one.uuid for one in chosen] == [ready.uuid]
        db.execute("DELETE FROM mail_instances WHERE uuid = %s", (ready.uuid,))
        return chosen

    monkeypatch.setattr(builder, "_get_new_instances", delete_afterwards)
    builder._iteration()
    monkeypatch.undo()
    world.iterate()
    w.node_cleans_up(node)
    world.iterate()
    assert rows_of(db, ready) == []
    assert errors(caplog) == []


def test_the_verdicts_of_both_builders_at_once_make_one_status(engine, instance, stage):
    """The harm: the later one writes the status that it has computed alone."""
    both_have_read = threading.Barrier(2)
    first_has_written = threading.Event()

    def infra():
        with engines.engine_factory.get_engine().session_manager() as session:
            row = w.read(instance)
            both_have_read.wait(10)
            row.infra_status = "ERROR"
            row.infra_reason = "Core could not provide the machine"
            row.save(session=session)
            first_has_written.set()
            release.wait(10)

    def paas():
        row = w.read(instance)
        both_have_read.wait(10)
        first_has_written.wait(10)
        row.service_status = "ACTIVE"
        row.applied_generation = 1
        row.save()

    release = threading.Event()
    writer = threading.Thread(target=infra)
    writer.start()
    other = stage.start(paas)
    release.set()
    other.result(10)
    writer.join(10)
    now = w.read(instance)
    assert (now.infra_status, now.service_status) == ("ERROR", "ACTIVE")
    assert (now.status, now.applied_generation) == ("ERROR", 1)
    assert now.status_reason == "Core could not provide the machine"


@pytest.fixture
def stopped_clock(db, database_url):
    """A connection that lives at one moment of the past, for ever."""
    db.execute("CREATE SCHEMA past")
    db.execute(
        "CREATE FUNCTION past.clock_timestamp() RETURNS timestamptz"
        " LANGUAGE sql AS $$ SELECT timestamptz '2001-02-03 04:05:06Z' $$"
    )
    try:
        with psycopg.connect(database_url, autocommit=True) as connection:
            # in front of the database's own functions
            connection.execute("SET search_path = past, public, pg_catalog")
            yield connection
    finally:
        db.execute("DROP SCHEMA past CASCADE")


ADD = (
    "INSERT INTO mail_accounts (uuid, project_id, instance, username, password_hash,"
    " created_at, updated_at)"
    " SELECT gen_random_uuid(), project_id, uuid, %s, %s, now(), now()"
    " FROM mail_instances WHERE uuid = %s"
)
HASH = "$1$abcdefgh$" + "x" * 21 + "1"


def test_every_change_is_seen_when_the_clock_goes_back_or_stands_still(
    world, served, stopped_clock
):
    """The harm: a builder has noted the very time that a change gets again."""
    seen = {w.read(served).updated_at}
    for n, name in enumerate(("alice", "bob", "carol"), start=1):
        stopped_clock.execute(ADD, (name, HASH, served.uuid))
        now = w.read(served).updated_at
        assert now > max(seen)
        seen.add(now)
        world.iterate()
        assert len(w.documents(served, "accounts")) == n
    for cpu in (2, 3):
        stopped_clock.execute("UPDATE mail_instances SET cpu = %s", (cpu,))
        now = w.read(served).updated_at
        assert now > max(seen)
        seen.add(now)
        world.iterate()
        (target,) = w.targets(platform_nodes.NODE_SET_KIND, served.uuid)
        assert target.value["cores"] == cpu
    # and by a model, which brings a time of its own process along
    row = w.read(served)
    row.description = "changed"
    row.update()
    assert row.updated_at == w.read(served).updated_at > max(seen)
