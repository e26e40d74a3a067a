#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""The node gateway on a real port: who is answered, what, and when it rings."""

import socket
import threading
import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
from oslo_config import cfg
import psycopg
import pytest
from restalchemy.dm import filters as dm_filters
import websockets.exceptions
from websockets.sync import client

from exordos_mail import constants as c
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.controlplane import wakeup
from exordos_mail.controlplane.gateway import service, session
from exordos_mail.protocol import channel, messages, revision, shards
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import world as w
from tests.integration.support import waiting


class Running:
    """The gateway and the listener that tells it of changes."""

    def __init__(self) -> None:
        self.port = waiting.free_port()
        cfg.CONF.set_override("gateway_host", "127.0.0.1", group="mail")
        cfg.CONF.set_override("gateway_port", self.port, group="mail")
        self.gateway = service.GatewayService()
        self.listener = wakeup.NotificationListener(on_change=self.gateway.ring)

    def start(self) -> None:
        self.gateway._setup()
        self.listener._setup()
        waiting.until(self.listens, "the gateway")

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self.listener.stop()
        self.gateway.stop()
        if self.gateway._thread is not None:
            self.gateway._thread.join(10)
        assert not self.listens()
        cfg.CONF.clear_override("gateway_host", group="mail")
        cfg.CONF.set_override("gateway_port", 0, group="mail")


@pytest.fixture
def running(world: w.World) -> tp.Iterator[Running]:
    found = Running()
    found.start()
    try:
        yield found
    finally:
        found.stop()


def key_of(node: sys_uuid.UUID) -> str:
    return str(ua_models.NodeEncryptionKey.get_or_create(node).private_key)


@pytest.fixture
def call(running: Running) -> tp.Iterator[tp.Callable[..., calls.Caller]]:
    made: list[calls.Caller] = []

    def connect(node: sys_uuid.UUID, key: str | None = None) -> calls.Caller:
        made.append(calls.Caller(running.port, node, key or key_of(node)))
        return made[-1]

    yield connect
    for one in made:
        one.socket.close()


def serve(
    world: w.World, instance: tp.Any, node: sys_uuid.UUID, address: str = w.ADDRESS
) -> None:
    """Bring an instance to where its node has a payload."""
    world.iterate()
    w.core_reports(instance, {node: address})
    w.agent_registers(node)
    world.iterate()


@pytest.fixture
def assigned(running, world, instance, node):
    serve(world, instance, node)
    return instance


def test_a_payload_holds_no_content(assigned):
    assert set(w.payload(assigned)) == {
        "uuid",
        "name",
        "generation",
        "revision",
        "domain",
    }


def test_a_node_gets_everything_that_its_revision_stands_for(
    call, world, assigned, node
):
    for name in ("alice", "bob", "carol"):
        w.add_account(assigned, name)
    world.iterate()
    answer = call(node).ask()
    state = answer.state
    assert sorted(calls.accounts(answer)) == ["alice", "bob", "carol"]
    assert (state.instance, state.domain) == (str(assigned.uuid), "example.com")
    assert set(state.settings) == {"dkim_keys", "rate_limit"}
    assert state.generation == w.read(assigned).generation
    texts = {shard: text.encode() for shard, text in answer.texts.items()}
    assert state.shards == shards.digests(texts)
    assert (
        w.payload(assigned)["revision"]
        == state.revision
        == revision.compute(
            state.domain, revision.settings_digest(state.settings), state.shards
        )
    )


def test_who_has_everything_gets_nothing(call, assigned, node):
    w.add_account(assigned, "alice")
    caller = call(node)
    again = caller.ask_again(caller.ask())
    assert again.state.settings is None
    assert again.texts == {}


def test_a_change_costs_its_shard(call, assigned, node, db):
    db.execute(
        "INSERT INTO mail_accounts (uuid, instance, project_id, username,"
        " password_hash, created_at, updated_at)"
        " SELECT gen_random_uuid(), %s, %s, 'user' || n, '$1$abcdefgh$' ||"
        " repeat('x', 22), now(), now() FROM generate_series(1, 2000) AS n",
        (assigned.uuid, w.PROJECT),
    )
    caller = call(node)
    before = caller.ask()
    assert len(calls.accounts(before)) == 2000
    w.add_account(assigned, "alice")
    after = caller.ask_again(before)
    assert list(after.texts) == [shards.number("alice")]
    assert "alice" in calls.accounts(after)


def test_a_shard_that_became_empty_is_told(call, assigned, node):
    account = w.add_account(assigned, "alice")
    caller = call(node)
    before = caller.ask()
    account.delete()
    after = caller.ask_again(before)
    assert after.texts == {shards.number("alice"): ""}
    assert after.state.shards == {}


def test_disabled_accounts_and_schemes_of_hashes_stay_here(call, assigned, node, db):
    w.add_account(assigned, "alice")
    bare = "$6$saltsalt$" + "x" * 85 + "1"
    db.execute(
        "UPDATE mail_accounts SET password_hash = %s", ("{SHA512-CRYPT}" + bare,)
    )
    bob = w.add_account(assigned, "bob")
    bob.active = False
    bob.update()
    assert calls.accounts(call(node).ask()) == {"alice": bare}


