# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node with tenants reports of the send service's and nginx's doors.

exim's and Dovecot's are in ../dovecot/test_health.py, the resolver's in ../exim_lab.
"""

import signal

import pytest

from exordos_mail.dataplane.engine import door, health
from tests.integration.exim import far_gateway, send_node, waiting

agent = send_node.agent
clock = send_node.clock
far = far_gateway.far

_SEND = {"/run/exordos-mail-send/control.sock", "/run/exordos-mail-send/http.sock"}


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    """Doors are looked at often."""
    monkeypatch.setattr(health, "PERIOD", 0.4)
    monkeypatch.setattr(health, "AGAIN", 0.2)
    monkeypatch.setattr(door, "SECONDS", 2.0)


def _states(agent):
    """Run a pass; return the states of the doors that the agent has reported."""
    told = agent.look()["health"]
    return {
        one["port"] or one["path"]: one["state"]
        for one in (told["services"] if told else ())
        if one["service"] in ("send", "web")
    }


def test_doors_of_tenants_fail_with_their_process_and_come_back(agent, machine):
    good = dict.fromkeys([*_SEND, 80, 443], "ok")
    waiting.until(lambda: _states(agent) == good, "all is well")
    bad = good
    for unit, doors in ((machine.send, _SEND), (machine.web, {80, 443})):
        unit.freeze()
        bad = {**bad, **dict.fromkeys(doors, "failed")}
        waiting.until(lambda bad=bad: _states(agent) == bad, "they have failed", 30)
    machine.send.freeze(signal.SIGCONT)
    machine.web.freeze(signal.SIGCONT)
    waiting.until(lambda: _states(agent) == good, "they are back", 30)
