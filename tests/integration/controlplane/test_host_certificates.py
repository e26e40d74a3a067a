# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The certificate that the host name of an instance gets by itself."""

import datetime
import typing as tp
import uuid as sys_uuid

from oslo_config import cfg
import pytest
from restalchemy.dm import filters

from exordos_mail.controlplane import dns_options  # noqa: F401 its options are used
from exordos_mail.controlplane.certificates import hosts, service
from exordos_mail.controlplane.dm import models
from tests import authority
from tests.integration.controlplane import acme_fixtures, acme_world
from tests.integration.controlplane import world as w
from tests.integration.support import waiting

HOST = "mail.example.com"
HERE, ELSEWHERE = "127.0.0.1", "192.0.2.9"
_MODEL = models.model_of("certificate")

pebble = acme_fixtures.pebble
nodes = acme_fixtures.nodes
keys = acme_fixtures.keys
settings = acme_fixtures.settings
running = acme_fixtures.certificates_run


@pytest.fixture(autouse=True)
def resolver(
    pebble: acme_world.Pebble, world: w.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolver that pebble has as well."""
    cfg.CONF.set_override("dns_resolver", [HERE], group="mail")
    monkeypatch.setattr(hosts, "PORT", pebble.dns_port)
    monkeypatch.setattr(service, "PERIOD", 0.1)
    for name in (HOST, "mx.example.com"):
        pebble.leads(name, ELSEWHERE)


@pytest.fixture
def machine(db: tp.Any, world: w.World, instance: models.MailInstance) -> sys_uuid.UUID:
    """An instance whose machine has its address."""
    db.execute("UPDATE mail_instances SET ipsv4 = %s", ([HERE],))
    return tp.cast(sys_uuid.UUID, instance.uuid)


def _hurry(db: tp.Any) -> None:
    db.execute(
        "UPDATE mail_host_certificates SET due_at = '2020-01-01'"
        " WHERE due_at IS NOT NULL"
    )


def _turn(db: tp.Any) -> dict[str, tp.Any]:
    statement = (
        "SELECT *, due_at - clock_timestamp() AT TIME ZONE 'utc' AS wait"
        " FROM mail_host_certificates"
    )
    return tp.cast("dict[str, tp.Any]", db.execute(statement).fetchone())


def _settled(db: tp.Any) -> None:
    """Wait until the host name is not to be looked at any more."""
    waiting.until(lambda: _turn(db)["due_at"] is None, "end of looks", 30)


def _rows(db: tp.Any) -> dict[str, dict[str, tp.Any]]:
    found = db.execute("SELECT * FROM mail_certificates").fetchall()
    return {row["hostname"]: row for row in found}


def _valid(db: tp.Any, name: str) -> dict[str, tp.Any]:
    def found() -> dict[str, tp.Any] | None:
        row = _rows(db).get(name)
        return row if row and row["state"] == "valid" else None

    return waiting.until(found, f"certificate of {name}", 60)


def _change(machine: sys_uuid.UUID, **values: tp.Any) -> None:
    found = w.by_uuid(machine)
    found.update_dm(values)
    found.update()


def _own() -> authority.Leaf:
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    return authority.leaf(HOST, begin=now - day, end=now + 30 * day)


def _certificate(uuid: sys_uuid.UUID) -> tp.Any:
    return _MODEL.objects.get_one(filters={"uuid": filters.EQ(uuid)})


def test_name_that_leads_to_the_machine_gets_one(running, pebble, machine, db):
    running()
    waiting.until(lambda: _turn(db)["looks"], "a look at a name that leads elsewhere")
    assert _rows(db) == {}
    pebble.leads(HOST, HERE)
    _hurry(db)
    row = _valid(db, HOST)
    assert (row["automatic"], row["source"]) == (True, "acme")
    assert row["project_id"] == w.PROJECT
    _settled(db)


def test_one_that_is_deleted_is_not_ordered_again(running, pebble, machine, db):
    pebble.leads(HOST, HERE)
    running()
    _certificate(_valid(db, HOST)["uuid"]).delete()
    assert _turn(db)["due_at"] is None
    # Until somebody says so.
    _change(machine, host_certificate=False)
    assert _turn(db)["due_at"] is None
    _change(machine, host_certificate=True)
    assert _valid(db, HOST)["automatic"]


def test_own_certificate_is_never_displaced(running, pebble, machine, db, sealing_keys):
    own = _own()
    _MODEL(
        instance=w.by_uuid(machine),
        hostname=HOST,
        source="own",
        chain=own.chain,
        private_key=own.key,
    ).insert()
    pebble.leads(HOST, HERE)
    running()
    _settled(db)
    row = _rows(db)[HOST]
    assert (row["source"], row["chain"], row["automatic"]) == ("own", own.chain, False)


def test_own_one_in_its_place_is_the_users(running, pebble, machine, db, sealing_keys):
    pebble.leads(HOST, HERE)
    running()
    own = _own()
    found = _certificate(_valid(db, HOST)["uuid"])
    found.update_dm({"source": "own", "chain": own.chain, "private_key": own.key})
    found.update()
    assert not _rows(db)[HOST]["automatic"]


def test_another_host_name_gets_one_and_the_former_goes(running, pebble, machine, db):
    new = "mx.example.com"
    pebble.leads(HOST, HERE)
    pebble.leads(new, HERE)
    running()
    first = _valid(db, HOST)
    _change(machine, hostname=new)
    assert _valid(db, new)["automatic"]
    # As long as the former name leads here, somebody may use it.
    db.execute("UPDATE mail_certificate_orders SET due_at = '2020-01-01'")
    waiting.until(lambda: _rows(db)[HOST]["serial"] != first["serial"], "renewal", 60)
    pebble.leads(HOST, ELSEWHERE)
    db.execute("UPDATE mail_certificate_orders SET due_at = '2020-01-01'")
    waiting.until(lambda: HOST not in _rows(db), "the former one is gone", 60)
    assert _valid(db, new)


def test_instance_that_wants_none_gets_none(running, pebble, machine, db):
    pebble.leads(HOST, HERE)
    _change(machine, host_certificate=False)
    running()
    _MODEL(instance=w.by_uuid(machine), hostname="other.example.com").insert()
    _valid(db, "other.example.com")
    assert HOST not in _rows(db)
    assert (_turn(db)["looks"], _turn(db)["due_at"]) == (0, None)


def test_operator_who_wants_none_looks_at_none(running, settings, pebble, machine, db):
    pebble.leads(HOST, HERE)
    settings(acme_host_names=False)
    running()
    _MODEL(instance=w.by_uuid(machine), hostname="other.example.com").insert()
    _valid(db, "other.example.com")
    assert HOST not in _rows(db)
    assert _turn(db)["looks"] == 0


def test_looks_become_rare_and_never_end(machine, db):
    for number in range(20):
        _hurry(db)
        (host,) = hosts.claim(db)
        assert (host.hostname, host.addresses) == (HOST, [HERE])
        expected = min(hosts.FIRST_WAIT * 2**number, hosts.LONGEST_WAIT)
        late = expected - _turn(db)["wait"]
        assert datetime.timedelta() <= late < datetime.timedelta(seconds=5)
        # It is nobody else's until then.
        assert hosts.claim(db) == []


def test_what_changes_is_looked_at_at_once(machine, db):
    changes = (
        "UPDATE mail_instances SET ipsv4 = '{192.0.2.77}'",
        "INSERT INTO mail_dns_records (uuid, project_id, domain, name, type, value,"
        " purpose, required, state, expected, since, created_at, updated_at)"
        " SELECT gen_random_uuid(), project_id, uuid, 'mail.' || name, 'A', '', 'host',"
        " TRUE, 'ok', '', now(), now(), now() FROM mail_domains",
    )
    for statement in changes:
        _hurry(db)
        hosts.claim(db)
        assert hosts.claim(db) == []
        db.execute(statement)
        assert len(hosts.claim(db)) == 1


@pytest.mark.parametrize(
    ("shown", "good"),
    [((HERE,), True), ((ELSEWHERE,), False), ((HERE, ELSEWHERE), False)],
)
def test_all_addresses_are_the_machines(pebble, shown, good):
    pebble.leads(HOST, *shown)
    assert hosts.leads(HOST, [HERE, "127.0.0.2"]) == good
    assert not hosts.leads(HOST, [])


def test_resolver_that_is_away_leads_nowhere(pebble, monkeypatch):
    pebble.leads(HOST, HERE)
    monkeypatch.setattr(hosts, "PORT", waiting.free_port())
    assert not hosts.leads(HOST, [HERE])
