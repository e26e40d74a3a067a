# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A node with a tenant of the send service, and what happens to it."""

import contextlib
import http.client
import json
import logging
import pathlib
import ssl
import typing as tp

import pytest

from exordos_mail.dataplane.agent import gateway
from exordos_mail.dataplane.engine import backoff
from exordos_mail.dataplane.services.send import control as send_control
from tests.integration.exim import agents, far_gateway, fixtures, payloads, waiting

DIRECTORY = pathlib.Path("/etc/exordos_mail_send")
DATA = pathlib.Path("/var/lib/exordos-mail-send")
SOCKET = pathlib.Path("/run/exordos-mail-send/control.sock")
SECRET = DIRECTORY / "smtp-password"

Document = dict[str, tp.Any]


@pytest.fixture
def clock(monkeypatch):
    """The clock of what is put off."""
    clock = [1000.0]
    monkeypatch.setattr(backoff, "_monotonic", lambda: clock[0])
    return clock


@pytest.fixture
def agent(machine, tmp_path, far, clock, caplog, monkeypatch):
    """An agent of an instance with one tenant, which has come by the gateway."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(gateway, "_BACKOFF_MIN", 0.1)
    with _serving(machine, tmp_path, far) as agent:
        yield agent
    _tells_no_secret(agent, machine, caplog.text)
    assert "Traceback" not in caplog.text


@pytest.fixture(scope="module")
def standing_machine():
    """A machine for all tests of a module; none of them changes it."""
    machine = fixtures.new_machine()
    machine.clean()
    yield machine
    machine.stop()


@pytest.fixture(scope="module")
def standing_agent(machine, tmp_path_factory):
    """The same as `agent`, for all tests of a module that has this machine."""
    far = far_gateway.Gateway()
    with _serving(machine, tmp_path_factory.mktemp("agent"), far) as agent:
        yield agent
    far.stop()
    _tells_no_secret(agent, machine, "")


@contextlib.contextmanager
def _serving(machine, directory, far):
    agent = agents.Agent(machine, directory, far.client())
    want(agent, far, [payloads.document()], generation=1)
    settles(agent)
    waiting.until(lambda: agent.doorbell.is_up, "connected")
    while agent.doorbell.is_rung:
        agent.look()
    far.fetched.clear()
    machine.send.orders.clear()
    yield agent
    agent.doorbell.stop()


def _tells_no_secret(agent, machine, log: str) -> None:
    secret = SECRET.read_text() if SECRET.exists() else "nothing"
    told = [log, str(agent.orchestrator.facts), agent.payload_file.read_text()]
    told += [machine.log(), machine.send.log()]
    for text in told:
        for word in (secret, payloads.api_key(), "callback-secret"):
            assert word not in text


def want(
    agent: agents.Agent,
    far: far_gateway.Gateway,
    documents: list[Document],
    generation: int = 2,
    **changes: tp.Any,
) -> None:
    """Have the control plane want tenants with these documents, and no others."""
    value = payloads.payload(tenants=documents, generation=generation, **changes)
    agent.orchestrator.want(far.want(value))


def settles(agent: agents.Agent) -> None:
    """Run passes until all is as it is wanted."""
    waiting.until(lambda: agent.status() == ("ACTIVE", ""), "settled", 30)
    assert agent.orchestrator.settled


def held() -> dict[str, str]:
    """Return the tags of the tenants that the service has, by uuid."""
    return send_control.Control(SOCKET).look().tags


def tags(*documents: Document) -> dict[str, str]:
    """Return the tags of documents by the uuid of the tenant."""
    return {one["uuid"]: one["tag"] for one in documents}


def call(method: str, path: str, key: str, body: tp.Any = None) -> tuple[int, dict]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", 443, context=context)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with contextlib.closing(connection):
        connection.request(method, path, body and json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or "{}")


def send(number: int = 1) -> int:
    """Send a message as the tenant with that number; return the answer's status."""
    message = {
        "from": "news@example.com",
        "to": "bob@elsewhere.test",
        "subject": "Hello",
        "text": "Sent by HTTP.",
    }
    return call("POST", "/v1/messages", payloads.api_key(number), message)[0]


def accounts_change(
    agent: agents.Agent,
    far: far_gateway.Gateway,
    documents: list[Document],
    generation: int = 7,
) -> None:
    """An account that is new can log in after one pass."""
    accounts = {"alice": payloads.PASSWORD, "carol": "c"}
    value = payloads.payload(accounts, tenants=documents, generation=generation)
    agent.orchestrator.want(far.want(value))
    agent.look()
    assert fixtures.login_code("carol@example.com", "c", new_client=True) == 235
    assert agent.orchestrator.report["generation"] == generation


def tag(number: int) -> str:
    """Return a tag that is no document's yet."""
    return payloads.document(0x500 + number)["tag"]
