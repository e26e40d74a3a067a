# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The audit trail of builders and manifests, and its end."""

import datetime
import typing as tp
import uuid as sys_uuid

from oslo_config import cfg
import pytest

from exordos_mail.controlplane import audit_retention, retention
from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import world as w


@pytest.fixture
def trail(db):
    """A function that returns the events of an object or, without one, all."""
    db.execute("DELETE FROM gcl_sdk_audit_events")

    def read(uuid: sys_uuid.UUID | None = None) -> list[dict[str, tp.Any]]:
        return db.execute(
            "SELECT * FROM gcl_sdk_audit_events"
            " WHERE %(uuid)s::uuid IS NULL OR resource_uuid = %(uuid)s"
            " ORDER BY created_at",
            {"uuid": uuid},
        ).fetchall()

    return read


def test_a_new_status_is_noted_and_no_other_fact(trail, world, instance, node) -> None:
    world.iterate()
    w.core_reports(instance, {node: w.ADDRESS})
    w.agent_registers(node)
    world.iterate()
    w.node_reports(instance)
    world.iterate()

    created, *updates = trail(instance.uuid)
    assert created["action"] == "create"
    assert [event["snapshot"]["status"] for event in updates] == [
        "IN_PROGRESS",
        "ACTIVE",
    ]
    for event in updates:
        assert event["snapshot"]["changed_fields"] == ["status"]
        assert event["actor_user_uuid"] is None
        assert event["project_id"] == w.PROJECT


def test_passes_and_reports_that_change_no_status_are_not_noted(
    trail, world, served
) -> None:
    before = len(trail())
    for address in ("10.20.0.41", "10.20.0.42"):
        found = models.MailInstance.objects.get_one(filters={"uuid": served.uuid})
        found.ipsv4 = [address]
        found.applied_generation += 1
        found.update()
        world.iterate()
    assert len(trail()) == before


def test_dkim_keys_are_noted_without_the_private_key(trail, world, served) -> None:
    keys = models.MailDKIMKey.objects.get_all()
    assert len(keys) == 2
    for key in keys:
        created, *changes = trail(key.uuid)
        assert created["action"] == "create"
        assert created["resource_type"] == "mail_dkim_key"
        assert created["project_id"] == served.project_id
        assert created["snapshot"]["public_key"] == key.public_key
        assert "private_key" not in created["snapshot"]
        states = [event["snapshot"]["state"] for event in changes]
        assert states == ["published", "signing"]
    for event in trail():
        assert "h1:" not in str(event["snapshot"])
        assert "PRIVATE" not in str(event["snapshot"])


def test_deleting_what_is_gone_is_not_noted(trail, instance) -> None:
    again = w.read(instance)
    instance.delete()
    again.delete()
    actions = [event["action"] for event in trail(instance.uuid)]
    assert actions == ["create", "delete"]


def test_an_update_that_changes_nothing_is_not_noted(trail, instance) -> None:
    w.read(instance).update(force=True)
    assert len(trail(instance.uuid)) == 1


@pytest.fixture
def bounds() -> tp.Iterator[tp.Callable[..., None]]:
    """A function that sets the bounds for one test."""
    cfg.CONF([], project="test")

    def change(**options: int) -> None:
        for name, value in options.items():
            cfg.CONF.set_override(name, value, group="mail")

    yield change
    for name in ("audit_keep_days", "audit_keep_rows"):
        cfg.CONF.clear_override(name, group="mail")


def add_events(db, count: int, days_ago: int, resource_type="mail_account") -> None:
    """Write events, each a second older than the one before."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    for number in range(count):
        created = now - datetime.timedelta(days=days_ago, seconds=number)
        db.execute(
            "INSERT INTO gcl_sdk_audit_events (uuid, service_name, resource_type,"
            " resource_uuid, action, created_at)"
            " VALUES (gen_random_uuid(), 'metapaas', %s, gen_random_uuid(),"
            " 'update', %s)",
            (resource_type, created),
        )


def test_events_that_are_too_old_are_removed(trail, engine, db, bounds) -> None:
    bounds(audit_keep_days=30)
    add_events(db, 3, days_ago=29)
    add_events(db, 4, days_ago=31)
    assert audit_retention.remove_old() == 4
    assert len(trail()) == 3
    assert audit_retention.remove_old() == 0


def test_the_newest_are_kept_when_there_are_too_many(trail, engine, db, bounds) -> None:
    bounds(audit_keep_rows=5)
    add_events(db, 8, days_ago=0)
    add_events(db, 5, days_ago=1, resource_type="mail_instance")
    newest = {event["uuid"] for event in trail()[-5:]}
    assert audit_retention.remove_old() == 3
    assert newest <= {event["uuid"] for event in trail()}
    assert len(trail()) == 10


def test_events_of_others_are_never_removed(trail, engine, db, bounds) -> None:
    bounds(audit_keep_days=1, audit_keep_rows=1)
    add_events(db, 5, days_ago=400, resource_type="s3_bucket")
    assert audit_retention.remove_old() == 0
    assert len(trail()) == 5


def test_a_turn_removes_a_batch_and_the_next_turns_the_rest(
    trail, engine, db, bounds
) -> None:
    now = 0.0
    service = audit_retention.AuditRetention(batch=3, clock=lambda: now)
    add_events(db, 7, days_ago=400)
    left = []
    for _ in range(3):
        service._loop_iteration()
        left.append(len(trail()))
    assert left == [4, 1, 0]

    add_events(db, 1, days_ago=400)
    service._loop_iteration()
    assert len(trail()) == 1  # it is not due yet
    now = retention.PERIOD
    service._loop_iteration()
    assert trail() == []
