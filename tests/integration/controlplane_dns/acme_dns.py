# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A tenant whose certificates are proven by records: pebble and Knot."""

import collections.abc
import pathlib
import typing as tp
import uuid as sys_uuid

from oslo_config import cfg
import psycopg.sql
import pytest

from exordos_mail.controlplane import certificate_options, keyring, publish_options
from exordos_mail.controlplane.certificates import dns_challenge, service
from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.dns.publish import service as publish_service
from tests import lab
from tests.integration.controlplane import acme_world, conftest
from tests.integration.controlplane import world as w
from tests.integration.support import waiting

DOMAIN, HOST = "tenant.test", "mail.tenant.test"
RECORD = f"_acme-challenge.{HOST}"
NETWORKS = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]
#: Where the node is, if there is one: in the internet of the test.
NODE = "127.0.0.1"
CONF = cfg.CONF
assert certificate_options
assert publish_options

_MODEL = models.model_of("certificate")
_ROW = """
SELECT certificates.*, orders.failures,
    orders.due_at - clock_timestamp() AT TIME ZONE 'utc' AS wait
FROM mail_certificates AS certificates
LEFT JOIN mail_certificate_orders AS orders ON orders.certificate = certificates.uuid
WHERE certificates.uuid = %s
"""


class Running(tp.Protocol):
    """A service of gservice."""

    def _setup(self) -> None: ...
    def stop(self) -> None: ...


class Tenant:
    """An instance with a domain that is published and proven, and what works for it.

    Attributes:
        instance: uuid of the instance and of its domain.
    """

    def __init__(
        self,
        net: lab.Internet,
        pebble: acme_world.Pebble,
        db: conftest.Connection,
        url: str,
        version: models.MailVersion,
    ) -> None:
        self.net, self.pebble, self.db, self.url = net, pebble, db, url
        self._version = version
        self._running: list[tp.Any] = []
        self.instance = self.new_instance()

    def new_instance(self) -> sys_uuid.UUID:
        """Make an instance whose domain is published and proven."""
        found = w.new_instance(self._version, DOMAIN)
        self.change(found.uuid, publish="rfc2136", ownership="proven")
        return tp.cast(sys_uuid.UUID, found.uuid)

    def change(self, domain: sys_uuid.UUID, **columns: object) -> None:
        """Change columns of a domain."""
        for name, value in columns.items():
            query = psycopg.sql.SQL("UPDATE mail_domains SET {} = %s WHERE uuid = %s")
            identifier = psycopg.sql.Identifier(name)
            self.db.execute(query.format(identifier), (value, domain))

    def add_domain(self, name: str, **columns: object) -> sys_uuid.UUID:
        """Add a domain to the instance that is published and proven."""
        found = models.MailDomain(instance=w.by_uuid(self.instance), name=name)
        found.insert()
        self.change(found.uuid, publish="rfc2136", ownership="proven", **columns)
        return tp.cast(sys_uuid.UUID, found.uuid)

    def want(
        self, hostname: str = HOST, instance: sys_uuid.UUID | None = None
    ) -> sys_uuid.UUID:
        """Ask for a certificate."""
        of_it = w.by_uuid(instance or self.instance)
        found = _MODEL(instance=of_it, hostname=hostname)
        found.insert()
        return tp.cast(sys_uuid.UUID, found.uuid)

    def row(self, uuid: sys_uuid.UUID) -> dict[str, tp.Any]:
        """Return a certificate, and when its next attempt is."""
        row = self.db.execute(_ROW, (uuid,)).fetchone()
        assert row is not None
        return row

    def valid(self, uuid: sys_uuid.UUID) -> dict[str, tp.Any]:
        """Wait for a certificate."""

        def found() -> dict[str, tp.Any] | None:
            row = self.row(uuid)
            assert not row["reason"], row["reason"]
            return row if row["serial"] else None

        return tp.cast("dict[str, tp.Any]", waiting.until(found, "certificate", 60))

    def fails(self, uuid: sys_uuid.UUID) -> dict[str, tp.Any]:
        """Wait for a reason."""

        def found() -> dict[str, tp.Any] | None:
            row = self.row(uuid)
            assert not row["serial"]
            return row if row["reason"] else None

        return tp.cast("dict[str, tp.Any]", waiting.until(found, "reason", 60))

    def try_again(self, uuid: sys_uuid.UUID) -> None:
        """Have an attempt made now."""
        self.db.execute("UPDATE mail_certificates SET reason = ''")
        query = "UPDATE mail_certificate_orders SET due_at = 'epoch'"
        self.db.execute(f"{query} WHERE certificate = %s", (uuid,))

    def order(self) -> None:
        """Start the service that orders certificates."""
        self._start(service.CertificateService(lambda: self.url, workers=2))

    def publish(self) -> None:
        """Start the publisher."""
        self._start(publish_service.Publisher(lambda: self.url))

    def _start(self, one: Running) -> None:
        with self.net.entered():
            one._setup()
        self._running.append(one)

    def stop(self) -> None:
        """End all that was started."""
        for one in self._running:
            one.stop()
        for one in self._running:
            threads = getattr(one, "_threads", None) or [one._thread]
            for thread in threads:
                thread.join(30)
        self._running.clear()

    def texts(self, name: str = RECORD) -> list[str]:
        """Return what the name server shows as TXT."""
        return self.net.get(name, "TXT")

    def gone(self, name: str = RECORD) -> None:
        """Wait until nothing of ours is left, neither there nor in the database."""
        waiting.until(lambda: not self.texts(name), "the record is gone")
        waiting.until(lambda: not self._left(), "nothing is left")

    def _left(self) -> int:
        row = self.db.execute(
            "SELECT (SELECT count(*) FROM mail_acme_records)"
            " + (SELECT count(*) FROM mail_dns_published WHERE name LIKE '%%acme%%')"
            " AS n"
        ).fetchone()
        return int((row or {})["n"])


