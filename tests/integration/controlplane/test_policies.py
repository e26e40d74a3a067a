# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The keeper of MTA-STS policies on a real database, and what a node is told."""

import datetime
import typing as tp
import uuid as sys_uuid

from oslo_config import cfg
import psycopg
import pytest

from exordos_mail.controlplane import dns_options  # noqa: F401 its options are used
from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.policies import facts, keeper
from exordos_mail.standards import mta_sts
from tests.integration.controlplane import world as w

Row = dict[str, tp.Any]


@pytest.fixture(autouse=True)
def judged(world: tp.Any) -> tp.Iterator[None]:
    """The DNS is asked, whatever tests before this one have said."""
    before = cfg.CONF.mail.dns_checks
    cfg.CONF.set_override("dns_checks", True, group="mail")
    yield
    cfg.CONF.set_override("dns_checks", before, group="mail")


@pytest.fixture
def quick() -> tp.Iterator[None]:
    """Testing ends at once."""
    cfg.CONF.set_override("mta_sts_testing_days", 0, group="mail")
    yield
    cfg.CONF.clear_override("mta_sts_testing_days", group="mail")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def _want(db: tp.Any, uuid: sys_uuid.UUID, mode: str, receives: bool = True) -> None:
    db.execute(
        "UPDATE mail_domains SET mta_sts = %s, receives = %s WHERE uuid = %s",
        (mode, receives, uuid),
    )


def _row(db: tp.Any, uuid: sys_uuid.UUID) -> Row | None:
    found = db.execute("SELECT * FROM mail_domain_policies WHERE uuid = %s", (uuid,))
    return tp.cast("Row | None", found.fetchone())


def _policy(db: tp.Any, uuid: sys_uuid.UUID) -> mta_sts.Policy:
    row = _row(db, uuid)
    assert row is not None
    return mta_sts.parse(row["policy"])


def _applied(world: w.World, instance: models.MailInstance) -> None:
    """The node has what it is to have, and says so."""
    world.iterate()
    w.node_reports(instance)
    world.iterate()


def _age(db: tp.Any, uuid: sys_uuid.UUID, days: int) -> None:
    """Have that much time gone by."""
    db.execute(
        "UPDATE mail_domain_policies SET since = since - %(by)s,"
        " binds_until = binds_until - %(by)s, seen_at = seen_at - %(by)s,"
        " due_at = due_at - %(by)s WHERE uuid = %(uuid)s",
        {"by": datetime.timedelta(days=days), "uuid": uuid},
    )


def test_domain_without_a_policy_has_no_row(served, db):
    assert keeper.keep() == 0
    assert _row(db, served.uuid) is None


def test_record_waits_for_the_node(served, world, db):
    """A sender that saw the id first would keep the old text for it."""
    uuid = served.uuid
    _want(db, uuid, "enforce")
    keeper.keep()
    policy = _policy(db, uuid)
    assert (policy.mode, policy.mx) == ("testing", (served.hostname,))
    assert facts.record_id(db, uuid) is None
    world.iterate()
    assert w.documents(served, "policies") == {served.domain: {"policy": policy.text}}
    keeper.keep()
    assert facts.record_id(db, uuid) is None
    _applied(world, served)
    assert keeper.keep() == 1
    assert facts.record_id(db, uuid) == policy.id
    assert keeper.keep() == 0


def test_policy_is_enforced_when_the_record_was_seen_for_long_enough(served, world, db):
    uuid = served.uuid
    _want(db, uuid, "enforce")
    keeper.keep()
    # Nobody serves it yet, so what is seen is another one.
    facts.seen(db, uuid, True, _now())
    assert _row(db, uuid)["seen_at"] is None
    _applied(world, served)
    keeper.keep()
    facts.seen(db, uuid, True, _now())
    keeper.keep()
    _age(db, uuid, 13)
    keeper.keep()
    assert _policy(db, uuid).mode == "testing"
    facts.failed(db, uuid, _now() - datetime.timedelta(days=3))
    _age(db, uuid, 2)
    keeper.keep()
    assert _policy(db, uuid).mode == "testing"
    db.execute("UPDATE mail_domain_policies SET failed_at = NULL, due_at = since")
    keeper.keep()
    assert _policy(db, uuid).mode == "enforce"


