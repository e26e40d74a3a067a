# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Certificates whose names are proven by records (DNS-01): pebble against Knot."""

import os
import signal
import subprocess
import sys
import typing as tp
import uuid as sys_uuid

from cryptography import x509
from cryptography.x509 import verification
from oslo_config import cfg
import pytest

from exordos_mail.controlplane.certificates import dns_challenge, published
from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.dns.publish import publisher, rows
from exordos_mail.controlplane.dns.publish import service as publish_service
from tests.integration.controlplane import acme_world
from tests.integration.controlplane_dns import acme_dns
from tests.integration.support import waiting

net, pebble = acme_dns.net, acme_dns.pebble
options, tenant = acme_dns.options, acme_dns.tenant

HOST, RECORD = acme_dns.HOST, acme_dns.RECORD
Tenant = acme_dns.Tenant
HOUR = 3600
#: An address of the test's internet at which no name server listens.
NOBODY = "192.0.2.99"


def test_a_name_that_leads_nowhere_is_proven_by_its_record(tenant: Tenant) -> None:
    tenant.publish()
    tenant.order()
    row = tenant.valid(tenant.want())
    assert (row["state"], row["reason"], row["failures"]) == ("valid", "", 0)
    leaf, *others = x509.load_pem_x509_certificates(row["chain"].encode())
    with tenant.net.entered():
        root = x509.load_pem_x509_certificate(tenant.pebble.root().encode())
    policy = verification.PolicyBuilder().store(verification.Store([root]))
    policy.build_server_verifier(x509.DNSName(HOST)).verify(leaf, others)
    tenant.gone()


def test_the_domain_is_neither_failing_nor_wants_the_record(tenant: Tenant) -> None:
    """The publisher's other work and what the tenant sees of it stay as they are."""
    tenant.publish()
    tenant.order()
    tenant.valid(tenant.want())
    state = "SELECT FROM mail_domains WHERE publish_state = 'published'"
    waiting.until(lambda: tenant.db.execute(state).rowcount, "published")
    names = "SELECT FROM mail_dns_records WHERE name LIKE %s"
    assert tenant.db.execute(names, ("%acme%",)).rowcount == 0


def test_two_orders_of_one_name_at_once(tenant: Tenant) -> None:
    """Of two instances of one domain; each has its own record at the same name."""
    other = tenant.new_instance()
    wanted = [tenant.want(), tenant.want(instance=other)]
    tenant.publish()
    tenant.net.secondary.hold()
    try:
        tenant.order()
        waiting.until(lambda: len(tenant.texts()) == 2, "two records at the name", 60)
    finally:
        tenant.net.secondary.release()
    tenant.net.synchronise("tenant.test.")
    for one in wanted:
        tenant.valid(one)
    tenant.gone()


def test_a_record_left_from_before_stays_and_does_no_harm(tenant: Tenant) -> None:
    tenant.net.set(RECORD, "TXT", ["of another program"], ttl=HOUR)
    tenant.publish()
    tenant.order()
    tenant.valid(tenant.want())
    expected = ['"of another program"']
    waiting.until(lambda: tenant.texts() == expected, "ours is gone, theirs is there")


def test_the_authority_looks_when_every_name_server_shows_it(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns_challenge, "PATIENCE", 1.0)
    tenant.publish()
    tenant.net.secondary.hold()
    try:
        tenant.order()
        uuid = tenant.want()
        row = tenant.fails(uuid)
    finally:
        tenant.net.secondary.release()
    said = f"not all name servers show the record {RECORD} within 1 seconds: ns2.lab"
    assert said in row["reason"]
    assert "does not show it; next attempt in" in row["reason"]
    assert (row["state"], row["failures"]) == ("failed", 1)
    assert row["wait"].total_seconds() <= HOUR
    tenant.gone()
    tenant.net.synchronise("tenant.test.")
    monkeypatch.setattr(dns_challenge, "PATIENCE", 60.0)
    tenant.try_again(uuid)
    assert tenant.valid(uuid)["failures"] == 0


