# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The checker as gservice runs it: verdicts, ownership, turns and faults of its own."""

import asyncio
import time
import typing as tp
import uuid as sys_uuid

from oslo_config import cfg
import psycopg
import pytest
from restalchemy.dm import filters

from exordos_mail.controlplane import dns_options
from exordos_mail.controlplane.dm import dns_record, models
from exordos_mail.controlplane.dns import checker, store
from exordos_mail.standards.dns import wanted
from tests import lab
from tests.integration.controlplane import conftest, world
from tests.integration.support import waiting

NETWORKS = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]
KIND = "mail_dns_record"


@pytest.fixture(scope="module")
def net(cluster: tp.Any) -> tp.Iterator[lab.Internet]:
    """A signed internet that reaches the database."""
    with lab.Internet() as found:
        found.namespace.lend(cluster.port)
        yield found


@pytest.fixture
def running(
    net: lab.Internet, engine: tp.Any, db: conftest.Connection, database_url: str
) -> tp.Iterator[checker.DNSChecker]:
    """The checker, on a database without domains."""
    db.execute("DELETE FROM mail_instances")
    cfg.CONF([], project="test")
    cfg.CONF.set_override("dns_private_networks", NETWORKS, group="mail")
    cfg.CONF.set_override("dns_resolver", [net.resolver], group="mail")
    assert dns_options.resolvers() == [net.resolver]
    found = checker.DNSChecker(lambda: database_url)
    with net.entered():
        found._setup()
    yield found
    found.stop()


def new_domain(version: tp.Any, name: str) -> models.MailDomain:
    """Return the primary domain of a new instance, which sends by 203.0.113.7."""
    instance = world.new_instance(version, name)
    instance.ipsv4 = ["203.0.113.7"]
    instance.write_changes()
    return read(instance.uuid)


def read(uuid: sys_uuid.UUID) -> models.MailDomain:
    return models.MailDomain.objects.get_one(filters={"uuid": filters.EQ(uuid)})


def states(db: conftest.Connection, domain: models.MailDomain) -> dict[str, str]:
    rows = db.execute(
        "SELECT purpose, state FROM mail_dns_records WHERE domain = %s", (domain.uuid,)
    )
    return {row["purpose"]: row["state"] for row in rows}


def until_states(
    db: conftest.Connection,
    domain: models.MailDomain,
    seconds: float = 15,
    **wanted_: str,
) -> float:
    """Wait for states; return how many seconds it took."""
    began = time.monotonic()
    waiting.until(
        lambda: wanted_.items() <= states(db, domain).items(),
        f"{wanted_}",
        seconds=seconds,
    )
    return time.monotonic() - began


def publish(net: lab.Internet, domain: models.MailDomain) -> None:
    """Publish all that is wanted of a domain."""
    facts = wanted.Facts(
        domain.name,
        domain.instance.hostname,
        ipv4s=("203.0.113.7",),
        proof=domain.proof_value,
    )
    for one in wanted.wanted(facts):
        net.set(one.name, one.type, [one.value])


def test_a_domain_is_judged_by_itself_and_at_once_when_asked(
    running: checker.DNSChecker,
    net: lab.Internet,
    version: tp.Any,
    db: conftest.Connection,
) -> None:
    domain = new_domain(version, "example.com")
    until_states(db, domain, spf="missing", dmarc="missing", proof="missing")
    assert read(domain.uuid).checked_at is not None
    publish(net, domain)
    domain.check()
    running.ring()
    seconds = until_states(db, domain, spf="ok", dmarc="ok", proof="ok", host="ok")
    assert seconds < 5
    waiting.until(lambda: read(domain.uuid).ownership == "proven", "proven")
    row = db.execute(
        "SELECT * FROM mail_dns_records WHERE domain = %s AND purpose = 'dmarc'",
        (domain.uuid,),
    ).fetchone()
    assert row is not None
    assert (row["found"], row["fix"]) == (["v=DMARC1; p=none"], "")
    assert row["since"] > row["created_at"]

    # a change of the DNS is found by itself
    net.set("_dmarc.example.com", "TXT", ["v=DMARC1; p=rejekt"])
    until_states(db, domain, dmarc="wrong")
    events = db.execute(
        "SELECT snapshot FROM gcl_sdk_audit_events WHERE resource_type = %s"
        " AND resource_uuid = %s ORDER BY created_at",
        (KIND, row["uuid"]),
    ).fetchall()
    assert [
        (one["snapshot"]["before"], one["snapshot"]["state"]) for one in events
    ] == [("missing", "ok"), ("ok", "wrong")]
    assert events[-1]["snapshot"]["found"] == ["v=DMARC1; p=rejekt"]


