# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the agent tells of exim's and Dovecot's doors, and how that changes."""

import contextlib
import os
import pathlib
import signal
import socket
import threading
import typing as tp

import pytest

from exordos_mail.dataplane.engine import converge, door, health
from exordos_mail.dataplane.engine import report as report_lib
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import PATHS, Boxes
from tests.integration.exim import certificates, waiting

_READERS = {110, 143, 993, 995, 4190}
States = dict[tp.Any, str]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doors are looked at often."""
    monkeypatch.setattr(health, "PERIOD", 0.4)
    monkeypatch.setattr(health, "AGAIN", 0.2)
    monkeypatch.setattr(door, "SECONDS", 2.0)


@pytest.fixture
def node(boxes: Boxes) -> tp.Iterator[converge.MailNode]:
    """An agent's engine that has told that all is well."""
    node = boxes.machine.fresh_node()
    node.pull()
    waiting.until(lambda: _states(node), "all is told")
    assert set(_reasons(node).values()) == {""}, _reasons(node)
    yield node
    node._health.forget()


def _active(node: converge.MailNode) -> report_lib.Report | None:
    """Run a pass; return the report of one that is active."""
    found = node.converge(boxes_lib.payload())
    return found if (found.status, found.reason) == ("ACTIVE", "") else None


def _entries(node: converge.MailNode) -> list[dict[str, tp.Any]]:
    told = node.observe().health
    return list(told["services"]) if told else []


def _states(node: converge.MailNode) -> States:
    return {one["port"] or one["path"]: one["state"] for one in _entries(node)}


def _failed(node: converge.MailNode) -> set[tp.Any]:
    return {where for where, state in _states(node).items() if state == "failed"}


def _reasons(node: converge.MailNode) -> dict[tp.Any, str]:
    return {one["port"] or one["path"]: one["reason"] for one in _entries(node)}


def _sinces(node: converge.MailNode) -> dict[tp.Any, str]:
    return {one["port"] or one["path"]: one["since"] for one in _entries(node)}


@contextlib.contextmanager
def _speaker(port: int, octets: bytes, pause: float) -> tp.Iterator[None]:
    """Answer at a port with these octets, one after the other, for ever."""
    over = threading.Event()

    def speak(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while not over.is_set():
                for octet in octets:
                    connection.sendall(bytes([octet]))
                    over.wait(pause)

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=speak, args=(listener.accept()[0],)).start()

    with socket.create_server(("127.0.0.1", port)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextlib.contextmanager
def _stopped(pids: tp.Iterable[int]) -> tp.Iterator[None]:
    found = list(pids)
    assert found
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in found:
            os.kill(pid, signal.SIGCONT)


def test_each_door_is_told_once_and_nothing_changes_by_looking(
    node: converge.MailNode, boxes: Boxes
) -> None:
    layout = boxes.machine.layout
    exim = {
        *(layout.smtp_port, layout.submissions_port, layout.submission_port),
        *(layout.send_port, layout.sieve_port),
    }
    own = {("exim", one) for one in exim} | {("dovecot", one) for one in _READERS}
    own |= {("dovecot", PATHS.lmtp_socket), ("dovecot", PATHS.quota_socket)}
    own |= {("outcomes", f"{layout.log_dir}/mainlog")}
    found = [(one["service"], one["port"] or one["path"]) for one in _entries(node)]
    assert sorted(found, key=str) == sorted(own, key=str)
    told = node.observe().health
    looks = boxes.log.count("imap-login")
    waiting.until(lambda: boxes.log.count("imap-login") > looks + 4, "it is looked at")
    assert node.observe().health == told


def test_doors_of_a_process_that_is_stopped_fail_and_come_back(
    node: converge.MailNode, boxes: Boxes
) -> None:
    before = _sinces(node)
    with _stopped(boxes_lib.processes("imap-login")):
        waiting.until(lambda: _failed(node) == {143, 993}, "two doors have failed")
        assert _reasons(node)[143] == _reasons(node)[993] == "no answer in time"
        told = _entries(node)
        # An agent that is started anew tells the same, at once and when it has looked.
        node._health.forget()
        later = boxes.machine.fresh_node()
        later.pull()
        assert _entries(later) == told
        looks = boxes.log.count("pop3-login")
        waiting.until(lambda: boxes.log.count("pop3-login") > looks + 4, "it looks")
        assert _entries(later) == told
    waiting.until(lambda: not _failed(later), "they are back")
    after = _sinces(later)
    assert {one for one in after if after[one] != before[one]} <= {143, 993}
    later._health.forget()


def test_certificate_that_has_ended_degrades_and_leaves_the_instance_active(
    node: converge.MailNode, boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Sessions of the tests before may have to be ended first.
    before = waiting.until(lambda: _active(node), "the instance is active", 30)
    layout = boxes.machine.layout
    later = certificates.NOW + 36500 * certificates.DAY
    with monkeypatch.context() as patch:
        patch.setattr(door, "_now", lambda: later)
        shown = {layout.smtp_port, layout.submission_port, layout.submissions_port}
        shown |= _READERS
        wanted = {**_states(node), **dict.fromkeys(shown, "degraded")}
        waiting.until(lambda: _states(node) == wanted, "they are degraded")
        assert "has ended at 20" in _reasons(node)[993]
        now = waiting.until(lambda: _active(node), "the instance is active", 30)
    assert now.revision == before.revision
    waiting.until(lambda: set(_states(node).values()) == {"ok"}, "all is well")


def test_who_speaks_something_else_or_for_ever_is_no_exim(
    node: converge.MailNode, boxes: Boxes
) -> None:
    layout = boxes.machine.layout
    boxes.machine.supervisor.stop()
    ports = {layout.smtp_port, layout.submission_port, layout.submissions_port}
    ports |= {layout.send_port, layout.sieve_port}
    waiting.until(lambda: _failed(node) == ports, "exim's doors have failed")
    assert set(_reasons(node).values()) >= {"nobody listens"}
    with (
        _speaker(layout.smtp_port, b"\x00\xffHTTP/1.1 200 OK\r\n", 0),
        _speaker(layout.submission_port, b"220 ", 0.3),
        _speaker(layout.submissions_port, b"220 another.test ESMTP\r\n", 0),
    ):
        wanted = {
            layout.smtp_port: "the server said",
            layout.submission_port: "no answer in time",
            layout.submissions_port: "TLS fails",
        }
        waiting.until(
            lambda: all(text in _reasons(node)[port] for port, text in wanted.items()),
            "each is told by its reason",
        )
        assert _failed(node) == ports
    boxes.machine.supervisor.start()
    waiting.until(lambda: not _failed(node), "they are back")
    boxes.apply()


def test_what_is_told_goes_with_the_instance(boxes: Boxes) -> None:
    machine = boxes.machine
    node = machine.fresh_node()
    node.pull()
    kept = pathlib.Path(machine.layout.state_dir, "health.json")
    waiting.until(lambda: _states(node) and kept.exists(), "it is kept")
    node.remove()
    assert not kept.exists()
    assert node.observe().health is None
