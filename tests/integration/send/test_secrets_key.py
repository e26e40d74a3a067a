# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The key of stored secrets: shared, changed, lost. A wrong one fails no message."""

import pathlib
import subprocess
import typing as tp
import uuid

import pytest

from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.managed import LOGIN
from tests.integration.send.service import PROGRAM, Client, Service
from tests.integration.send.sink import Sink
from tests.integration.support import postgres, waiting

_WRONG = "secrets_key is not that of the database: its secrets cannot be opened"


def _program(
    service: Service, *arguments: str, status: int = 0
) -> "subprocess.CompletedProcess[str]":
    """Run a command on the database of a service."""
    command = [*PROGRAM, *arguments, "--data", str(service.data)]
    if service.database is not None:
        command += ["--database", service.database]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert found.returncode == status, found
    assert status == 0 or found.stderr.count("\n") == 1, found
    return found


def _ready(service: Service) -> str:
    return str(service.client("").call("GET", "/health/ready").json().get("detail", ""))


def _with_login(service: Service, node_server: Sink) -> Client:
    """Return a tenant whose relay logs in with a password."""
    client = service.client(tenant="default")
    client.done(client.call("DELETE", "/v1/relays/default"))
    add_relay(client, node_server.port, username=LOGIN[0], password=LOGIN[1])
    return client


def test_machine_with_another_key_does_not_start(
    send_cluster: postgres.Cluster, tmp_path: pathlib.Path, node_server: Sink
) -> None:
    database = send_cluster.create_database(f"send_{uuid.uuid4().hex}")
    first = Service(tmp_path / "first", database)
    second = Service(tmp_path / "second", database)
    try:
        client = _with_login(first.start(), node_server)
        with pytest.raises(RuntimeError, match=r"there is no .*secrets\.key"):
            second.start()
        # It has made none, which would only be in the way.
        assert not (second.data / "secrets.key").exists()
        (second.data / "secrets.key").touch(0o600)
        (second.data / "secrets.key").write_text("ab" * 32)
        with pytest.raises(RuntimeError, match="put the key that the other processes"):
            second.start()
        assert "Traceback" not in second.log
        assert "ab" * 32 not in second.log
        client.wait(client.send(), "sent")
        key = (first.data / "secrets.key").read_text()
        (second.data / "secrets.key").write_text(key)
        second.start()
        first.stop()
        client = second.client(tenant="default")
        client.wait(client.send(), "sent")
    finally:
        first.close()
        second.close()


def test_new_processes_agree_on_one_key(
    send_cluster: postgres.Cluster, tmp_path: pathlib.Path
) -> None:
    database = send_cluster.create_database(f"send_{uuid.uuid4().hex}")
    made = [Service(tmp_path / str(number), database) for number in range(3)]
    try:
        for one in made:
            one.begin()
        for one in made:
            waiting.until(
                lambda one=one: "listening" in one.log or "cannot start" in one.log,
                "the service to start or not",
            )
        assert sum("listening" in one.log for one in made) == 1, [
            one.log for one in made
        ]
    finally:
        for one in made:
            one.close()


def test_key_is_rotated_and_a_process_with_the_former_one_waits(
    services: Services, node_server: Sink
) -> None:
    service = services.new().start()
    client = _with_login(service, node_server)
    former = (service.data / "secrets.key").read_text()
    _program(service, "secrets-key", "rotate")
    both = (service.data / "secrets.key").read_text()
    assert both.endswith(former)
    assert _ready(service) == ""

    # Not started again: the others give up its key meanwhile.
    assert "2 secrets are sealed" in _program(service, "secrets-key", "reseal").stdout
    assert _ready(service) == _WRONG
    relay = {"id": "b", "host": "mx.example.com", "username": "u", "password": "p"}
    assert client.post("/v1/relays", relay).status_code == 503
    body = {"protocol": "local", "config": {"base_path": "/"}}
    assert client.call("PUT", "/v1/storages/s", json=body).status_code in (422, 503)
    # What was read of the relay before is forgotten.
    change = {"concurrency": 2}
    assert client.call("PATCH", "/v1/relays/default", json=change).status_code == 503
    service.stop()
    (service.data / "secrets.key").write_text(former)
    with pytest.raises(RuntimeError, match="put the key that the other processes"):
        service.start()
    (service.data / "secrets.key").write_text(both)
    service.start()
    assert _ready(service) == ""
    client.wait(client.send(), "sent")
    new, old = both.split()
    (service.data / "secrets.key").write_text(new)
    service.stop()
    service.start()
    client.wait(client.send(), "sent")
    shown = _program(service, "secrets-key", "show").stdout
    assert shown.endswith("  database, here\n")
    assert old not in shown
    assert new not in shown


def test_wrong_key_defers_and_never_fails(
    services: Services, node_server: Sink, receiver: tp.Any
) -> None:
    service = services.new("--networks", "127.0.0.0/8", "--ports", "1-65535").start()
    client = _with_login(service, node_server)
    change = {
        "callback_url": receiver.url,
        "callback_auth": "bearer",
        "callback_secret": "tok-4711",
        "attachment_url": receiver.url,
    }
    admin = service.client()
    client.done(admin.call("PATCH", "/v1/tenants/default", json=change))
    service.stop()
    key = (service.data / "secrets.key").read_text()
    (service.data / "secrets.key").unlink()
    with pytest.raises(RuntimeError, match="secrets-key forget"):
        service.start()
    lost = _program(service, "secrets-key", "forget", "--yes").stdout
    links = lost.splitlines().pop()
    assert lost.splitlines() == [
        "lost: tenants default: callback_secret",
        "lost: relays default/default: password",
        links,
    ]
    assert links.startswith("lost: link_keys ")
    service.start()
    assert _ready(service) == ""
    plain = client.send()
    attached = client.send(attachments=[{"filename": "a", "endpoint": "a"}])
    client.wait(plain, "deferred")
    client.wait(attached, "deferred")
    waiting.until(
        lambda: client.get("/v1/webhook")["last_error"] is not None, "the webhook"
    )
    for message_id in (plain, attached):
        events = client.message(message_id)["events"]
        assert "wrong_key" in str(events[-1])
    assert client.get("/v1/webhook")["disabled_at"] is None
    assert "Traceback" not in service.log
    # The password is set anew, and the message goes.
    password = {"username": LOGIN[0], "password": LOGIN[1]}
    client.done(client.call("PATCH", "/v1/relays/default", json=password))
    client.wait(plain, "sent")
    assert key.strip() not in service.log
