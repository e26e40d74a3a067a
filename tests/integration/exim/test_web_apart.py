# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A broken web server keeps no account and no tenant waiting, in whatever way it is.

What becomes of it when the send service is broken is in test_web_changes.py.
"""

import contextlib
import dataclasses
import pathlib
import socket

import pytest

from exordos_mail.dataplane.services.web import paths as paths_lib
from exordos_mail.dataplane.services.web import probe, render, service
from tests.integration.exim import far_gateway, fixtures, payloads, send_node, waiting
from tests.integration.exim.send_node import held, send, settles, tags, want

agent = send_node.agent
clock = send_node.clock
far = far_gateway.far

_PATHS = paths_lib.Paths()
_BOTH = [payloads.document(1), payloads.document(2)]
_ACCOUNTS = {"alice": payloads.PASSWORD, "carol": "c"}


@contextlib.contextmanager
def _refuses(machine, patch):
    """The software makes configurations that nginx does not take."""
    real = render._text

    def broken(template, **values):
        return real(template, **values) + "nonsense;\n"

    render.configuration.cache_clear()
    with patch.context() as patched:
        patched.setattr(render, "_text", broken)
        yield (
            'nginx refuses the configuration: unknown directive "nonsense" in'
            f" {_PATHS.rehearsal_dir}/etc/problems.conf"
        )
    render.configuration.cache_clear()
    # What is in service was never touched.
    assert "nonsense" not in pathlib.Path(_PATHS.conf).read_text()
    assert machine.web.orders == []


@contextlib.contextmanager
def _does_not_start(machine, patch):
    with patch.context() as patched:
        patched.setattr(machine.web, "_start", lambda: None)
        machine.web.kill()
        yield "nginx does not run"


@contextlib.contextmanager
def _port_taken(machine, patch):
    """Somebody else has the port before nginx."""
    machine.web.kill()
    with socket.create_server(("127.0.0.1", 443)):
        yield "nginx does not run: something else listens on port 443"
    machine.web.kill()


@contextlib.contextmanager
def _hangs(machine, patch):
    machine.web.freeze()
    with patch.context() as patched:
        patched.setattr(probe, "_TIMEOUT", 0.1)
        patched.setattr(machine.web, "restart", lambda: None)
        yield "nginx does not answer"


_WAYS = {
    "refuses": _refuses,
    "does not start": _does_not_start,
    "port taken": _port_taken,
    "hangs": _hangs,
}


@pytest.mark.parametrize("way", _WAYS)
def test_broken_web_server_keeps_nobody_waiting(
    agent, far, clock, machine, monkeypatch, way
):
    """It is told, all else changes meanwhile, and it comes back by itself."""
    machine.web.orders.clear()
    with _WAYS[way](machine, monkeypatch) as told, monkeypatch.context() as patch:
        patch.setattr(service, "_PATIENCE", dict.fromkeys(service._PATIENCE, 0.2))
        want(agent, far, _BOTH, generation=7, accounts=_ACCOUNTS)
        agent.look()
        assert held() == tags(*_BOTH)
        login = fixtures.login_code("carol@example.com", "c", new_client=True)
        assert login == 235
        waiting.until(lambda: agent.status()[0] == "ERROR", "it is told")
        status, reason = agent.status()
        assert (status, reason[: len(told)]) == ("ERROR", told)
        assert agent.orchestrator.report["revision"] == ""
    clock[0] += 60
    settles(agent)
    assert send(2) == 202


def test_hanging_web_server_is_started_anew(agent, machine, clock, monkeypatch):
    machine.web.orders.clear()
    monkeypatch.setattr(probe, "_TIMEOUT", 0.1)
    machine.web.freeze()
    settles(agent)
    assert machine.web.orders == ["reload", "restart"]
    assert send() == 202


def test_killed_web_server_comes_back(agent, machine):
    machine.web.orders.clear()
    machine.web.kill()
    settles(agent)
    assert machine.web.orders == ["start"]
    assert send() == 202


def test_work_that_comes_meanwhile_is_done_first(
    agent, far, machine, clock, monkeypatch
):
    """Nobody waits for a start of nginx, and nothing is ordered twice."""
    machine.web.orders.clear()
    with _does_not_start(machine, monkeypatch):
        far.ring()
        agent.look()
        far.ring()
        agent.look()
        assert machine.web.orders == ["start"]


def test_configuration_that_is_not_taken_is_taken_back(
    agent, far, machine, clock, monkeypatch
):
    """`nginx -t` does not see that a port is somebody else's: a start does."""
    before = pathlib.Path(_PATHS.conf).read_text()
    machine.web.orders.clear()
    (web,) = [
        one._service for one in machine.node._runners if one._service.name == "web"
    ]
    with monkeypatch.context() as patch, socket.create_server(("127.0.0.1", 8443)):
        patch.setattr(web, "_paths", dataclasses.replace(_PATHS, https=("8443",)))
        assert agent.status()[0] == "ERROR"
        assert machine.web.orders == ["reload", "restart", "restart"]
        assert pathlib.Path(_PATHS.conf).read_text() == before
        waiting.until(lambda: probe.is_taken(443), "the former one is back")
        assert send() == 202
    clock[0] += 60
    settles(agent)
