# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""exim and the send service fail apart: a broken exim keeps no tenant waiting.

The other way round, and what becomes of the broken send service, is in
test_send_service.py; what becomes of the broken exim, in test_bad_configuration.py.
"""

import os
import pathlib
import signal

import pytest

from exordos_mail.dataplane.engine import runner
from exordos_mail.dataplane.services.exim import daemon, probe, render
from tests.integration.exim import far_gateway, fixtures, payloads, send_node, waiting
from tests.integration.exim.send_node import held, settles, tags, want

agent = send_node.agent
clock = send_node.clock
far = far_gateway.far

_CONF = pathlib.Path("/etc/exim4/exim4.conf")
_BOTH = [payloads.document(1), payloads.document(2)]
_ACCOUNTS = {"alice": payloads.PASSWORD, "carol": "c"}


@pytest.fixture
def refuses(machine, monkeypatch):
    """The software makes configurations that exim does not run."""
    real = render._exim_conf
    with monkeypatch.context() as patch:
        patch.setattr(
            render, "_exim_conf", lambda *args, **kw: real(*args, **kw) + "nonsense\n"
        )
        yield "exim"
    assert b"nonsense" not in _CONF.read_bytes()


@pytest.fixture
def does_not_start(machine, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(machine.supervisor, "restart", lambda: None)
        patch.setattr(daemon, "_START_TIMEOUT", 0.2)
        machine.supervisor.stop()
        yield "exim"
    machine.supervisor.start()


@pytest.fixture
def hangs(machine, monkeypatch):
    monkeypatch.setattr(runner, "_LOOK_PATIENCE", 0.2)
    monkeypatch.setattr(runner, "_PATIENCE", 0.2)
    pids = machine.supervisor.pids()
    with monkeypatch.context() as patch:
        patch.setattr(machine.supervisor, "restart", lambda: None)
        # Nobody answers for as long as a dialogue may take.
        patch.setattr(probe, "_TIMEOUT", 2.0)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield "exim"
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("way", ["refuses", "does_not_start", "hangs"])
def test_broken_exim_keeps_no_tenant_waiting(agent, far, clock, request, way):
    told = request.getfixturevalue(way)
    # A daemon that is the same one is asked once a minute; a new agent asks at once.
    agent.restart()
    want(agent, far, _BOTH, generation=7, accounts=_ACCOUNTS)
    waiting.until(lambda: agent.look() and held() == tags(*_BOTH), "tenants are there")
    status, reason = agent.status()
    assert status != "ACTIVE"
    assert told in reason
    assert agent.orchestrator.report["revision"] == ""


def test_broken_exim_keeps_its_state_and_is_tried_again(
    agent, far, clock, machine, monkeypatch
):
    real = render._exim_conf
    with monkeypatch.context() as patch:
        patch.setattr(
            render, "_exim_conf", lambda *args, **kw: real(*args, **kw) + "nonsense\n"
        )
        want(agent, far, _BOTH, generation=7, accounts=_ACCOUNTS)
        assert agent.status()[0] == "ERROR"
        # An agent that is started anew goes on the same way.
        agent.restart()
        assert agent.status()[0] == "ERROR"
        assert held() == tags(*_BOTH)
        login = fixtures.login_code(payloads.ALICE, payloads.PASSWORD, new_client=True)
        assert login == 235
        assert fixtures.login_code("carol@example.com", "c", new_client=True) == 535
    clock[0] += 60
    settles(agent)
    assert fixtures.login_code("carol@example.com", "c", new_client=True) == 235
    assert not list(pathlib.Path(machine.layout.held_dir).iterdir())
