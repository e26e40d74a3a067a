# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The publisher of records against Knot, in a signed internet of the test's own."""

import typing as tp
import uuid as sys_uuid

from oslo_config import cfg
import psycopg
import pytest

from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.dns.publish import publisher, rows, service, source
from exordos_mail.standards.dns.record import Record
from tests import lab
from tests.integration.controlplane import world as w
from tests.integration.support import waiting
from tests.lab import fixtures

signed_internet = fixtures.signed_internet

DOMAIN, ADDRESS = "tenant.test", "192.0.2.25"
SPF = "v=spf1 a:mail.tenant.test ~all"


class Tenant:
    """A domain in the database, and the publisher that works for it.

    Attributes:
        uuid: of the domain.
    """

    def __init__(self, net: lab.Internet, db: rows.Connection, uuid: str) -> None:
        self.net, self.db, self.uuid = net, db, uuid

    def change(self, **columns: object) -> None:
        """Change columns of the domain."""
        for name, value in columns.items():
            query = psycopg.sql.SQL("UPDATE mail_domains SET {} = %s WHERE uuid = %s")
            identifier = psycopg.sql.Identifier(name)
            self.db.execute(query.format(identifier), (value, self.uuid))

    def look(self, providers: publisher.Providers | None = None) -> publisher.Outcome:
        """Let the publisher look at what is due; there has to be one domain."""
        (claimed,) = rows.claim(self.db, 10)
        with self.net.entered():
            return publisher.look(self.db, claimed, providers or service.of_options())

    def look_again(self) -> publisher.Outcome:
        """Let it look although nothing has changed."""
        self.db.execute("UPDATE mail_dns_publications SET next_at = 'epoch'")
        return self.look()

    def records(self, name: str, kind: str) -> list[str]:
        """Return what the name server has."""
        return self.net.get(name, kind)

    def state(self) -> tuple[str, str]:
        """Return what the tenant sees."""
        query = "SELECT publish_state, publish_reason FROM mail_domains WHERE uuid = %s"
        row = self.db.execute(query, (self.uuid,)).fetchone()
        assert row is not None
        return row["publish_state"], row["publish_reason"] or ""

    def made(self) -> int:
        """Return how many records the publisher believes to be its own."""
        row = self.db.execute("SELECT count(*) AS n FROM mail_dns_published").fetchone()
        assert row is not None
        return int(row["n"])


@pytest.fixture
def tenant(
    signed_internet: lab.Internet,
    engine: tp.Any,
    db: rows.Connection,
    version: models.MailVersion,
) -> tp.Iterator[Tenant]:
    """A tenant with a proven domain, who has asked for nothing yet."""
    db.execute("DELETE FROM mail_instances")
    db.execute("TRUNCATE mail_dns_published, mail_dns_publications")
    for name in (DOMAIN, f"_dmarc.{DOMAIN}", f"mail.{DOMAIN}"):
        for kind in ("TXT", "MX", "A", "CNAME"):
            signed_internet.set(name, kind, [])
    instance = w.new_instance(version, DOMAIN)
    db.execute(
        "UPDATE mail_instances SET ipsv4 = %s WHERE uuid = %s",
        ([ADDRESS], instance.uuid),
    )
    cfg.CONF.set_override("dns_update_server", signed_internet.update_server, "mail")
    cfg.CONF.set_override(
        "dns_update_key_file", str(signed_internet.update_key), "mail"
    )
    found = Tenant(signed_internet, db, str(instance.uuid))
    found.change(ownership="proven")
    yield found
    cfg.CONF.clear_override("dns_update_server", "mail")
    cfg.CONF.clear_override("dns_update_key_file", "mail")


def test_what_is_wanted_is_published_and_validates(tenant: Tenant) -> None:
    tenant.change(publish="rfc2136", receives=True)
    assert tenant.look().state == "published"
    assert tenant.state() == ("published", "")
    assert tenant.records(DOMAIN, "TXT") == [f'"{SPF}"']
    assert tenant.records(DOMAIN, "MX") == [f"10 mail.{DOMAIN}."]
    assert tenant.records(f"mail.{DOMAIN}", "A") == [ADDRESS]
    tenant.net.synchronise(f"{DOMAIN}.")
    assert tenant.net.validates(DOMAIN, "MX")
    tenant.look_again()
    assert tenant.state() == ("published", "")


