# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Certificates of an authority: got, renewed, and what stops that."""

import datetime
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import typing as tp
import uuid as sys_uuid

from cryptography import x509
from cryptography.x509 import verification
import psycopg
import psycopg.rows
import pytest

from exordos_mail.controlplane import certificate_options
from exordos_mail.controlplane.certificates import (
    attempt,
    challenge,
    choice,
    http_challenge,
    orders,
)
from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.documents import collection, registry
from exordos_mail.protocol import documents
from exordos_mail.standards import certificate_pair
from tests import authority as test_authority
from tests.integration.controlplane import acme_fixtures, acme_world
from tests.integration.controlplane import world as w
from tests.integration.support import waiting

HOST = "mail.example.com"
CONF = certificate_options.CONF

_ROW = """
SELECT certificates.*, orders.failures, orders.next_key,
    orders.due_at - clock_timestamp() AT TIME ZONE 'utc' AS wait
FROM mail_certificates AS certificates
JOIN mail_certificate_orders AS orders ON orders.certificate = certificates.uuid
WHERE certificates.uuid = %s
"""


pebble = acme_fixtures.pebble
nodes = acme_fixtures.nodes
keys = acme_fixtures.keys
settings = acme_fixtures.settings
running = acme_fixtures.certificates_run


def _want(instance: tp.Any, hostname: str = HOST) -> sys_uuid.UUID:
    found = models.model_of("certificate")(instance=w.read(instance), hostname=hostname)
    found.insert()
    return tp.cast(sys_uuid.UUID, found.uuid)


def _row(db: tp.Any, uuid: sys_uuid.UUID) -> dict[str, tp.Any]:
    return tp.cast("dict[str, tp.Any]", db.execute(_ROW, (uuid,)).fetchone())


def _ends(db: tp.Any, uuid: sys_uuid.UUID, after: str = "") -> dict[str, tp.Any]:
    """Wait for a certificate of another serial number; return its row."""

    def found() -> dict[str, tp.Any] | None:
        row = _row(db, uuid)
        return row if row["serial"] not in ("", after) else None

    return waiting.until(found, "certificate", 60)


def _make_due(db: tp.Any) -> None:
    db.execute("UPDATE mail_certificate_orders SET due_at = '2020-01-01'")


def _fails(db: tp.Any, uuid: sys_uuid.UUID) -> dict[str, tp.Any]:
    """Wait for a reason; return the row."""

    def found() -> dict[str, tp.Any] | None:
        row = _row(db, uuid)
        return row if row["reason"] else None

    return waiting.until(found, "reason", 60)


def _trusts(pebble: acme_world.Pebble, chain: str, name: str) -> None:
    """Verify a chain as a client does who trusts the authority's root."""
    found = x509.load_pem_x509_certificates(chain.encode())
    root = x509.load_pem_x509_certificate(pebble.root().encode())
    store = verification.Store([root])
    builder = verification.PolicyBuilder().store(store)
    builder.build_server_verifier(x509.DNSName(name)).verify(found[0], found[1:])


def test_certificate_comes_and_its_node_is_told(
    pebble, running, instance, db, keys, nodes
):
    running()
    uuid = _want(instance)
    row = _ends(db, uuid)
    _trusts(pebble, row["chain"], HOST)
    assert (row["state"], row["reason"], row["failures"]) == ("valid", "", 0)
    life = row["not_after"] - row["not_before"]
    share = (row["renew_at"] - row["not_before"]) / life
    assert 7 / 12 - 0.01 <= share <= 2 / 3
    assert abs(row["wait"] - (row["renew_at"] - _now())) < datetime.timedelta(minutes=1)
    view = collection.View(db, instance.uuid, keys)
    text = registry.texts(view, "certificates", [str(uuid)]).texts[str(uuid)]
    pair = documents.parse(text)[str(uuid)]
    certificate_pair.check(pair["chain"], pair["private_key"], HOST, _aware())
    assert certificate_pair.tlsa(pair["private_key"]) == row["tlsa"]
    assert row["tlsa_next"] not in ("", row["tlsa"])
    waiting.until(lambda: _challenges(db) == 0, "no challenge is left")


def _now() -> datetime.datetime:
    return _aware().replace(tzinfo=None)


def _aware() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _challenges(db: tp.Any) -> int:
    row = db.execute("SELECT count(*) AS n FROM mail_acme_challenges").fetchone()
    return int(row["n"])


