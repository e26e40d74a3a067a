# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One PostgreSQL, with the platform's schema and ours, for the control plane."""

import typing as tp
import uuid as sys_uuid

import psycopg
import psycopg.rows
import pytest
from restalchemy.storage.sql import engines

from exordos_mail.controlplane import keyring, sealed_box
from exordos_mail.controlplane.dm import models, sealing_key
from tests.integration.controlplane import gateway_world, interleaving
from tests.integration.controlplane import world as w
from tests.integration.support import migrations, postgres

Connection = psycopg.Connection[dict[str, tp.Any]]


@pytest.fixture(scope="session")
def cluster() -> tp.Iterator[postgres.Cluster]:
    """A PostgreSQL server of the tests' own."""
    server = postgres.Cluster()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def database_url(cluster: postgres.Cluster) -> str:
    """A database with the platform's schema and ours."""
    url = cluster.create_database("metapaas")
    migrations.apply(url)
    return url


@pytest.fixture(scope="session")
def engine(database_url: str) -> tp.Iterator[tp.Any]:
    """The models of this process on the same database."""
    engines.engine_factory.configure_factory(db_url=database_url)
    yield engines.engine_factory.get_engine()
    engines.engine_factory.get_engine().close()


@pytest.fixture(scope="session")
def sealing_keys(
    engine: tp.Any, tmp_path_factory: pytest.TempPathFactory
) -> keyring.Keyring:
    """The keys that secrets of users are sealed to, as gservice publishes them."""
    path = tmp_path_factory.mktemp("sealing") / "keys.json"
    found = keyring.load_or_create(str(path))
    sealing_key.publish(sealed_box.public_key(found))
    return found


@pytest.fixture
def db(database_url: str) -> tp.Iterator[Connection]:
    """A connection that commits each statement."""
    with psycopg.connect(
        database_url, autocommit=True, row_factory=psycopg.rows.dict_row
    ) as connection:
        yield connection


@pytest.fixture(scope="session")
def version(engine: tp.Any) -> models.MailVersion:
    """A registered version, as a manifest would have left it."""
    found = models.MailVersion(
        name=f"v-{sys_uuid.uuid4()}", image="http://images.example/mail.raw.zst"
    )
    found.insert()
    return found


@pytest.fixture
def stage(db: Connection, database_url: str) -> tp.Iterator[interleaving.Stage]:
    """Threads that meet where the test wants them to."""
    found = interleaving.Stage(db, database_url)
    yield found
    found.close()


@pytest.fixture
def world(engine, db, tmp_path):
    # Builders see every instance, so each test begins without any.
    for table in ("mail_instances", "ua_target_resources", "ua_actual_resources"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 our own names
    return w.World(str(tmp_path / "keys.json"))


@pytest.fixture
def node():
    return sys_uuid.uuid4()


@pytest.fixture
def instance(engine, version):
    return w.new_instance(version)


@pytest.fixture
def served(world, instance, node):
    """An instance whose node has everything and said so."""
    world.iterate()
    w.core_reports(instance, {node: w.ADDRESS})
    w.agent_registers(node)
    world.iterate()
    w.node_reports(instance)
    world.iterate()
    return instance


# Fixtures of the gateway, for those who ask for them.
running = gateway_world.running
call = gateway_world.call
assigned = gateway_world.assigned