def test_what_is_wanted_no_more_is_removed(tenant: Tenant) -> None:
    tenant.change(publish="rfc2136", receives=True)
    tenant.look()
    tenant.change(receives=False, dmarc_policy="reject")
    tenant.look()
    assert tenant.records(DOMAIN, "MX") == []
    assert tenant.records(f"_dmarc.{DOMAIN}", "TXT") == ['"v=DMARC1; p=reject"']
    tenant.change(publish="none")
    assert tenant.look().state == "none"
    assert tenant.records(DOMAIN, "TXT") == []
    assert tenant.made() == 0
    assert rows.claim(tenant.db, 10) == []


def test_records_go_with_their_domain(tenant: Tenant) -> None:
    tenant.change(publish="rfc2136")
    tenant.look()
    tenant.db.execute("DELETE FROM mail_instances")
    tenant.look()
    assert tenant.records(DOMAIN, "TXT") == []
    assert tenant.records(f"mail.{DOMAIN}", "A") == []
    assert tenant.made() == 0


def test_nothing_is_published_for_who_has_not_proven_the_domain(tenant: Tenant) -> None:
    tenant.change(ownership="unproven", publish="rfc2136")
    assert tenant.look().state == "waiting"
    assert "proof_name" in tenant.state()[1]
    assert tenant.records(DOMAIN, "TXT") == []
    tenant.change(ownership="proven")
    assert tenant.look().state == "published"


def test_records_of_others_stay_and_are_not_overwritten(tenant: Tenant) -> None:
    tenant.net.set(DOMAIN, "TXT", ["verification=1", "v=spf1 mx -all"])
    tenant.net.set(DOMAIN, "MX", ["5 elsewhere.example.com."])
    tenant.change(publish="rfc2136", receives=True)
    assert tenant.look().state == "failing"
    state, reason = tenant.state()
    assert (state, "v=spf1 mx -all" in reason) == ("failing", True), reason
    assert tenant.records(DOMAIN, "MX") == ["5 elsewhere.example.com."]
    # what does not stand in anybody's way is there
    assert tenant.records(f"mail.{DOMAIN}", "A") == [ADDRESS]
    tenant.net.set(DOMAIN, "TXT", ["verification=1"])
    tenant.net.set(DOMAIN, "MX", [])
    assert tenant.look_again().state == "published"
    tenant.change(publish="none")
    tenant.look()
    assert tenant.records(DOMAIN, "TXT") == ['"verification=1"']


def test_an_alias_of_others_is_not_written_over(tenant: Tenant) -> None:
    tenant.net.set(f"_dmarc.{DOMAIN}", "CNAME", ["dmarc.example.net."])
    tenant.change(publish="rfc2136")
    assert tenant.look().state == "failing"
    assert "an alias" in tenant.state()[1]
    assert tenant.records(f"_dmarc.{DOMAIN}", "CNAME") == ["dmarc.example.net."]


class Racing:
    """A provider before which somebody else changes what was read."""

    def __init__(self, inner: tp.Any, change: tp.Callable[[], None]) -> None:
        self.inner, self.change = inner, change

    def read(self, name: str, kind: str) -> list[str]:
        """Read, and let somebody change it."""
        found = list(self.inner.read(name, kind))
        self.change()
        return found

    def apply(self, step: tp.Any) -> None:
        """Do the step."""
        self.inner.apply(step)


def test_who_comes_between_reading_and_writing_is_not_overwritten(
    tenant: Tenant,
) -> None:
    def open_it(domain: sys_uuid.UUID) -> Racing:
        inner = service.of_options()["rfc2136"](domain)
        return Racing(inner, lambda: tenant.net.set(DOMAIN, "TXT", ["v=spf1 mx -all"]))

    tenant.change(publish="rfc2136")
    assert tenant.look({"rfc2136": open_it}).state == "failing"
    assert tenant.records(DOMAIN, "TXT") == ['"v=spf1 mx -all"']
    tenant.change(publish="none")
    tenant.look()
    assert tenant.records(DOMAIN, "TXT") == ['"v=spf1 mx -all"']


class Killed(BaseException):
    """The process is killed here."""


