# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A node that cannot take mail says so in its next report, and heals."""

import contextlib
import re
import socket
import subprocess

import pytest

from exordos_mail.dataplane.services.exim import render, room
from tests.integration.exim import agents, fixtures, payloads, waiting

_SPOOL, _LOG = "/var/spool/exim4", "/var/log/exim4"


@pytest.fixture
def agent(machine, tmp_path):
    found = agents.Agent(machine, tmp_path)
    found.orchestrator.want(payloads.payload())
    assert found.look()["status"] == "ACTIVE"
    return found


@contextlib.contextmanager
def small_disk(path, options):
    """Lay a disk over a directory, as exim's user has it."""
    options = f"{options},mode=2770,uid={owner(path)},gid={owner(path, 'g')}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


def owner(path, which="u"):
    """Return the number of a directory's user or group."""
    return subprocess.check_output(["stat", "-c", f"%{which}", path], text=True).strip()


def sender_code():
    """Return what exim answers to a sender."""
    smtp = fixtures.alice()
    with contextlib.closing(smtp):
        return smtp.mail("alice@example.com")[0]


@pytest.mark.parametrize(
    ("path", "options", "reason"),
    [
        (_SPOOL, "size=100M", "queue has 100 MiB left, 200 are needed"),
        (_SPOOL, "size=1G,nr_inodes=500", "queue has room for"),
        (_LOG, "size=20M", "log has 20 MiB left, 50 are needed"),
        (_LOG, "size=1G,nr_inodes=50", "log has room for"),
    ],
)
def test_disk_without_room(agent, path, options, reason):
    with small_disk(path, options):
        report = agent.look()
        assert report["status"] == "ERROR"
        assert reason in report["status_reason"]
        # Nothing is to be applied anew.
        assert agent.orchestrator.settled
        assert sender_code() == 452
    report = agent.look()
    assert (report["status"], report["status_reason"]) == ("ACTIVE", "")
    assert sender_code() == 250


def test_what_exim_wants_is_what_is_looked_for(mail):
    # Where the configuration says nothing, exim has its own default.
    names = ("check_spool_space", "check_spool_inodes", "check_log_space")
    printed = subprocess.check_output(
        ["/usr/sbin/exim4", "-bP", *names, "check_log_inodes"], text=True
    )
    wanted = dict(line.split(" = ") for line in printed.splitlines())
    assert wanted == {
        "check_spool_space": f"{room.SPOOL_SPACE // room.MIB}M",
        "check_spool_inodes": str(room.SPOOL_INODES),
        "check_log_space": f"{room.LOG_SPACE // room.MIB}M",
        "check_log_inodes": str(room.LOG_INODES),
    }


def test_all_connections_taken(machine, monkeypatch):
    """With 45 connections instead of 1,000."""
    made = render._exim_conf

    def few(*args, **kwargs):
        text = made(*args, **kwargs)
        assert re.search(r"smtp_accept_max += 1000\n", text)
        return re.sub(r"(smtp_accept_max +=) 1000\n", r"\1 45\n", text)

    monkeypatch.setattr(render, "_exim_conf", few)
    assert machine.apply(payloads.payload(generation=2)).status == "ACTIVE"
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            one = socket.create_connection(("192.0.2.1", 587), 60)
            stack.enter_context(contextlib.closing(one))
            assert one.recv(3) in (b"220", b"421")
        report = machine.node.observe()
        assert report.status == "ERROR"
        assert "port 587 takes nobody" in report.reason
        assert report.revision
    waiting.until(lambda: machine.node.observe().status == "ACTIVE", "it heals", 60)
    assert machine.node.observe().reason == ""
