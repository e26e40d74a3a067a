# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Keys behind aliases into the operator's zone: rotated without the tenant's doing.

The publisher writes to Knot, the checker asks both authorities, dkimpy verifies by the
resolver: what a receiver would do.
"""

import contextlib
import pathlib
import typing as tp

import dkim as dkimpy
import dns.resolver
from oslo_config import cfg
import pytest

from exordos_mail.controlplane.dkim import life
from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.dns import checker
from exordos_mail.controlplane.dns.publish import publisher, rows, service
from exordos_mail.standards import dkim, dkim_selector
from tests import lab
from tests.integration.controlplane import conftest, dkim_world
from tests.integration.controlplane_dns import test_checker
from tests.integration.support import waiting

net, running = test_checker.net, test_checker.running

ZONE, DOMAIN = "operator.test", "example.com"
MESSAGE = b"From: ann@example.com\r\nTo: bob@example.net\r\n\r\nhi\r\n"


class Aliased:
    """A domain whose keys have fixed names."""

    def __init__(
        self,
        running: checker.DNSChecker,
        net: lab.Internet,
        db: conftest.Connection,
        domain: models.MailDomain,
    ) -> None:
        self.running, self.net, self.db = running, net, db
        self.domain = domain

    def go(self) -> None:
        """Have keys go on, and what is wanted published."""
        while life.advance(self.domain.uuid):
            pass
        with self.net.entered():
            for one in rows.claim(self.db, 10):
                publisher.look(self.db, one, service.of_options())

    def key(self, state: str) -> dict[str, tp.Any]:
        """Return the one key in a state."""
        (found,) = self.db.execute(
            "SELECT * FROM mail_dkim_keys WHERE domain = %s AND state = %s",
            (self.domain.uuid, state),
        ).fetchall()
        return found

    def state(self) -> dict[str, str]:
        """Return the states of the records of keys, by their names."""
        found = self.db.execute(
            "SELECT name, state FROM mail_dns_records"
            " WHERE domain = %s AND purpose = 'dkim'",
            (self.domain.uuid,),
        )
        return {row["name"]: row["state"] for row in found}

    def check(self) -> None:
        """Have the checker look at the domain, as its user does."""
        test_checker.read(self.domain.uuid).check()
        self.running.ring()

    def is_seen(self) -> bool:
        """Tell whether the checker has told of the key that is published."""
        return self.key("published")["seen_since"] is not None

    def until_seen(self) -> None:
        """Wait until it has."""
        self.check()
        waiting.until(self.is_seen, "the key is seen", 15)

    def verifies(self) -> bool:
        """Sign as the node does, and verify as a receiver does."""
        keys = dkim_world.Keys(
            tp.cast(tp.Any, None),
            self.db,
            self.domain.instance.uuid,
            self.domain.uuid,
        )
        ((selector, key),) = keys.document().items()
        assert key["algorithm"] == dkim.RSA_SHA256
        signature = dkimpy.sign(
            MESSAGE, selector.encode(), DOMAIN.encode(), key["private_key"].encode()
        )
        with self.net.entered():
            return bool(dkimpy.verify(signature + MESSAGE, dnsfunc=self._text))

    def _text(self, name: bytes, timeout: float = 5) -> bytes | None:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [self.net.resolver]
        try:
            answer = resolver.resolve(name.decode(), "TXT", lifetime=timeout)
        except dns.resolver.NXDOMAIN:
            # For a second it knows from NSEC records that there is no such name.
            return None
        return b"".join(next(iter(answer)).strings)


@pytest.fixture
def aliased(
    running: checker.DNSChecker,
    net: lab.Internet,
    version: tp.Any,
    db: conftest.Connection,
    tmp_path: pathlib.Path,
) -> tp.Iterator[Aliased]:
    options = {
        "secrets_key_file": str(tmp_path / "keys.json"),
        "zone": ZONE,
        "dns_update_server": net.update_server,
        "dns_update_key_file": str(net.update_key),
    }
    for name, value in options.items():
        cfg.CONF.set_override(name, value, group="mail")
    db.execute("TRUNCATE mail_dns_published, mail_dns_publications")
    domain = test_checker.new_domain(version, DOMAIN)
    domain.dkim_mode = "cname"
    domain.update()
    yield Aliased(running, net, db, test_checker.read(domain.uuid))
    for name in options:
        cfg.CONF.clear_override(name, group="mail")


@contextlib.contextmanager
def behind(net: lab.Internet) -> tp.Iterator[None]:
    """Have one of the two authorities take no changes."""
    net.secondary.hold()
    try:
        yield
    finally:
        net.secondary.release()


def test_keys_behind_aliases_rotate_without_the_tenant(aliased: Aliased) -> None:
    names = dkim_selector.fixed(aliased.domain.instance.uuid)
    aliased.go()
    first = aliased.key("published")
    assert first["selector"] == names[0]
    target = dkim_selector.target(names[0], DOMAIN, ZONE)
    value = dkim.record(first["algorithm"], first["public_key"])
    (text,) = aliased.net.get(target, "TXT")
    assert text.replace('" "', "") == f'"{value}"', "it is not in the operator's zone"

    # Without the tenant's alias nobody finds it, and it does not sign.
    aliased.check()
    record = f"{names[0]}._domainkey.{DOMAIN}"
    waiting.until(lambda: aliased.state() == {record: "missing"}, "missing", 15)
    aliased.go()
    assert aliased.key("published")["uuid"] == first["uuid"]

    # The tenant's only work.
    for name in names:
        alias = dkim_selector.target(name, DOMAIN, ZONE)
        aliased.net.set(f"{name}._domainkey.{DOMAIN}", "CNAME", [f"{alias}."])
    aliased.until_seen()
    aliased.go()
    assert aliased.key("signing")["uuid"] == first["uuid"]
    waiting.until(aliased.verifies, "it verifies")
    before = aliased.net.get(target, "TXT")

    # One of the operator's servers is behind: receivers meet any of them.
    with behind(aliased.net):
        test_checker.read(aliased.domain.uuid).rotate_dkim()
        aliased.go()
        aliased.check()
        record = f"{names[1]}._domainkey.{DOMAIN}"
        waiting.until(lambda: aliased.state().get(record) == "waiting", "waiting", 15)
        assert not aliased.is_seen()
    aliased.net.synchronise(f"{ZONE}.")
    aliased.until_seen()
    aliased.go()
    assert aliased.key("signing")["selector"] == names[1]
    assert aliased.key("retiring")["uuid"] == first["uuid"]
    waiting.until(aliased.verifies, "it verifies")
    # Mail that the former key has signed is on its way.
    assert aliased.net.get(target, "TXT") == before