@pytest.fixture(scope="module")
def net(cluster: tp.Any) -> tp.Iterator[lab.Internet]:
    """A signed internet that reaches the database."""
    with lab.Internet() as found:
        found.namespace.lend(cluster.port)
        yield found


@pytest.fixture(scope="module")
def pebble(
    net: lab.Internet, tmp_path_factory: pytest.TempPathFactory
) -> tp.Iterator[acme_world.Pebble]:
    """The authority, which asks the internet's resolver."""
    found = acme_world.start(tmp_path_factory.mktemp("pebble"), net)
    yield found
    found.stop()


@pytest.fixture
def options(
    net: lab.Internet, pebble: acme_world.Pebble, tmp_path: pathlib.Path
) -> tp.Iterator[dict[str, tp.Any]]:
    """The options of all that works here."""
    values: dict[str, tp.Any] = {
        "acme_directory": pebble.directory,
        "acme_ca_file": str(pebble.ca_file),
        "acme_check_names": False,
        "acme_host_names": False,
        "secrets_key_file": str(tmp_path / "keys.json"),
        "dns_resolver": [net.resolver],
        "dns_private_networks": NETWORKS,
        "dns_update_server": net.update_server,
        "dns_update_key_file": str(net.update_key),
    }
    keyring.load_or_create(values["secrets_key_file"])
    CONF([], project="test")
    for name, value in values.items():
        CONF.set_override(name, value, group="mail")
    yield values
    for name in values:
        CONF.clear_override(name, group="mail")


@pytest.fixture
def tenant(
    options: collections.abc.Mapping[str, tp.Any],
    net: lab.Internet,
    pebble: acme_world.Pebble,
    engine: tp.Any,
    db: conftest.Connection,
    database_url: str,
    version: models.MailVersion,
    monkeypatch: pytest.MonkeyPatch,
) -> tp.Iterator[Tenant]:
    """A tenant; nothing runs yet."""
    monkeypatch.setattr(service, "PERIOD", 0.1)
    monkeypatch.setattr(dns_challenge, "_INTERVAL", 0.1)
    monkeypatch.setattr(dns_challenge, "AWAY", 0.0)
    db.execute("DELETE FROM mail_instances")
    # Each test has a key file of its own, which opens no account of another one.
    db.execute("DELETE FROM mail_acme_accounts")
    db.execute("TRUNCATE mail_dns_published, mail_dns_publications")
    for name in (HOST, RECORD, DOMAIN):
        for kind in ("A", "TXT", "CNAME"):
            net.set(name, kind, [])
    found = Tenant(net, pebble, db, database_url, version)
    yield found
    found.stop()