def test_renewals_have_the_key_that_was_announced(pebble, running, instance, db):
    running()
    uuid = _want(instance)
    row = _ends(db, uuid)
    for _ in range(5):
        announced = row["tlsa_next"]
        _make_due(db)
        row = _ends(db, uuid, after=row["serial"])
        assert row["tlsa"] == announced
        _trusts(pebble, row["chain"], HOST)


def test_no_key_stands_open_in_the_database(running, instance, db, keys):
    running()
    uuid = _want(instance)
    row = _ends(db, uuid)
    account = db.execute("SELECT account_key FROM mail_acme_accounts").fetchone()
    for stored in (row["private_key"], row["next_key"], account["account_key"]):
        assert stored.startswith(("h1:", "v1:"))
        assert "PRIVATE" not in stored


def test_failed_challenge_is_said_and_keeps_nobody_waiting(
    running, instance, db, nodes
):
    nodes.blind.add("blind.example.com")
    running()
    blind = _want(instance, "blind.example.com")
    row = _fails(db, blind)
    assert row["state"] == "failed"
    assert "the authority could not see the challenge" in row["reason"]
    assert "next attempt in" in row["reason"]
    assert row["failures"] == 1
    assert row["wait"] > datetime.timedelta(minutes=14)
    waiting.until(lambda: _challenges(db) == 0, "no challenge is left")
    other = _want(instance)
    assert _ends(db, other)["state"] == "valid"
    # The same key is asked for again, and once it is seen, there is a certificate.
    announced = row["tlsa_next"]
    nodes.blind.clear()
    _make_due(db)
    assert _ends(db, blind)["tlsa"] == announced


def test_certificate_stays_while_its_renewal_fails(running, instance, db, nodes):
    running()
    uuid = _want(instance)
    before = _ends(db, uuid)
    nodes.blind.add(HOST)
    _make_due(db)
    row = _fails(db, uuid)
    assert row["state"] == "valid"
    assert row["chain"] == before["chain"]
    assert row["private_key"] == before["private_key"]


def test_node_that_does_not_follow_is_not_shown_to_the_authority(
    running, instance, db, nodes, monkeypatch
):
    monkeypatch.setattr(http_challenge, "NODE_PATIENCE", 0.5)
    nodes.applies = False
    running()
    row = _fails(db, _want(instance))
    assert "the machine has not shown the challenge in time" in row["reason"]
    waiting.until(lambda: _challenges(db) == 0, "no challenge is left")


def test_authority_that_is_away_is_no_fault_of_the_name(
    running, settings, instance, db
):
    settings(acme_directory=f"https://127.0.0.1:{waiting.free_port()}/dir")
    running()
    row = _fails(db, _want(instance))
    assert (row["state"], row["failures"]) == ("waiting", 0)
    assert "or makes no sense: ConnectionError" in row["reason"]
    minutes = row["wait"] / datetime.timedelta(minutes=1)
    assert 3 < minutes <= 5


def test_fault_of_ours_is_not_taken_for_the_authoritys(
    running, instance, db, monkeypatch
):
    def show(*_: tp.Any) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(http_challenge.HTTPChallenge, "show", show)
    running()
    row = _fails(db, _want(instance))
    assert "an error of the platform, which is in its log" in row["reason"]
    assert (row["state"], row["failures"]) == ("waiting", 0)


def test_name_without_an_address_is_not_asked_for(running, settings, instance, db):
    settings(acme_check_names=True)
    running()
    row = _fails(db, _want(instance, "nowhere.invalid"))
    assert "nowhere.invalid has no address in the DNS yet" in row["reason"]
    assert (row["state"], row["failures"]) == ("waiting", 0)


class _Strange:
    """A server that answers each request with the same."""

    def __init__(self, status: int, body: tp.Any, **headers: str) -> None:
        self.count = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.count += 1
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.directory = f"http://127.0.0.1:{self._server.server_port}/dir"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> "_Strange":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_authority_that_asks_to_wait_is_obeyed(running, settings, instance, db):
    said = {"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many"}
    with _Strange(429, said, Retry_After="7200") as busy:
        settings(acme_directory=busy.directory)
        running()
        row = _fails(db, _want(instance))
        assert "the authority asks to wait: too many" in row["reason"]
        assert row["wait"] > datetime.timedelta(minutes=118)
        # Nor is it asked for others: its limits are the account's.
        count = busy.count
        other = _want(instance, "other.example.com")
        waiting.until(lambda: _row(db, other)["wait"] < datetime.timedelta(), "due")
        assert busy.count == count


