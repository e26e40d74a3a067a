# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The agent's launcher, run as systemd runs it, up to the service's start.

In processes of their own: the SDK's program registers options globally.
"""

import configparser
import json
import os
import pathlib
import socket
import subprocess
import sys
import uuid

import pytest

from exordos_mail.dataplane import driver
from exordos_mail.dataplane.agent import program as agent

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNIT = ROOT / "etc/systemd/exordos-metapaas-mail-agent.service"
CONF = ROOT / "etc/exordos_metapaas/metapaas_mail_agent.conf"
SITE = ROOT / "tests/stand/files/base_image/usr/local/lib/stand"

# Notes what would run, instead of running it.
RUN = """
import json, os, sys, uuid
from gcl_sdk.agents.universal import utils
from gcl_sdk.agents.universal.services import agent
from gcl_sdk.common import log

utils.system_uuid = lambda: uuid.UUID(int=1)
log.configure = lambda: None
WITHOUT_CONTROL_PLANE = os.environ.get("WITHOUT_CONTROL_PLANE")

def start(self):
    if WITHOUT_CONTROL_PLANE:
        self._setup()
        self._loop_iteration()
    print(json.dumps({
        "period": self._iter_min_period,
        "service": [one.__name__ for one in type(self).__mro__],
        "drivers": [type(one).__name__ for one in self._caps_drivers],
        "payload": self._payload_path,
        "registered": getattr(self, "_is_registered", None),
        "relaxed": getattr(self, "_relaxed_period", None),
        "gateway": [
            one.doorbell and one.doorbell._endpoint for one in self._caps_drivers
        ],
    }))

agent.UniversalAgentService.start = start
sys.argv[0] = "/opt/exordos_mail/.venv/bin/" + PROGRAM
from MODULE import main
main()
"""
OURS = ("exordos-mail-agent", "exordos_mail.dataplane.agent.program")
STOCK = ("exordos-universal-agent", "gcl_sdk.agents.universal.cmd.universal_agent")


def run(tmp_path, program, *options, text="", **environment):
    name, module = program
    conf = tmp_path / "agent.conf"
    key = tmp_path / "key"
    key.write_text("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
    lines = CONF.read_text().replace("config = /etc", "# config = /etc")
    conf.write_text(f"{lines}\norch_secure_communication = False\n{text}\n")
    # orig_argv[:3] is what the stand looks at.
    script = tmp_path / name
    script.write_text(RUN.replace("PROGRAM", repr(name)).replace("MODULE", module))
    done = subprocess.run(
        [sys.executable, str(script), "--config-file", str(conf), *options],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *environment.pop("path", ())]),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_sdks_service_runs_with_our_default(tmp_path):
    started = run(tmp_path, OURS)
    assert started["period"] == agent.PERIOD_DEFAULT
    assert "UniversalAgentService" in started["service"]
    assert started["drivers"] == ["MailCapabilityDriver"]
    assert started["payload"] == "/var/lib/exordos/exordos_metapaas/payload.json"
    assert started["relaxed"] == agent.RELAXED_PERIOD_DEFAULT


@pytest.mark.parametrize("program", [OURS, STOCK])
def test_the_gateway_is_on_the_host_of_the_control_plane(tmp_path, program):
    host = "metapaas-cp.local.genesis-core.tech"
    assert run(tmp_path, program)["gateway"] == [f"ws://{host}:11015/v1/node"]


@pytest.mark.parametrize(
    ("option", "endpoint"),
    [("ws://gateway.test:1/x", "ws://gateway.test:1/x"), ("", None)],
)
def test_the_gateway_can_be_named_and_switched_off(tmp_path, option, endpoint):
    text = f"[MailCapabilityDriver]\ngateway_endpoint = {option}"
    assert run(tmp_path, OURS, text=text)["gateway"] == [endpoint]


@pytest.mark.parametrize(
    ("orch", "endpoint"),
    [
        ("http://cp.test:11011", "ws://cp.test:11015/v1/node"),
        ("https://cp.test/x/", "ws://cp.test:11015/v1/node"),
        ("http://[fd00::1]:11011", "ws://[fd00::1]:11015/v1/node"),
        ("cp.test:11011", ""),
        ("", ""),
    ],
)
def test_the_gateways_address(orch, endpoint):
    assert driver.gateway_endpoint(orch) == endpoint


def test_the_period_comes_from_the_configuration(tmp_path):
    text = "iter_min_period = 0.7\niter_relaxed_period = 2"
    started = run(tmp_path, OURS, text=text)
    assert (started["period"], started["relaxed"]) == (0.7, 2.0)


def test_the_relaxed_period_is_never_the_shorter_one(tmp_path):
    assert run(tmp_path, OURS, text="iter_min_period = 7")["relaxed"] == 7.0


def test_the_stock_agent_runs_with_the_same_configuration(tmp_path):
    started = run(tmp_path, STOCK, text="iter_min_period = 0.7")
    assert started["period"] == 3
    assert started["drivers"] == ["MailCapabilityDriver"]


@pytest.mark.parametrize("program", [OURS, STOCK])
def test_the_stands_period_overrules_both(tmp_path, program):
    started = run(tmp_path, program, path=[str(SITE)], EXORDOS_STAND_PERIOD="0.3")
    assert started["period"] == 0.3
    assert started["relaxed"] in (0.3, None)


def test_an_agent_that_starts_without_its_control_plane_goes_on(tmp_path):
    started = run(tmp_path, OURS, WITHOUT_CONTROL_PLANE="1")
    assert started["registered"] is False


@pytest.mark.parametrize("abstract", [False, True])
def test_the_agent_tells_systemd_that_it_is_up_and_alive(tmp_path, abstract):
    name = f"@exordos-{uuid.uuid4()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0{name[1:]}" if abstract else name)
        run(tmp_path, OURS, WITHOUT_CONTROL_PLANE="1", NOTIFY_SOCKET=name)
        assert [systemd.recv(100) for _ in range(2)] == [b"READY=1", b"WATCHDOG=1"]


def test_an_agent_that_nobody_listens_to_goes_on(tmp_path):
    gone = str(tmp_path / "nothing")
    started = run(tmp_path, OURS, WITHOUT_CONTROL_PLANE="1", NOTIFY_SOCKET=gone)
    assert started["registered"] is False


def test_a_period_that_would_run_hot_is_refused(tmp_path):
    with pytest.raises(AssertionError, match="iter_min_period"):
        run(tmp_path, OURS, text="iter_min_period = 0")


def test_the_unit_runs_the_launcher():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(UNIT)
    command = unit["Service"]["ExecStart"].split()
    assert command[0] == "/opt/exordos_mail/.venv/bin/exordos-mail-agent"
    assert "exordos-mail-agent = " in (ROOT / "pyproject.toml").read_text()
    # sd_notify(3): without the type systemd hears neither.
    assert unit["Service"]["Type"] == "notify"
    assert unit["Service"]["WatchdogSec"]
