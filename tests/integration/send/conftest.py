# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Services on both databases, tenants of their own, SMTP servers."""

import os
import pathlib
import subprocess
import typing as tp
import uuid

import pytest

from tests.integration.send import certificates
from tests.integration.send.dovecot_server import Dovecot
from tests.integration.send.managed import LOGIN, Node
from tests.integration.send.proxy import Proxy
from tests.integration.send.receiver import Receiver
from tests.integration.send.service import Client, Service
from tests.integration.send.sink import Sink
from tests.integration.support import exim_reader, postgres

_TIMEOUTS = {"timeout_seconds": 3, "end_timeout_seconds": 6}
DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def send_cluster() -> tp.Iterator[postgres.Cluster]:
    """A PostgreSQL server of the tests' own."""
    server = postgres.Cluster()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session", params=DATABASES)
def kind(request: pytest.FixtureRequest) -> str:
    """Every test runs on every database."""
    return str(request.param)


class Services:
    """Makes services and ends them."""

    def __init__(
        self, kind: str, request: pytest.FixtureRequest, base: pathlib.Path
    ) -> None:
        self._kind = kind
        self._request = request
        self._base = base
        self._made: list[Service] = []

    def database(self) -> str | None:
        """Return the address of a new database; None: SQLite."""
        if self._kind == "sqlite":
            return None
        cluster = self._request.getfixturevalue("send_cluster")
        return str(cluster.create_database(f"send_{uuid.uuid4().hex}"))

    def new(self, *options: str) -> Service:
        """Return a service, not started, on a database of its own."""
        return self.on(self._base / uuid.uuid4().hex, self.database(), *options)

    def on(self, data: pathlib.Path, database: str | None, *options: str) -> Service:
        """Return a service, not started, on what is there."""
        service = Service(data, database, *options)
        self._made.append(service)
        return service

    def close(self) -> None:
        """End all of them."""
        for service in self._made:
            service.close()


@pytest.fixture
def services(
    kind: str, request: pytest.FixtureRequest, tmp_path: pathlib.Path
) -> tp.Iterator[Services]:
    """For tests that start, stop and kill services."""
    made = Services(kind, request, tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def service(
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> tp.Iterator[Service]:
    """One service that tests share, each with a tenant of its own."""
    made = Services(kind, request, tmp_path_factory.mktemp("send"))
    try:
        yield made.new("--networks", "127.0.0.0/8").start()
    finally:
        made.close()


@pytest.fixture
def sink() -> tp.Iterator[Sink]:
    """An SMTP server without TLS."""
    server = Sink()
    server.start()
    yield server
    server.close()


@pytest.fixture
def admin(service: Service) -> Client:
    """The admin's view, of no tenant."""
    return service.client()


@pytest.fixture
def tenant(service: Service, admin: Client) -> Client:
    """The admin's view of a new tenant without relays."""
    name = f"t{uuid.uuid4().hex[:12]}"
    admin.done(admin.post("/v1/tenants", {"id": name, "name": "A tenant"}))
    return service.client(tenant=name)


def add_relay(tenant: Client, port: int, name: str = "default", **more: tp.Any) -> None:
    """Give a tenant a relay at a local server."""
    body = {"id": name, "host": "127.0.0.1", "port": port, "tls": "none"}
    tenant.done(tenant.post("/v1/relays", {**body, **_TIMEOUTS, **more}))


@pytest.fixture
def sender(tenant: Client, sink: Sink) -> Client:
    """The admin's view of a new tenant whose relay is the sink."""
    add_relay(tenant, sink.port)
    return tenant


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> certificates.Pair:
    """A certificate that nobody trusts."""
    return certificates.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def dovecot(
    tmp_path_factory: pytest.TempPathFactory, certificate: certificates.Pair
) -> tp.Iterator[Dovecot]:
    """A server of IMAP and POP3 that we did not write."""
    with Dovecot(tmp_path_factory.mktemp("dovecot"), certificate).running() as made:
        yield made


@pytest.fixture
def receiver() -> tp.Iterator[Receiver]:
    """A receiver of webhooks."""
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def node_server() -> tp.Iterator[Sink]:
    """The node's own SMTP server, where the service logs in."""
    server = Sink(login=LOGIN)
    server.start()
    yield server
    server.close()


@pytest.fixture
def node(services: Services, node_server: Sink) -> tp.Iterator[Node]:
    """A service whose tenants come over a socket."""
    made = Node(services.new, node_server.port)
    made.service.start()
    yield made
    made.close()


@pytest.fixture
def proxy(send_cluster: postgres.Cluster) -> tp.Iterator[Proxy]:
    made = Proxy(send_cluster.port)
    made.up()
    yield made
    made.down()


@pytest.fixture
def proxied(send_cluster: postgres.Cluster, proxy: Proxy) -> str:
    """The address of a new PostgreSQL database, through the proxy."""
    url = send_cluster.create_database(f"send_{uuid.uuid4().hex}")
    return url.replace(f":{send_cluster.port}/", f":{proxy.port}/")


@pytest.fixture
def behind_proxy(proxied: str, tmp_path: pathlib.Path) -> tp.Iterator[Service]:
    """A service that reaches PostgreSQL through the proxy."""
    made = Service(tmp_path, proxied)
    yield made.start()
    made.close()


@pytest.fixture
def small_disk(tmp_path: pathlib.Path) -> tp.Iterator[pathlib.Path]:
    """A file system of 8 MiB."""
    yield from _disk(tmp_path, 8)


@pytest.fixture
def larger_disk(tmp_path: pathlib.Path) -> tp.Iterator[pathlib.Path]:
    """A file system of 80 MiB: a tenth of it is more than SQLite's log takes."""
    yield from _disk(tmp_path, 80)


def _disk(path: pathlib.Path, mib: int) -> tp.Iterator[pathlib.Path]:
    disk = path / "disk"
    disk.mkdir()
    options = f"size={mib}m,mode=700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@pytest.fixture(scope="session")
def exim(tmp_path_factory: pytest.TempPathFactory) -> exim_reader.Exim:
    """A reader that we did not write."""
    return exim_reader.Exim(tmp_path_factory.mktemp("exim"))


@pytest.fixture
def utf8_sink() -> tp.Iterator[Sink]:
    """A server that takes everything."""
    server = Sink(utf8=True)
    server.start()
    yield server
    server.close()


@pytest.fixture
def soaked(tenant: Client, utf8_sink: Sink) -> tuple[Client, Sink]:
    """A tenant and where its mail arrives."""
    add_relay(tenant, utf8_sink.port)
    return tenant, utf8_sink


#: What needs root, PostgreSQL or exim, or starts services of its own.
_NOT_ALONE = {
    "services",
    "send_cluster",
    "exim",
    "small_disk",
    "larger_disk",
    "cli",
    "dovecot",
}


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """For `make send`: keep what one service on SQLite answers."""
    if "EXORDOS_MAIL_SEND_ALONE" not in os.environ:
        return
    here = pathlib.Path(__file__).parent
    kept = [item for item in items if here not in item.path.parents or _alone(item)]
    config.hook.pytest_deselected(items=[one for one in items if one not in kept])
    items[:] = kept


def _alone(item: pytest.Item) -> bool:
    wanted = set(getattr(item, "fixturenames", ()))
    call = getattr(item, "callspec", None)
    kind = call.params.get("kind") if call is not None else None
    return kind == "sqlite" and "service" in wanted and not wanted & _NOT_ALONE