def test_a_check_without_news_waits_for_nobody_who_writes_the_instance(
    running: checker.DNSChecker,
    version: tp.Any,
    db: conftest.Connection,
    database_url: str,
) -> None:
    domain = new_domain(version, "quiet.example.com")
    until_states(db, domain, spf="missing", proof="missing")
    before = read(domain.uuid).checked_at
    with psycopg.connect(database_url) as writer:
        lock = "SELECT FROM mail_instances WHERE uuid = %s FOR UPDATE"
        writer.execute(lock, (domain.instance.uuid,))
        db.execute(
            "UPDATE mail_dns_checks SET asked = TRUE,"
            " due_at = clock_timestamp() AT TIME ZONE 'utc' WHERE domain = %s",
            (domain.uuid,),
        )
        running.ring()
        waiting.until(lambda: read(domain.uuid).checked_at != before, "checked")


def test_news_of_a_check_come_after_who_writes_the_instance(
    running: checker.DNSChecker,
    net: lab.Internet,
    version: tp.Any,
    db: conftest.Connection,
    database_url: str,
) -> None:
    domain = new_domain(version, "news.example.com")
    until_states(db, domain, proof="missing")
    with psycopg.connect(database_url) as writer:
        lock = "SELECT FROM mail_instances WHERE uuid = %s FOR UPDATE"
        writer.execute(lock, (domain.instance.uuid,))
        publish(net, domain)
        waits = (
            "SELECT count(*) AS waits FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND query LIKE '%mail_instances%'"
        )
        waiting.until(lambda: db.execute(waits).fetchone()["waits"], "it waits")
        assert read(domain.uuid).ownership == "unproven"
    waiting.until(lambda: read(domain.uuid).ownership == "proven", "proven")
    until_states(db, domain, proof="ok")


def test_what_is_wanted_no_more_is_gone(
    running: checker.DNSChecker,
    net: lab.Internet,
    version: tp.Any,
    db: conftest.Connection,
) -> None:
    domain = new_domain(version, "example.net")
    domain.receives, domain.tls_rua = True, "tls@example.net"
    domain.update()
    running.ring()
    until_states(db, domain, mx="missing", tls_rpt="missing")
    domain = read(domain.uuid)
    domain.receives, domain.tls_rua = False, None
    domain.update()
    running.ring()
    waiting.until(lambda: not {"mx", "tls_rpt"} & states(db, domain).keys(), "gone")


def test_reverse_dns_is_the_primary_domains_and_follows_how_mail_leaves(
    running: checker.DNSChecker,
    net: lab.Internet,
    version: tp.Any,
    db: conftest.Connection,
) -> None:
    primary = new_domain(version, "tenant.test")
    host = primary.instance.hostname
    other = models.MailDomain(
        name="unsigned.test", instance=primary.instance, project_id=primary.project_id
    )
    other.insert()
    running.ring()
    until_states(db, primary, ptr="missing")
    net.set(host, "A", ["203.0.113.7"])
    net.set("203.0.113.7", "PTR", [f"{host}."])
    net.set("tenant.test", "TXT", [f"v=spf1 a:{host} -all"])
    net.set("smtp.example.net", "A", ["198.51.100.25"])
    read(primary.uuid).check()
    running.ring()
    until_states(db, primary, ptr="ok", spf="ok")
    until_states(db, other, spf="missing")
    assert "ptr" not in states(db, other)

    # another address, which is looked at without being asked
    instance = read(primary.uuid).instance
    instance.outbound_address = "203.0.113.8"
    instance.update()
    running.ring()
    until_states(db, primary, ptr="missing", spf="wrong")
    instance.smarthost = "smtp.example.net"
    instance.update()
    running.ring()
    waiting.until(lambda: "ptr" not in states(db, primary), "no PTR is judged")
    row = db.execute(
        "SELECT fix FROM mail_dns_records WHERE domain = %s AND purpose = 'spf'",
        (primary.uuid,),
    ).fetchone()
    assert row is not None
    assert row["fix"].startswith("Add a:smtp.example.net right behind v=spf1")


def test_a_blocklist_is_asked_where_the_operator_names_it(
    running: checker.DNSChecker,
    net: lab.Internet,
    version: tp.Any,
    db: conftest.Connection,
) -> None:
    for name in ("2.0.0.127", "7.113.0.203"):
        net.set(f"{name}.list.example.net", "A", ["127.0.0.2"])
    cfg.CONF.set_override("dns_blocklists", ["list.example.net"], group="mail")
    try:
        domain = new_domain(version, "tenant.test")
        running.ring()
        until_states(db, domain, blocklist="wrong")
        records = dns_record.MailDNSRecord.objects.get_all(
            filters={"purpose": filters.EQ("blocklist")}
        )
    finally:
        cfg.CONF.clear_override("dns_blocklists", group="mail")
    assert [(one.name, one.value, one.found) for one in records] == [
        ("7.113.0.203.list.example.net", "", ["127.0.0.2"])
    ]
    domain.check()
    running.ring()
    waiting.until(lambda: "blocklist" not in states(db, domain), "no list is asked")


