# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A node whose accounts have come by the gateway, and what happens to it."""

import logging
import smtplib
import typing as tp

import pytest

from exordos_mail.dataplane.agent import gateway
from exordos_mail.dataplane.engine import fetcher
from exordos_mail.protocol import documents
from tests.integration.exim import agents, far_gateway, fixtures, payloads, waiting

ACCOUNTS = {"alice": payloads.PASSWORD, "bob": "b"}
ALICE, BOB = documents.bucket("alice"), documents.bucket("bob")


@pytest.fixture
def agent(machine, tmp_path, far, caplog, monkeypatch):
    """An agent that serves alice and bob, all of which came by the gateway."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(gateway, "_BACKOFF_MIN", 0.1)
    agent = agents.Agent(machine, tmp_path, far.client())
    agent.orchestrator.want(far.want(payloads.payload(ACCOUNTS)))
    report = agent.look()
    assert (report["status"], report["status_reason"]) == ("ACTIVE", "")
    assert agent.orchestrator.settled
    _quiet(agent)
    yield agent
    agent.doorbell.stop()
    assert "$6$" not in caplog.text
    assert "Traceback" not in caplog.text


def _quiet(agent: agents.Agent) -> None:
    """Let the ring of a new connection be answered."""
    waiting.until(lambda: agent.doorbell.is_up, "connected")
    while agent.doorbell.is_rung:
        agent.look()


def ring(agent: agents.Agent, far: far_gateway.Gateway) -> None:
    """Ring, and wait until the agent hears it."""
    far.ring()
    waiting.until(lambda: agent.doorbell.is_rung, "the doorbell rings")


def changed(generation: int = 2, **passwords: str) -> dict[str, tp.Any]:
    """Return a payload with more accounts, or other passwords."""
    return payloads.payload({**ACCOUNTS, **passwords}, generation=generation)


def code(name: str, password: str) -> int:
    """Return the answer to a login, 235 if it is taken.

    0: the session was ended, since it had accounts open that had just been replaced.
    """
    try:
        return fixtures.login_code(f"{name}@example.com", password, new_client=True)
    except smtplib.SMTPServerDisconnected:
        return 0


@pytest.fixture
def clock(monkeypatch):
    """The clock of the patience with a gateway."""
    clock = [1000.0]
    monkeypatch.setattr(fetcher, "_monotonic", lambda: clock[0])
    return clock