def test_no_change_of_an_account_is_missed(call, world, assigned, node, db):
    """Insert, rename, re-hash, disable, delete: each time digests are right."""
    caller = call(node)

    def check() -> None:
        world.iterate()
        have = caller.ask()
        texts = {shard: text.encode() for shard, text in have.texts.items()}
        assert have.state.shards == shards.digests(texts)
        rows = db.execute("SELECT username FROM mail_accounts WHERE active").fetchall()
        assert set(calls.accounts(have)) == {row["username"] for row in rows}
        assert w.payload(assigned)["revision"] == have.state.revision

    for name in ("alice", "bob"):
        w.add_account(assigned, name)
    check()
    for change in (
        "UPDATE mail_accounts SET username = 'dave' WHERE username = 'alice'",
        "UPDATE mail_accounts SET active = FALSE WHERE username = 'bob'",
        "UPDATE mail_accounts SET active = TRUE",
        "UPDATE mail_accounts SET username = username || '1'",
        "DELETE FROM mail_accounts WHERE username = 'dave1'",
    ):
        db.execute(change)
        check()


def test_another_node_cannot_read_an_instance(call, world, assigned, version):
    w.add_account(assigned, "alice")
    other, other_node = w.new_instance(version, "other.example"), sys_uuid.uuid4()
    serve(world, other, other_node, "10.20.0.41")
    answer = call(other_node).ask()
    assert answer.state.instance == str(other.uuid)
    assert calls.accounts(answer) == {}
    stranger = sys_uuid.uuid4()
    assert isinstance(call(stranger).ask(), messages.Refused)


def test_a_node_of_a_deleted_instance_is_refused(call, world, assigned, node):
    caller = call(node)
    assert isinstance(caller.ask(), calls.Answer)
    w.read(assigned).delete()
    assert isinstance(caller.ask(), messages.Refused)


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
    caller.say(messages.Sync(1, "", {}))
    assert closed(caller) == 1008


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"rubbish",
        b'{"type": "ring"}',
        b'{"type": "sync", "number": 1, "settings": "", "shards": {"99": ""}}',
    ],
)
def test_rubbish_of_a_known_node_ends_its_connection(call, assigned, node, message):
    caller = call(node)
    caller.socket.send(caller.channel.seal(message))
    assert closed(caller) == 1008


@pytest.mark.parametrize("hello", ["", "{}", b"\0\xff", "x" * 70_000])
def test_rubbish_of_a_stranger_ends_its_connection(running, hello, caplog):
    url = f"ws://127.0.0.1:{running.port}{c.GATEWAY_PATH}"
    with client.connect(url) as stranger:
        stranger.send(hello)
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            stranger.recv(calls.TIMEOUT)
    assert "Traceback" not in caplog.text
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
    assert isinstance(caller.ask(), messages.Refused)
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


def test_a_lost_key_file_is_said_without_its_path(call, assigned, node, tmp_path):
    cfg.CONF.set_override("secrets_key_file", str(tmp_path / "none"), group="mail")
    refused = call(node).ask()
    assert refused == messages.Refused(
        1, "the platform cannot read this instance's keys"
    )


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


def test_a_reply_is_of_one_moment(call, assigned, node, db, database_url):
    """Accounts change all the time; digests and texts of a reply always agree."""
    for name in ("alice", "bob"):
        w.add_account(assigned, name)
    db.execute(
        "UPDATE mail_accounts SET password_hash = '$1$abcdefgh$' || %s", ("0" * 22,)
    )
    done = threading.Event()

    def change() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            number = 0
            while not done.is_set():
                number += 1
                connection.execute(
                    "UPDATE mail_accounts SET password_hash = %s",
                    ("$1$abcdefgh$" + f"{number:022d}",),
                )

    changer = threading.Thread(target=change)
    changer.start()
    try:
        caller = call(node)
        for _ in range(50):
            answer = caller.ask()
            texts = {shard: text.encode() for shard, text in answer.texts.items()}
            assert answer.state.shards == shards.digests(texts)
            assert len(set(calls.accounts(answer).values())) == 1
    finally:
        done.set()
        changer.join()


def test_the_table_of_payloads_holds_no_secret(world, assigned, db):
    w.add_account(assigned, "alice")
    world.iterate()
    rows = db.execute("SELECT value::text FROM ua_target_resources").fetchall()
    for row in rows:
        assert "$6$" not in row["value"]
        assert "PRIVATE KEY" not in row["value"]


def test_the_payload_is_unknown_to_who_has_no_row(assigned, call, node):
    """The authorisation is the row that the builder makes, not the node's word."""
    rows = ua_models.TargetResource.objects.get_all(
        filters={
            "kind": dm_filters.EQ(c.NODE_KIND),
            "master": dm_filters.EQ(assigned.uuid),
        }
    )
    for row in rows:
        row.delete()
    assert isinstance(call(node).ask(), messages.Refused)


def test_an_answer_to_somebody_else_does_not_open(call, assigned, node):
    with pytest.raises(channel.ChannelError):
        one, two = call(node), call(node)
        one.say(messages.Sync(1, "", {}))
        two.channel.open(one.socket.recv(calls.TIMEOUT))