@pytest.mark.parametrize("body", [{}, [], "x", {"newNonce": 5}])
def test_what_is_no_authority(running, settings, instance, db, body):
    with _Strange(200, body) as strange:
        settings(acme_directory=strange.directory)
        running()
        row = _fails(db, _want(instance))
        assert "the authority cannot be reached" in row["reason"]
        assert row["failures"] == 0


class _Gives:
    """An authority that gives a chain, whatever is asked for."""

    def __init__(self, chain: str) -> None:
        self._chain = chain

    def order(self, hostname: str, key: str, shown: challenge.Challenge) -> str:
        return self._chain


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: test_authority.leaf(HOST).chain, "not that of the first"),
        (lambda: "<html>", "a chain is the PEM text"),
    ],
)
def test_useless_chain_is_not_taken(
    world, instance, db, keys, database_url, make, text
):
    uuid = _want(instance)
    with psycopg.connect(
        database_url, autocommit=True, row_factory=psycopg.rows.dict_row
    ) as connection:
        one = attempt.Attempt(
            connection, tp.cast(tp.Any, _Gives(make())), keys, choice.Challenges(bool)
        )
        with orders.held(connection, uuid) as order:
            assert order is not None
            one.run(order)
    row = _row(db, uuid)
    assert row["state"] == "failed"
    assert text in row["reason"]
    assert row["chain"] is None


def test_key_that_cannot_be_opened_keeps_nobody_waiting(running, instance, db):
    lost = _want(instance, "lost.example.com")
    db.execute("UPDATE mail_certificate_orders SET next_key = 'v1:lost:AAAA'")
    running()
    row = _fails(db, lost)
    assert "the platform cannot read the certificate's next key" in row["reason"]
    assert (row["state"], row["failures"]) == ("waiting", 0)
    assert _ends(db, _want(instance))["state"] == "valid"


def test_nobody_works_on_one_twice(world, instance, database_url):
    uuid = _want(instance)
    connect = {"autocommit": True, "row_factory": psycopg.rows.dict_row}
    with (
        psycopg.connect(database_url, **connect) as one,
        psycopg.connect(database_url, **connect) as other,
        orders.held(one, uuid) as first,
        orders.held(other, uuid) as second,
    ):
        assert first is not None
        assert second is None


_PROCESS = """
import sys, threading
from oslo_config import cfg
from exordos_mail.controlplane import certificate_options, keyring
from exordos_mail.controlplane.certificates import service
cfg.CONF([], project="test")
names = ("acme_directory", "acme_ca_file", "secrets_key_file")
for name, value in zip(names, sys.argv[2:]):
    cfg.CONF.set_override(name, value, group="mail")
cfg.CONF.set_override("acme_check_names", False, group="mail")
service.CertificateService(lambda: sys.argv[1], workers=1)._setup()
threading.Event().wait()
"""


def test_killed_between_order_and_certificate(
    running, pebble, instance, db, nodes, database_url
):
    """What the next process gets has the key that the killed one had announced."""
    nodes.applies = False
    uuid = _want(instance)
    arguments = (database_url, pebble.directory, str(pebble.ca_file))
    command = [sys.executable, "-c", _PROCESS, *arguments, CONF.mail.secrets_key_file]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, env=environment)
    try:
        waiting.until(lambda: _challenges(db) == 1, "a challenge", 60)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    announced = _row(db, uuid)["tlsa_next"]
    assert announced
    nodes.applies = True
    running()
    row = _ends(db, uuid)
    assert row["tlsa"] == announced
    waiting.until(lambda: _challenges(db) == 0, "no challenge is left")


def test_age_shows(world, instance, db, database_url):
    uuid = _want(instance)
    db.execute("UPDATE mail_certificates SET chain = 'x', state = 'valid'")
    for left, state in ((40, "valid"), (10, "expiring"), (-1, "expired")):
        db.execute(
            "UPDATE mail_certificates SET"
            " not_after = now() AT TIME ZONE 'utc' + make_interval(days => %s),"
            " not_before = now() AT TIME ZONE 'utc' + make_interval(days => %s)",
            (left, left - 90),
        )
        with psycopg.connect(
            database_url, autocommit=True, row_factory=psycopg.rows.dict_row
        ) as connection:
            orders.age(connection)
        assert _row(db, uuid)["state"] == state
