# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Readiness: every reason there is, on real databases, and back again."""

import contextlib
import pathlib
import sqlite3
import typing as tp

import httpx
import psycopg
import pytest

from tests.integration.send.conftest import Services
from tests.integration.send.proxy import Proxy
from tests.integration.send.service import Service
from tests.integration.support import waiting


def _health(service: Service, what: str = "ready") -> tuple[int, str]:
    """Return status and detail; nobody's token is needed."""
    answer = service.client("").call("GET", f"/health/{what}")
    return answer.status_code, answer.json().get("detail", "")


def _until_ready(service: Service) -> None:
    waiting.until(lambda: _health(service) == (200, ""), "the service to be ready")


def _until_not_ready(service: Service, *reasons: str) -> None:
    def reached() -> bool:
        status, detail = _health(service)
        return status == 503 and detail in reasons

    try:
        waiting.until(reached, f"{reasons}")
    except TimeoutError as error:
        raise AssertionError(f"{error}; it is {_health(service)}") from None
    # It can work again without being restarted.
    assert _health(service, "live") == (200, "")


@contextlib.contextmanager
def _database(service: Service) -> tp.Iterator[tp.Callable[[str], object]]:
    """Give a function that runs a statement, each committed at once."""
    if service.database is None:
        path = service.data / "send.sqlite3"
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as base:
            yield base.execute
    else:
        with psycopg.connect(service.database, autocommit=True) as connection:
            yield lambda text: connection.execute(text.encode())


def test_all_addresses_of_both_families(services: Services) -> None:
    service = services.new()
    service.host = "[::]"
    service.start()
    for host in ("127.0.0.1", "[::1]"):
        url = f"http://{host}:{service.port}/health/live"
        assert httpx.get(url).status_code == 200


def test_live_and_ready(service: Service) -> None:
    for what, more in (("live", {}), ("ready", {"paused": False})):
        answer = service.client("").call("GET", f"/health/{what}")
        assert (answer.status_code, answer.json()) == (200, {"status": what, **more})


@pytest.mark.parametrize(
    ("change", "back", "reason"),
    [
        (
            "DELETE FROM schema_migrations WHERE name = '0001_initial.sql'",
            "INSERT INTO schema_migrations VALUES ('0001_initial.sql')",
            "migrations are missing: 0001_initial.sql",
        ),
        (
            "INSERT INTO schema_migrations VALUES ('9999_later.sql')",
            "DELETE FROM schema_migrations WHERE name = '9999_later.sql'",
            "migrations are of a newer version",
        ),
    ],
)
def test_migrations_that_are_not_ours(
    services: Services, change: str, back: str, reason: str
) -> None:
    service = services.new().start()
    with _database(service) as run:
        run(change)
        assert _health(service) == (503, reason)
        assert _health(service, "live") == (200, "")
        run(back)
    assert _health(service) == (200, "")


def test_schema_that_is_gone(services: Services) -> None:
    service = services.new().start()
    with _database(service) as run:
        run("ALTER TABLE schema_migrations RENAME TO elsewhere")
        status, detail = _health(service)
        assert status == 503
        assert detail in ("database cannot be read", "database is not this service's")
        run("ALTER TABLE elsewhere RENAME TO schema_migrations")
    assert _health(service) == (200, "")


def test_beat_that_waits_for_a_lock(services: Services) -> None:
    service = services.new().start()
    with _database(service) as run:
        if service.database is None:
            run("BEGIN IMMEDIATE")
        else:
            run("BEGIN")
            run("LOCK TABLE workers IN ACCESS EXCLUSIVE MODE")

        def stands_still() -> bool:
            status, detail = _health(service)
            return status == 503 and detail.startswith(
                "dispatcher has had no heartbeat for "
            )

        waiting.until(stands_still, "the beat to stand still")
        assert _health(service, "live") == (200, "")
        run("ROLLBACK")
    _until_ready(service)


def test_database_gone(behind_proxy: Service, proxy: Proxy) -> None:
    assert _health(behind_proxy) == (200, "")
    proxy.down()
    _until_not_ready(
        behind_proxy,
        "database cannot be written; database cannot be read",
        "database cannot be written; database does not answer",
    )
    proxy.up()
    _until_ready(behind_proxy)


def test_database_that_can_only_be_read(behind_proxy: Service, proxy: Proxy) -> None:
    name = str(behind_proxy.database).rpartition("/")[2]
    with _database(behind_proxy) as run:
        run(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    proxy.down()
    proxy.up()
    _until_not_ready(behind_proxy, "database cannot be written")
    with _database(behind_proxy) as run:
        run("SET default_transaction_read_only = off")
        run(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    proxy.down()
    proxy.up()
    _until_ready(behind_proxy)


def test_full_disk(small_disk: pathlib.Path) -> None:
    service = Service(small_disk, None)
    try:
        service.start()
        ballast = small_disk / "ballast"
        with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        _until_not_ready(service, "database cannot be written")
        ballast.unlink()
        _until_ready(service)
    finally:
        service.close()