def test_a_name_server_that_is_silent_is_passed_over(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a resolver does, after the time for all of them."""
    monkeypatch.setattr(dns_challenge, "PATIENCE", 1.0)
    tenant.publish()
    tenant.net.secondary.stop()
    try:
        tenant.order()
        uuid = tenant.want()
        waiting.until(lambda: _goes_on(tenant, uuid), "certificate", 60)
    finally:
        tenant.net.secondary.start()
        # The authority's resolver believes for a minute that it is away.
        control = ("unbound-control", "-c", "/mnt/unbound.conf")
        tenant.net.run(*control, "flush_infra", "all")


def _goes_on(tenant: Tenant, uuid: sys_uuid.UUID) -> bool:
    """Tell whether there is a certificate; the authority may look more than once.

    Its resolver takes longer than the authority waits, the first time that it asks the
    server that is silent.
    """
    row = tenant.row(uuid)
    if row["reason"]:
        assert "the authority could not see" in row["reason"]
        tenant.try_again(uuid)
    return bool(row["serial"])


def _wrong_key(tenant: Tenant, path: tp.Any) -> None:
    text = tenant.net.update_key.read_text()
    path.write_text(text.replace("operator.", "lab."))
    path.chmod(0o600)
    cfg.CONF.set_override("dns_update_key_file", str(path), "mail")


def test_a_wrong_key_is_said_before_there_is_an_order(
    tenant: Tenant, tmp_path: tp.Any
) -> None:
    _wrong_key(tenant, tmp_path / "wrong")
    tenant.order()
    row = tenant.fails(tenant.want())
    said = f"the record {RECORD} cannot be published: the name server 192.0.2.53"
    assert f"{said} refuses our key: PeerBadSignature" in row["reason"]
    assert row["failures"] == 1


@pytest.fixture
def nodes(tenant: Tenant) -> tp.Iterator[acme_world.Nodes]:
    """Machines that show challenges at their own address, in the test's internet."""
    with tenant.net.entered():
        found = acme_world.Nodes(tenant.url, tenant.pebble.http_port)
    yield found
    found.stop()


def test_a_name_server_that_is_away_keeps_no_other_name_waiting(
    tenant: Tenant, nodes: acme_world.Nodes
) -> None:
    """And is told; what leads to its machine is proven by HTTP instead."""
    there = "here.tenant.test"
    for name in (there, "www.example.com"):
        tenant.net.set(name, "A", [acme_dns.NODE])
    tenant.db.execute("UPDATE mail_instances SET ipsv4 = %s", ([acme_dns.NODE],))
    cfg.CONF.set_override("dns_update_server", NOBODY, "mail")
    tenant.order()
    nowhere = tenant.fails(tenant.want())
    for name in (there, "www.example.com"):
        tenant.valid(tenant.want(name))
    said = f"cannot be published: the name server {NOBODY} takes no connection"
    assert f"{said}; next attempt in" in nowhere["reason"]
    assert (nowhere["state"], nowhere["failures"]) == ("failed", 1)
    cfg.CONF.set_override("dns_update_server", tenant.net.update_server, "mail")
    tenant.publish()
    tenant.try_again(nowhere["uuid"])
    tenant.valid(nowhere["uuid"])


def test_a_name_server_that_is_away_is_not_asked_for_each_name(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns_challenge, "AWAY", 600.0)
    cfg.CONF.set_override("dns_update_server", NOBODY, "mail")
    tenant.order()
    tenant.fails(tenant.want())
    cfg.CONF.set_override("dns_update_server", tenant.net.update_server, "mail")
    row = tenant.fails(tenant.want("mx.tenant.test"))
    assert "takes no connection" in row["reason"]


def test_an_alias_into_another_published_domain_is_followed(tenant: Tenant) -> None:
    target = "acme.operator.test"
    tenant.add_domain("operator.test")
    tenant.net.set(RECORD, "CNAME", [f"{target}."])
    tenant.publish()
    tenant.order()
    tenant.valid(tenant.want())
    assert tenant.net.get(RECORD, "CNAME") == [f"{target}."]
    tenant.gone(target)


def test_an_alias_to_elsewhere_is_refused(tenant: Tenant) -> None:
    """The key may change the zone of the target; the tenant may not."""
    target = "acme.operator.test"
    tenant.net.set(RECORD, "CNAME", [f"{target}."])
    tenant.order()
    row = tenant.fails(tenant.want())
    assert f"{RECORD} is an alias (CNAME) of {target}, which is in no" in row["reason"]
    assert tenant.texts(target) == []


def test_aliases_in_a_circle_have_an_end(tenant: Tenant) -> None:
    tenant.net.set(RECORD, "CNAME", [f"{RECORD}."])
    tenant.order()
    row = tenant.fails(tenant.want())
    assert "is an alias (CNAME) that leads through" in row["reason"]


def _is_published(tenant: Tenant, name: str = HOST) -> bool:
    return published.is_published(tenant.db, tenant.instance, name)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"publish": "none"}, False),
        ({"publish": "core"}, False),
        ({"ownership": "unproven"}, False),
        ({"ownership": "lapsed"}, False),
    ],
)
def test_only_proven_domains_that_we_publish(
    tenant: Tenant, changes: dict[str, str], expected: bool
) -> None:
    tenant.change(tenant.instance, **changes)
    assert _is_published(tenant) == expected
    assert _is_published(tenant, "tenant.test") == expected
    assert not _is_published(tenant, "nottenant.test")
    assert not _is_published(tenant, "test")


def test_the_nearest_domain_decides(tenant: Tenant) -> None:
    near = tenant.add_domain("mail.tenant.test")
    tenant.change(near, publish="none")
    assert not _is_published(tenant)
    assert _is_published(tenant, "mx.tenant.test")


@pytest.mark.parametrize("ownership", ["proven", "unproven"])
def test_what_somebody_else_has_proven_below_is_theirs(
    tenant: Tenant, version: models.MailVersion, ownership: str
) -> None:
    other = models.MailInstance(
        name="m2",
        project_id=sys_uuid.uuid4(),
        domain="mail.tenant.test",
        cpu=1,
        ram=1024,
        disk_size=10,
        version=version,
    )
    other.insert()
    tenant.change(other.uuid, ownership=ownership)
    assert _is_published(tenant) == (ownership == "unproven")
    assert _is_published(tenant, "mx.tenant.test")