def test_a_policys_record_is_wanted_and_told_when_it_is_seen(
    running: checker.DNSChecker,
    net: lab.Internet,
    version: tp.Any,
    db: conftest.Connection,
) -> None:
    domain = new_domain(version, "operator.test")
    domain.receives, domain.mta_sts = True, "testing"
    domain.update()
    db.execute(
        "UPDATE mail_domain_policies SET record_id = '1', policy_id = '1'"
        " WHERE uuid = %s",
        (domain.uuid,),
    )
    running.ring()
    until_states(db, domain, mta_sts="missing")
    net.set("_mta-sts.operator.test", "TXT", ["v=STSv1; id=1"])
    read(domain.uuid).check()
    running.ring()
    until_states(db, domain, mta_sts="ok")
    (row,) = db.execute(
        "SELECT seen_at FROM mail_domain_policies WHERE uuid = %s", (domain.uuid,)
    ).fetchall()
    assert row["seen_at"] is not None


def test_without_checks_records_are_shown_and_not_judged(
    running: checker.DNSChecker, version: tp.Any, db: conftest.Connection
) -> None:
    cfg.CONF.set_override("dns_checks", False, group="mail")
    try:
        domain = new_domain(version, "example.org")
        running.ring()
        until_states(db, domain, spf="waiting", dmarc="waiting")
    finally:
        cfg.CONF.clear_override("dns_checks", group="mail")
    found = read(domain.uuid)
    assert (found.checked_at, found.ownership) == (None, "unproven")


def test_a_domain_of_nobody_is_unreachable(
    running: checker.DNSChecker, version: tp.Any, db: conftest.Connection
) -> None:
    domain = new_domain(version, "nobody.invalid")
    running.ring()
    until_states(db, domain, spf="unreachable")
    (row,) = db.execute(
        "SELECT fix FROM mail_dns_records WHERE domain = %s AND purpose = 'spf'",
        (domain.uuid,),
    ).fetchall()
    assert "name servers" in row["fix"]


def test_a_silent_resolver_and_a_lost_database_end_nothing(
    running: checker.DNSChecker,
    net: lab.Internet,
    version: tp.Any,
    db: conftest.Connection,
) -> None:
    domain = new_domain(version, "tenant.test")
    publish(net, domain)
    domain.check()
    running.ring()
    until_states(db, domain, spf="ok")
    db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'exordos_mail dns'"
    )
    net.unbound.stop()
    try:
        before = read(domain.uuid).checked_at
        domain.check()
        running.ring()
        waiting.until(
            lambda: read(domain.uuid).checked_at > before, "checked", seconds=20
        )
        # the servers of the last time are asked
        assert states(db, domain)["spf"] == "ok"
    finally:
        net.unbound.start()


def test_the_turn_goes_round_the_projects(
    engine: tp.Any, version: tp.Any, db: conftest.Connection, database_url: str
) -> None:
    """One with many domains keeps nobody waiting; one that asks comes first."""
    db.execute("DELETE FROM mail_instances")
    many, few = sys_uuid.uuid4(), sys_uuid.uuid4()
    for project, count in ((many, 50), (few, 1)):
        instance = models.MailInstance(
            name="m", project_id=project, domain="a.example", cpu=1, ram=1024,
            disk_size=10, version=version,
        )  # fmt: skip
        instance.insert()
        for number in range(count - 1):
            models.MailDomain(instance=instance, name=f"d{number}.example").insert()

    async def claims() -> None:
        data = store.Store(database_url)
        try:
            first = await data.claim(8, 4, {})
            assert [one.project for one in first].count(few) == 1
            assert [one.project for one in first].count(many) == 4
            assert await data.claim(8, 4, {many: 4}) == []
            asked = db.execute(
                "SELECT domain FROM mail_dns_checks WHERE project_id = %s"
                " AND due_at <= clock_timestamp() AT TIME ZONE 'utc'"
                " ORDER BY due_at DESC LIMIT 1",
                (many,),
            ).fetchone()
            assert asked is not None
            read(asked["domain"]).check()
            (second,) = await data.claim(1, 4, {})
            assert second.uuid == asked["domain"]
        finally:
            data.close()

    asyncio.run(claims())
