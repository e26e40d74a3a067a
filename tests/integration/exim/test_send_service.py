# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The send service of a node: its files, its faults and its end."""

import os
import pathlib
import signal

import pytest

from exordos_mail.dataplane import configure
from exordos_mail.dataplane.engine import layout, runner
from exordos_mail.dataplane.services.send import control as send_control
from exordos_mail.dataplane.services.send import service as send_service
from tests.integration.exim import far_gateway, fixtures, payloads, send_node, waiting
from tests.integration.exim.send_node import (
    DATA,
    DIRECTORY,
    SECRET,
    SOCKET,
    accounts_change,
    held,
    send,
    settles,
    tags,
    want,
)

agent = send_node.agent
clock = send_node.clock
far = far_gateway.far


def test_files_are_for_the_service_only(agent):
    found = {
        str(path): f"{path.stat().st_mode & 0o7777:o} {path.owner()}:{path.group()}"
        for path in (DIRECTORY, *DIRECTORY.rglob("*"))
    }
    file = "640 root:exordos-mail-send"
    assert found == {
        "/etc/exordos_mail_send": "750 root:exordos-mail-send",
        "/etc/exordos_mail_send/environment": file,
        "/etc/exordos_mail_send/smtp-password": file,
    }


def test_killed_service_comes_back_with_its_tenants(agent, far, machine):
    machine.send.kill()
    settles(agent)
    assert machine.send.orders == ["start"]
    assert far.fetched == []
    assert send() == 202


def test_lost_database_is_filled_again(agent, far, machine, internet):
    machine.send.kill()
    for path in DATA.iterdir():
        if path.is_file():
            path.unlink()
    settles(agent)
    assert held() == tags(payloads.document())
    assert send() == 202
    internet.next_message()


def test_service_that_does_not_start(agent, far, machine, clock, monkeypatch):
    """It is told; exim goes on; it is tried again later."""
    monkeypatch.setattr(send_service, "_START_TIMEOUT", 0.2)
    machine.send.kill()
    with monkeypatch.context() as patch:
        patch.setattr(machine.send, "_start", lambda: None)
        agent.status()
        assert agent.status() == ("ERROR", "the send service does not start")
        assert agent.orchestrator.report["revision"] == ""
        for _ in range(3):
            agent.status()
        assert machine.send.orders == ["start"]
        accounts_change(agent, far, [payloads.document()])
        clock[0] += 1
        agent.status()
        assert machine.send.orders == ["start", "start"]
    monkeypatch.setattr(send_service, "_START_TIMEOUT", 10.0)
    clock[0] += 60
    settles(agent)


def test_service_that_ends_at_its_start(agent, far, machine, clock):
    """Nobody waits for it, and when it is back, that is seen at once."""
    machine.send.kill()
    database = DATA / "send.sqlite3"
    for path in DATA.glob("send.sqlite3*"):
        path.unlink()
    database.write_text("no database " * 1000)
    told = ("ERROR", "the send service ends at its start")
    waiting.until(lambda: agent.status() == told, "it is told")
    assert not SOCKET.exists()
    database.unlink()
    machine.send.start()
    waiting.until(SOCKET.exists, "it listens")
    settles(agent)
    assert held() == tags(payloads.document())


def test_hanging_service(agent, far, machine, clock, monkeypatch):
    """It is told, exim goes on, and after some time the service is started anew."""
    monkeypatch.setattr(send_control, "_LOOK_TIMEOUT", 0.2)
    os.kill(machine.send.pid, signal.SIGSTOP)
    assert agent.status() == ("ERROR", "the send service does not answer")
    accounts_change(agent, far, [payloads.document()])
    clock[0] += 1
    assert agent.status()[0] == "ERROR"
    assert machine.send.orders == []
    clock[0] += 2
    assert agent.status()[0] == "ERROR"
    assert machine.send.orders == ["restart"]
    monkeypatch.setattr(send_control, "_LOOK_TIMEOUT", 2.0)
    clock[0] += 60
    settles(agent)
    assert held() == tags(payloads.document())


