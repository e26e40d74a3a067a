# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What lies in examples/ works as it stands."""

import json
import os
import pathlib
import subprocess
import sys
import typing as tp

import httpx
import pytest

from tests.integration.send import hooks
from tests.integration.send.hooks import SECRET, new_tenant
from tests.integration.send.service import Client, Service
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "examples"
hooked = hooks.hooked


@pytest.fixture
def environment(
    service: Service, tenant: Client, sink: Sink, tmp_path: pathlib.Path
) -> dict[str, str]:
    """What the examples need."""
    relay = {"id": "default", "host": "127.0.0.1", "port": sink.port, "tls": "none"}
    tenant.done(tenant.post("/v1/relays", relay))
    given = {"name": "example", "scopes": ["send", "read"]}
    key = tmp_path / "key"
    key.write_text(tenant.done(tenant.post("/v1/keys", given))["key"] + "\n")
    url = f"http://127.0.0.1:{service.port}"
    return {**os.environ, "SEND_URL": url, "SEND_KEY_FILE": str(key)}


def test_curl(environment: dict[str, str], sink: Sink) -> None:
    command = [str(EXAMPLES / "send.sh"), "ann@example.com", "bob@example.net"]
    shown = subprocess.check_output(command, env=environment, text=True)
    accepted, message = (json.loads(line) for line in shown.splitlines())
    assert accepted["id"] == message["id"]
    assert "Sent with curl." in sink.wait_for(1)[0].text


def test_python_sends_once(
    environment: dict[str, str], tenant: Client, sink: Sink
) -> None:
    command = [sys.executable, str(EXAMPLES / "send.py"), "ann@example.com"]
    command += ["bob@example.net", "order-1"]
    first, second = (
        json.loads(subprocess.check_output(command, env=environment)) for _ in range(2)
    )
    assert first["id"] == second["id"]
    assert "From Python." in sink.wait_for(1)[0].text
    (found,) = tenant.get("/v1/messages", reference="order-1")["messages"]
    assert (found["id"], found["tags"]) == (first["id"], ["hello"])
    bad = subprocess.run(
        [*command[:3], "no address", "order-2"], env=environment, capture_output=True
    )
    assert bad.returncode == 1
    assert json.loads(bad.stderr)["errors"][0]["field"] == "to"


@pytest.fixture
def receiver(tmp_path: pathlib.Path) -> tp.Iterator[tuple[int, pathlib.Path]]:
    """The receiver at work: its port, and what it prints."""
    secret, shown, port = tmp_path / "secret", tmp_path / "shown", waiting.free_port()
    secret.write_text(SECRET)
    with shown.open("w") as output:
        running = subprocess.Popen(
            [sys.executable, str(EXAMPLES / "webhook_receiver.py"), str(port)],
            env={**os.environ, "WEBHOOK_SECRET_FILE": str(secret)},
            stdout=output,
        )
    try:
        yield port, shown
    finally:
        running.terminate()
        running.wait()


def test_receiver_takes_what_is_signed(
    hooked: Service, sink: Sink, receiver: tuple[int, pathlib.Path]
) -> None:
    port, shown = receiver
    url = f"http://127.0.0.1:{port}/"

    def answers() -> bool:
        try:
            return httpx.post(url, content=b"{}").status_code == 401
        except httpx.TransportError:
            return False

    waiting.until(answers, "the receiver to refuse what nobody signed")
    auth = {"callback_auth": "signature", "callback_secret": SECRET}
    tenant = new_tenant(hooked, sink, url, **auth)
    message_id = tenant.send()
    waiting.until(lambda: "sent" in shown.read_text(), "the event to be printed")
    events = [json.loads(line) for line in shown.read_text().splitlines()]
    assert [(one["type"], one["message_id"]) for one in events] == [
        ("accepted", message_id),
        ("sent", message_id),
    ]
