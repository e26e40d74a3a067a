# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Fixtures of an authority and of the service that asks it, for who names them."""

import typing as tp

from oslo_config import cfg
import pytest

from exordos_mail.controlplane import certificate_options, keyring
from exordos_mail.controlplane.certificates import service
from tests.integration.controlplane import acme_world
from tests.integration.controlplane import world as w

CONF = certificate_options.CONF


@pytest.fixture(scope="module")
def pebble(tmp_path_factory: pytest.TempPathFactory) -> tp.Iterator[acme_world.Pebble]:
    found = acme_world.start(tmp_path_factory.mktemp("pebble"))
    yield found
    found.stop()


@pytest.fixture
def nodes(
    database_url: str, pebble: acme_world.Pebble, world: w.World
) -> tp.Iterator[acme_world.Nodes]:
    found = acme_world.Nodes(database_url, pebble.http_port)
    yield found
    found.stop()


@pytest.fixture
def keys(world: w.World, db: tp.Any) -> keyring.Keyring:
    # Each test has a key file of its own, which opens no account of another one.
    db.execute("DELETE FROM mail_acme_accounts")
    return keyring.load_or_create(cfg.CONF.mail.secrets_key_file)


@pytest.fixture
def settings(
    pebble: acme_world.Pebble, keys: keyring.Keyring
) -> tp.Iterator[tp.Callable[..., None]]:
    """The options of the authority, and a way to change them."""
    names = ("acme_directory", "acme_ca_file", "acme_check_names")

    def choose(**changes: tp.Any) -> None:
        for name, value in changes.items():
            CONF.set_override(name, value, group="mail")

    values = (pebble.directory, str(pebble.ca_file), False)
    choose(**dict(zip(names, values, strict=True)))
    yield choose
    for name in (*names, "acme_host_names"):
        CONF.clear_override(name, group="mail")


@pytest.fixture
def certificates_run(
    settings: object, database_url: str, nodes: acme_world.Nodes
) -> tp.Iterator[tp.Callable[[], service.CertificateService]]:
    """A way to start the service."""
    made: list[service.CertificateService] = []

    def start() -> service.CertificateService:
        made.append(service.CertificateService(lambda: database_url, workers=2))
        made[-1]._setup()
        return made[-1]

    yield start
    for one in made:
        one.stop()
        one.join(30)
