# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The public key for secrets of users: published by gservice, used by the API."""

import json
import logging
import pathlib
import typing as tp

from oslo_config import cfg
import pytest

from exordos_mail.controlplane import keyring, sealed_box, sealing_keys
from exordos_mail.controlplane.dm import key_file, sealing_key
from tests.integration.controlplane import conftest


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def path(
    engine: tp.Any, db: conftest.Connection, tmp_path: pathlib.Path
) -> tp.Iterator[pathlib.Path]:
    """Where the key file lies; not made yet, and nothing is published."""
    kept = sealing_key.newest()
    db.execute("DELETE FROM mail_instances")
    db.execute("DELETE FROM mail_sealing_keys")
    found = tmp_path / "keys.json"
    cfg.CONF.set_override("secrets_key_file", str(found), group="mail")
    yield found
    db.execute("DELETE FROM mail_sealing_keys")
    if kept is not None:
        sealing_key.publish(kept)


def rotate(path: pathlib.Path, key_id: str) -> None:
    """Make a key of the file the current one; a new one if it is not there."""
    content = json.loads(path.read_text())
    content["keys"].setdefault(key_id, next(iter(content["keys"].values())))
    content["current"] = key_id
    path.write_text(json.dumps(content))


def test_the_first_pass_publishes_what_opens(path: pathlib.Path, clock: Clock) -> None:
    assert sealing_key.newest() is None
    sealing_keys.SealingKeyPublisher(clock)._iteration()
    public = sealing_key.newest()
    assert public is not None
    envelope = sealed_box.seal("x", "row:1", public)
    assert sealed_box.open_(envelope, "row:1", key_file.existing()) == "x"


def test_a_new_current_key_is_published_within_the_period(
    path: pathlib.Path, clock: Clock, db: conftest.Connection
) -> None:
    publisher = sealing_keys.SealingKeyPublisher(clock)
    publisher._iteration()
    first = key_file.existing().current
    for key_id in ("second", first):
        rotate(path, key_id)
        publisher._iteration()
        newest = sealing_key.newest()
        assert newest is not None and newest.key_id != key_id
        clock.now += sealing_keys.PERIOD
        publisher._iteration()
        newest = sealing_key.newest()
        assert newest is not None and newest.key_id == key_id
    assert len(db.execute("SELECT * FROM mail_sealing_keys").fetchall()) == 2


def test_a_pass_that_finds_nothing_new_writes_nothing(
    path: pathlib.Path, clock: Clock, db: conftest.Connection
) -> None:
    publisher = sealing_keys.SealingKeyPublisher(clock)
    publisher._iteration()
    before = db.execute("SELECT *, xmin FROM mail_sealing_keys").fetchall()
    clock.now += sealing_keys.PERIOD
    publisher._iteration()
    assert db.execute("SELECT *, xmin FROM mail_sealing_keys").fetchall() == before


def test_a_file_that_cannot_be_read_stops_nothing(
    path: pathlib.Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text("{}")
    path.chmod(0o644)
    publisher = sealing_keys.SealingKeyPublisher(clock)
    publisher._iteration()
    assert sealing_key.newest() is None
    (line,) = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert "0600" in line.getMessage()
    path.unlink()
    keyring.load_or_create(str(path))
    clock.now += sealing_keys.PERIOD
    publisher._iteration()
    assert sealing_key.newest() is not None


def test_a_pass_takes_one_connection_of_the_platforms(
    served: tp.Any, engine: tp.Any, clock: Clock
) -> None:
    """Its thread serves all plugins, and waits 30 s for a second one."""
    pool = engine._pool
    held = [pool.getconn() for _ in range(pool.max_size - 1)]
    try:
        sealing_keys.SealingKeyPublisher(clock)._iteration()
    finally:
        for connection in held:
            pool.putconn(connection)
    assert sealing_key.newest() is not None