class Dying:
    """A provider in whose n-th change the process is killed, before or after it."""

    def __init__(self, inner: tp.Any, count: int, before: bool) -> None:
        self.inner, self.count, self.before = inner, count, before

    def read(self, name: str, kind: str) -> list[str]:
        """Read."""
        return list(self.inner.read(name, kind))

    def apply(self, step: tp.Any) -> None:
        """Do the step, or die."""
        self.count -= 1
        if self.count == 0 and self.before:
            raise Killed
        self.inner.apply(step)
        if self.count == 0:
            raise Killed


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_killed_at_any_point_nothing_is_left_and_nothing_lost(
    tenant: Tenant, count: int, before: bool
) -> None:
    def open_it(domain: sys_uuid.UUID) -> Dying:
        return Dying(service.of_options()["rfc2136"](domain), count, before)

    tenant.change(publish="rfc2136", receives=True)
    with pytest.raises(Killed):
        tenant.look({"rfc2136": open_it})
    assert tenant.look_again().state == "published"
    assert tenant.records(DOMAIN, "MX") == [f"10 mail.{DOMAIN}."]
    tenant.change(publish="none")
    with pytest.raises(Killed):
        tenant.look({"rfc2136": open_it})
    tenant.look_again()
    for name, kind in ((DOMAIN, "TXT"), (DOMAIN, "MX"), (f"mail.{DOMAIN}", "A")):
        assert tenant.records(name, kind) == []
    assert tenant.made() == 0


def test_it_is_tried_again_until_the_server_is_back(tenant: Tenant) -> None:
    tenant.net.primary.stop()
    try:
        tenant.change(publish="rfc2136")
        assert tenant.look().state == "failing"
        assert "takes no connection" in tenant.state()[1]
        assert rows.claim(tenant.db, 10) == []
        tenant.look_again()
        row = tenant.db.execute("SELECT failures FROM mail_dns_publications").fetchone()
        assert row == {"failures": 2}
    finally:
        tenant.net.primary.start()
    assert tenant.look_again().state == "published"


def test_a_key_that_the_server_does_not_take_is_said(
    tenant: Tenant, tmp_path: tp.Any
) -> None:
    path = tmp_path / "key"
    text = tenant.net.update_key.read_text()
    for bad, said in (("nobody.", "PeerBadKey"), ("lab.", "PeerBadSignature")):
        path.write_text(text.replace("operator.", bad))
        path.chmod(0o600)
        cfg.CONF.set_override("dns_update_key_file", str(path), "mail")
        tenant.change(publish="rfc2136")
        assert tenant.look().state == "failing"
        assert said in tenant.state()[1]


def test_a_zone_that_the_key_may_not_change_is_said(
    tenant: Tenant, version: models.MailVersion
) -> None:
    tenant.db.execute("UPDATE mail_domains SET name = 'example.net'")
    tenant.db.execute("UPDATE mail_instances SET domain = 'example.net'")
    tenant.change(publish="rfc2136")
    tenant.look()
    # Knot's ACL: the key is not one of this zone's.
    assert "refuses" in tenant.state()[1]
    assert tenant.records("example.net", "TXT") == []


def test_long_texts_are_split(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    key = Record(f"x._domainkey.{DOMAIN}", "TXT", "p=" + "A" * 700, "dkim", True)
    wish = source.PublishWish("rfc2136", True, (key,))
    monkeypatch.setattr(source, "wish", lambda *_: wish)
    tenant.change(publish="rfc2136")
    assert tenant.look().state == "published"
    (text,) = tenant.records(key.name, "TXT")
    assert text.replace('" "', "") == f'"{key.value}"'
    monkeypatch.setattr(source, "wish", lambda *_: source.NOTHING)
    tenant.look_again()
    assert tenant.records(key.name, "TXT") == []


def test_the_service_publishes_soon_after_a_change(
    tenant: Tenant, database_url: str, cluster: tp.Any
) -> None:
    tenant.net.namespace.lend(cluster.port)
    running = service.Publisher(url=lambda: database_url)
    with tenant.net.entered():
        running._setup()
    try:
        tenant.change(publish="rfc2136")
        waiting.until(lambda: tenant.state()[0] == "published", "it is published")
        tenant.change(publish="none")
        waiting.until(lambda: tenant.made() == 0, "all is removed")
    finally:
        running.stop()
        assert running._thread is not None
        running._thread.join()