def test_record_that_vanishes_stops_the_clock(served, world, db, quick):
    uuid = served.uuid
    _want(db, uuid, "enforce")
    keeper.keep()
    _applied(world, served)
    keeper.keep()
    facts.seen(db, uuid, True, _now())
    facts.seen(db, uuid, False, _now())
    keeper.keep()
    assert _policy(db, uuid).mode == "testing"
    facts.seen(db, uuid, True, _now())
    keeper.keep()
    assert _policy(db, uuid).mode == "enforce"


def test_where_nobody_looks_at_the_dns_time_alone_counts(served, db, quick):
    cfg.CONF.set_override("dns_checks", False, group="mail")
    _want(db, served.uuid, "enforce")
    keeper.keep()
    db.execute("UPDATE mail_domain_policies SET due_at = since")
    keeper.keep()
    assert _policy(db, served.uuid).mode == "enforce"


def test_new_host_name_keeps_the_old_one(served, world, db):
    _want(db, served.uuid, "testing")
    keeper.keep()
    before = served.hostname
    changed = w.read(served)
    changed.update_dm({"hostname": f"other.{served.domain}"})
    changed.update()
    assert keeper.keep() == 1
    assert _policy(db, served.uuid).mx == (f"other.{served.domain}", before)
    _age(db, served.uuid, 2)
    row = _row(db, served.uuid)
    assert row["due_at"] < _now()
    db.execute(
        "UPDATE mail_domain_policies SET former = %s",
        (psycopg.types.json.Jsonb({before: _now().isoformat()}),),
    )
    keeper.keep()
    assert _policy(db, served.uuid).mx == (f"other.{served.domain}",)


def test_policy_that_goes_is_none_first_and_then_leaves_no_row(served, world, db):
    uuid = served.uuid
    _want(db, uuid, "testing")
    keeper.keep()
    _want(db, uuid, "off")
    keeper.keep()
    assert _policy(db, uuid).mode == "none"
    _applied(world, served)
    keeper.keep()
    assert facts.record_id(db, uuid) == _policy(db, uuid).id
    _age(db, uuid, 2)
    keeper.keep()
    assert _row(db, uuid) is None
    assert facts.record_id(db, uuid) is None
    world.iterate()
    assert w.documents(served, "policies") == {}


def test_domain_that_receives_nothing_has_no_policy(served, db):
    _want(db, served.uuid, "enforce", receives=False)
    keeper.keep()
    assert _row(db, served.uuid) is None
    _want(db, served.uuid, "enforce", receives=True)
    keeper.keep()
    assert _policy(db, served.uuid).mode == "testing"


def test_many_domains_are_one_generation(served, db):
    """And no more of them at a time than a batch."""
    for number in range(30):
        db.execute(
            "INSERT INTO mail_domains (uuid, name, project_id, instance, mta_sts,"
            " receives, created_at, updated_at) VALUES (%s, %s, %s, %s, 'testing',"
            " TRUE, now(), now())",
            (
                sys_uuid.uuid4(),
                f"d{number}.example",
                served.project_id,
                served.uuid,
            ),
        )
    before = w.read(served).generation
    assert keeper.keep(batch=20) == 20
    assert w.read(served).generation == before + 1
    assert keeper.keep(batch=20) == 10
    assert keeper.keep() == 0


def test_instance_that_somebody_holds_waits_for_nobody(served, db, database_url):
    _want(db, served.uuid, "testing")
    with psycopg.connect(database_url) as other:
        other.execute(
            "SELECT FROM mail_instances WHERE uuid = %s FOR UPDATE", (served.uuid,)
        )
        keeper.keep()
        assert _row(db, served.uuid)["policy"] is None
    keeper.keep()
    assert _policy(db, served.uuid).mode == "testing"


def test_domain_takes_its_policy_along(served, world, db):
    uuid = sys_uuid.uuid4()
    db.execute(
        "INSERT INTO mail_domains (uuid, name, project_id, instance, mta_sts,"
        " receives, created_at, updated_at) VALUES (%s, 'd.example', %s, %s,"
        " 'testing', TRUE, now(), now())",
        (uuid, served.project_id, served.uuid),
    )
    keeper.keep()
    world.iterate()
    assert set(w.documents(served, "policies")) == {"d.example"}
    db.execute("DELETE FROM mail_domains WHERE uuid = %s", (uuid,))
    world.iterate()
    assert w.documents(served, "policies") == {}