def test_service_that_answers_again_is_left_alone(agent, machine, clock, monkeypatch):
    monkeypatch.setattr(send_control, "_LOOK_TIMEOUT", 0.2)
    os.kill(machine.send.pid, signal.SIGSTOP)
    assert agent.status() == ("ERROR", "the send service does not answer")
    os.kill(machine.send.pid, signal.SIGCONT)
    monkeypatch.setattr(send_control, "_LOOK_TIMEOUT", 2.0)
    clock[0] += 60
    settles(agent)
    assert machine.send.orders == []


def test_restarted_agent_changes_nothing(agent, far, machine):
    before = SECRET.read_bytes()
    agent.restart()
    settles(agent)
    assert (far.fetched, machine.send.orders) == ([], [])
    assert SECRET.read_bytes() == before


def test_lost_secret_is_made_anew(agent, machine, internet):
    before = SECRET.read_bytes()
    SECRET.unlink()
    settles(agent)
    after = SECRET.read_bytes()
    assert (len(after), before == after) == (43, False)
    assert machine.send.orders == ["stop", "start"]
    assert send() == 202
    internet.next_message()


@pytest.mark.parametrize(
    "path",
    [
        "/etc/exordos_mail_send/environment",
        "/etc/exim4/lookups/send.cdb",
    ],
)
def test_damaged_file_is_repaired(agent, path):
    before = pathlib.Path(path).read_bytes()
    pathlib.Path(path).write_text("EXORDOS_MAIL_SEND_NETWORKS=0.0.0.0/0\n")
    settles(agent)
    assert pathlib.Path(path).read_bytes() == before


def test_stray_lookup_of_a_service_that_is_not_there(machine):
    machine.apply(payloads.payload())
    path = pathlib.Path(machine.layout.send_cdb)
    path.write_bytes(b"x")
    machine.node.converge(payloads.payload())
    assert not path.exists()


def test_lost_state_and_a_platform_that_names_no_tenants_keep_them(agent, far, machine):
    far.knows_tenants = False
    want(agent, far, [], generation=3)
    pathlib.Path(layout.Layout().payload).unlink()
    agent.restart()
    settles(agent)
    assert held() == tags(payloads.document())
    assert machine.send.orders == []
    assert send() == 202
    far.knows_tenants = True
    want(agent, far, [], generation=4)
    settles(agent)
    assert not DIRECTORY.exists()


def test_new_networks_reach_the_service(agent, far, machine):
    networks = ["10.1.0.0/16", "192.168.7.0/24"]
    want(agent, far, [payloads.document()], send_networks=networks)
    settles(agent)
    assert machine.send.orders == ["stop", "start"]
    environment = pathlib.Path(f"/proc/{machine.send.pid}/environ").read_text()
    assert "EXORDOS_MAIL_SEND_NETWORKS=10.1.0.0/16,192.168.7.0/24\0" in environment


def test_boot(agent, machine):
    """The files are there before any agent runs, with a secret that exim knows."""
    machine.stop()
    for path in (SECRET, pathlib.Path(machine.layout.send_cdb)):
        path.unlink()
    (DIRECTORY / "environment").write_text("nonsense")
    assert configure.main() == 0
    machine.supervisor.start()
    machine.send.start()
    machine.web.start()
    machine.send.orders.clear()
    fixtures.waiting.until(lambda: fixtures.probe.daemon(machine.layout), "exim runs")
    fixtures.waiting.until(SOCKET.exists, "the send service listens")
    agent.restart()
    settles(agent)
    assert machine.send.orders == []
    assert send() == 202


def test_removal_of_the_instance(agent, machine):
    assert send() == 202
    agent.orchestrator.want(None)
    agent.look()
    assert agent.orchestrator.facts == {}
    assert machine.send.pid is None
    assert not DIRECTORY.exists()
    assert list(DATA.iterdir()) == []


def test_removal_waits_for_the_end_of_the_service(agent, machine, monkeypatch):
    monkeypatch.setattr(runner, "_REMOVAL_TIMEOUT", 0.2)
    agent.orchestrator.want(None)
    with monkeypatch.context() as patch:
        patch.setattr(machine.send, "stop", lambda: None)
        agent.look()
        assert DATA.joinpath("send.sqlite3").exists()
    agent.look()
    assert list(DATA.iterdir()) == []