def test_without_a_server_nothing_is_published(tenant: Tenant) -> None:
    cfg.CONF.set_override("dns_update_server", None, "mail")
    assert not _is_published(tenant)


def test_the_host_name_gets_its_certificate_before_it_leads_anywhere(
    tenant: Tenant,
) -> None:
    tenant.change(tenant.instance, ownership="unproven")
    # By itself it would be looked at in six hours.
    tenant.db.execute("UPDATE mail_host_certificates SET due_at = now() + '6h'")
    cfg.CONF.set_override("acme_host_names", True, "mail")
    tenant.publish()
    tenant.order()
    tenant.change(tenant.instance, ownership="proven")

    def found() -> tp.Any:
        return tenant.db.execute("SELECT uuid FROM mail_certificates").fetchone()

    uuid = waiting.until(found, "the certificate's row")["uuid"]
    row = tenant.valid(uuid)
    assert (row["hostname"], row["automatic"]) == (HOST, True)


_PROCESS = """
import os, signal, sys, threading
from oslo_config import cfg
from exordos_mail.controlplane import certificate_options, publish_options
from exordos_mail.controlplane.certificates import service
from exordos_mail.controlplane.dns.publish import update_server
url, point, *options = sys.argv[1:]
cfg.CONF([], project="test")
for one in options:
    name, _, value = one.partition("=")
    cfg.CONF.set_override(name, value, group="mail")
cfg.CONF.set_override("acme_host_names", False, group="mail")
apply = update_server.UpdateServer.apply
def die(self, step):
    if point == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    apply(self, step)
    os.kill(os.getpid(), signal.SIGKILL)
if point != "waiting":
    update_server.UpdateServer.apply = die
service.CertificateService(lambda: url, workers=1)._setup()
threading.Event().wait()
"""
#: Options of that process.
_NAMES = (
    *("acme_directory", "acme_ca_file", "secrets_key_file"),
    *("dns_update_server", "dns_update_key_file"),
)


def _kill(tenant: Tenant, options: dict[str, tp.Any], point: str) -> None:
    """Have a process make an attempt, and kill it around its first update."""
    words = [f"{name}={options[name]}" for name in _NAMES]
    words += ["dns_resolver=192.0.2.54", "dns_private_networks=192.0.2.0/24"]
    command = tenant.net.namespace.command_here(
        sys.executable, "-c", _PROCESS, tenant.url, point, *words
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, env=environment)
    try:
        if point == "waiting":
            waiting.until(tenant.texts, "the record", 60)
            process.send_signal(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("point", ["before", "after", "waiting"])
def test_killed_at_any_step_the_next_one_goes_on(
    tenant: Tenant, options: dict[str, tp.Any], point: str
) -> None:
    uuid = tenant.want()
    tenant.net.secondary.hold()
    try:
        _kill(tenant, options, point)
    finally:
        tenant.net.secondary.release()
    tenant.net.synchronise("tenant.test.")
    assert len(tenant.texts()) == (point != "before")
    tenant.publish()
    tenant.order()
    tenant.valid(uuid)
    tenant.gone()


#: What becomes of the certificate; at last, nobody orders any more.
_ENDS = {
    "certificate": "DELETE FROM mail_certificates",
    "instance": "DELETE FROM mail_instances",
    "own": "UPDATE mail_certificates SET source = 'own'",
    "authority": "UPDATE mail_acme_records SET created_at = '2020-01-01'",
}


@pytest.mark.parametrize("end", _ENDS)
def test_what_a_killed_one_left_goes_with_whatever_it_was_for(
    tenant: Tenant, options: dict[str, tp.Any], end: str
) -> None:
    tenant.want()
    _kill(tenant, options, "after")
    assert len(tenant.texts()) == 1
    tenant.db.execute(_ENDS[end])
    if end == "authority":
        # The publisher looks every ten minutes.
        tenant.db.execute("UPDATE mail_dns_publications SET next_at = 'epoch'")
    with tenant.net.entered():
        for one in rows.claim(tenant.db, 10):
            publisher.look(tenant.db, one, publish_service.of_options())
    assert tenant.texts() == []
    left = tenant.db.execute(
        "SELECT FROM mail_dns_published WHERE name = %s", (RECORD,)
    )
    assert left.rowcount == 0


def test_a_record_is_removed_when_its_name_server_is_back(
    tenant: Tenant, options: dict[str, tp.Any]
) -> None:
    tenant.want()
    _kill(tenant, options, "after")
    tenant.net.primary.stop()
    try:
        tenant.db.execute("DELETE FROM mail_instances")
        tenant.publish()

        def failed() -> int:
            query = "SELECT FROM mail_dns_publications WHERE failures > 0"
            return tenant.db.execute(query).rowcount

        waiting.until(failed, "a failure")
    finally:
        tenant.net.primary.start()
    tenant.gone()
