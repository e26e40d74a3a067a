# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Connections of nodes and strangers: who is let in, when it rings, what heals."""

import contextlib
import os
import resource
import socket
import threading
import uuid as sys_uuid

import pytest
import websockets.exceptions
from websockets.sync import client

from exordos_mail import constants as c
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.controlplane import wakeup
from exordos_mail.controlplane.gateway import door, service, session
from exordos_mail.protocol import channel, messages
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import world as w
from tests.integration.controlplane.gateway_world import Running, key_of, serve
from tests.integration.support import waiting


def closed(caller: calls.Caller) -> int:
    with pytest.raises(websockets.exceptions.ConnectionClosed):
        while True:
            caller.socket.recv(calls.TIMEOUT)
    return int(caller.socket.close_code or 0)


def wrong_key() -> str:
    return key_of(sys_uuid.uuid4())


@pytest.mark.parametrize("known", [True, False])
def test_a_wrong_key_and_an_unknown_node_look_the_same(call, assigned, node, known):
    caller = call(node if known else sys_uuid.uuid4(), wrong_key())
    caller.say(messages.Sync(1, {}))
    assert closed(caller) == 1008


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"rubbish",
        b'{"type": "ring"}',
        b'{"type": "sync", "number": 1, "have": {"../x": ""}}',
    ],
)
def test_rubbish_of_a_known_node_ends_its_connection(call, assigned, node, message):
    caller = call(node)
    caller.socket.send(caller.channel.seal(message))
    assert closed(caller) == 1008


@pytest.mark.parametrize(
    "hello",
    ["", "{}", b"\0\xff", "x" * 70_000, "[" * 60_000, '{"a":' * 12_000, "9" * 60_000],
)
def test_rubbish_of_a_stranger_ends_its_connection(running, hello, caplog):
    url = f"ws://127.0.0.1:{running.port}{c.GATEWAY_PATH}"
    with client.connect(url) as stranger:
        stranger.send(hello)
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            stranger.recv(calls.TIMEOUT)
    assert "Traceback" not in caplog.text
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_bare_connections_take_no_descriptors_from_the_process(
    running, assigned, call, node, caplog
):
    known = call(node)
    assert isinstance(known.ask(), calls.Answer)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = len(os.listdir("/proc/self/fd"))
    with contextlib.ExitStack() as stack:
        # The callers' ends are in this process as well.
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], 4096), limits[1]))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        flood = [
            stack.enter_context(socket.create_connection(("127.0.0.1", running.port)))
            for _ in range(1100)
        ]
        # The oldest are told to go; the newest are still there.
        assert [one.recv(1) for one in flood[:1000]] == [b""] * 1000
        theirs = len(os.listdir("/proc/self/fd")) - before - len(flood)
        assert theirs <= door.STRANGERS_PER_SOURCE + 10
        assert isinstance(known.ask(), calls.Answer)
        assert isinstance(call(node).ask(), calls.Answer)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_silent_strangers_are_bounded(running, assigned, call, node, monkeypatch):
    monkeypatch.setattr(session, "STRANGERS_MAX", 1)
    url = f"ws://127.0.0.1:{running.port}{c.GATEWAY_PATH}"
    known = call(node)
    assert isinstance(known.ask(), calls.Answer)
    with client.connect(url), client.connect(url) as second:
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            second.recv(calls.TIMEOUT)
        assert second.close_code == 1013
        assert isinstance(known.ask(), calls.Answer)


def test_a_stranger_that_says_nothing_is_sent_away(running, monkeypatch):
    monkeypatch.setattr(session, "INTRODUCTION", 0.2)
    with client.connect(f"ws://127.0.0.1:{running.port}{c.GATEWAY_PATH}") as silent:
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            silent.recv(calls.TIMEOUT)
        assert silent.close_code == 1008


def test_a_node_has_one_connection(call, assigned, node):
    first = call(node)
    assert isinstance(first.ask(), calls.Answer)
    second = call(node)
    assert isinstance(second.ask(), calls.Answer)
    assert closed(first) == 1006
    w.add_account(assigned, "alice")
    second.until_rung()


def test_what_is_no_websocket_is_answered_as_http(running, caplog):
    for request in (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01 rubbish\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", running.port), 5) as stranger:
            stranger.sendall(request)
            assert b"101" not in stranger.recv(100)
    assert "Traceback" not in caplog.text


def test_a_change_rings_the_nodes_of_its_instance_only(call, world, assigned, version):
    other, other_node = w.new_instance(version, "other.example"), sys_uuid.uuid4()
    serve(world, other, other_node, "10.20.0.41")
    (node,) = platform_nodes.node_set_nodes(assigned.uuid)
    mine, theirs = call(node), call(other_node)
    assert isinstance(mine.ask(), calls.Answer)
    assert isinstance(theirs.ask(), calls.Answer)
    w.add_account(assigned, "alice")
    mine.until_rung()
    assert "alice" in calls.accounts(mine.ask())
    w.add_account(other, "bob")
    theirs.until_rung()
    with pytest.raises(TimeoutError):
        mine.hear(timeout=1)


def test_a_new_payload_rings_the_node(call, running, world, instance, node):
    world.iterate()
    w.core_reports(instance, {node: w.ADDRESS})
    w.agent_registers(node)
    caller = call(node)
    assert isinstance(caller.sync(), messages.Refused)
    world.iterate()
    caller.until_rung()
    assert isinstance(caller.ask(), calls.Answer)


def test_everybody_is_rung_after_a_time_without_notifications(
    call, assigned, node, db, monkeypatch
):
    monkeypatch.setattr(wakeup, "RETRY_FIRST", 0.3)
    caller = call(node)
    assert isinstance(caller.ask(), calls.Answer)
    db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'exordos_mail listener'"
    )
    caller.until_rung()


def test_lost_connections_of_the_gateway_to_its_database_heal(call, assigned, node, db):
    caller = call(node)
    assert isinstance(caller.ask(), calls.Answer)
    db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'exordos_mail gateway'"
    )
    assert isinstance(caller.ask(), calls.Answer)


def test_the_port_of_a_process_that_still_ends_is_awaited(world, monkeypatch):
    monkeypatch.setattr(service, "RETRY", 0.1)
    running = Running()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", running.port))
        holder.listen()
        running.gateway._setup()
        tried = threading.Event()
        monkeypatch.setattr(service.LOG, "warning", lambda *args: tried.set())
        assert tried.wait(10)
    try:
        waiting.until(running.listens, "the gateway")
    finally:
        running.stop()


def test_an_answer_to_somebody_else_does_not_open(call, assigned, node):
    with pytest.raises(channel.ChannelError):
        one, two = call(node), call(node)
        one.say(messages.Sync(1, {}))
        two.channel.open(one.socket.recv(calls.TIMEOUT))
