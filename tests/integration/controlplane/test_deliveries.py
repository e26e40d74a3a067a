# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What nodes tell of messages is kept: once, of their own instance, within bounds.

The node's side is the agent's own client, where the test does not say what no agent
would.
"""

import base64
import sys
import threading
import time
import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
from oslo_config import cfg
import psycopg
import psycopg.rows
import pytest

from exordos_mail import constants as c
from exordos_mail.controlplane import delivery_retention, retention
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.controlplane.gateway import telling
from exordos_mail.dataplane.agent import gateway
from exordos_mail.dataplane.engine import source
from exordos_mail.protocol import messages
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import world as w
from tests.integration.controlplane.gateway_world import Running, key_of, serve
from tests.integration.support import waiting
from tests.outcomes import outcome

Agents = tp.Callable[..., gateway.Client]


@pytest.fixture
def agent(running: Running) -> tp.Iterator[Agents]:
    """Return the gateway client of a node's agent, which is connected."""
    made: list[gateway.Client] = []

    def connect(node: sys_uuid.UUID, port: int = 0) -> gateway.Client:
        endpoint = f"ws://127.0.0.1:{port or running.port}{c.GATEWAY_PATH}"
        key = base64.b64decode(key_of(node))
        made.append(gateway.Client(endpoint, node, lambda: key))
        made[-1].start()
        return made[-1]

    yield connect
    for one in made:
        one.stop()


@pytest.fixture
def bounds() -> tp.Iterator[tp.Callable[..., None]]:
    """A function that sets the bounds for one test."""

    def change(**options: int) -> None:
        for name, value in options.items():
            cfg.CONF.set_override(name, value, group="mail")

    yield change
    for name in ("deliveries_keep_days", "deliveries_keep_rows"):
        cfg.CONF.clear_override(name, group="mail")


def kept(db, instance) -> list[dict[str, tp.Any]]:
    """Return the deliveries of an instance, the newest first."""
    return list(
        db.execute(
            "SELECT * FROM mail_deliveries WHERE instance = %s ORDER BY at DESC, uuid",
            (instance.uuid,),
        )
    )


def now() -> int:
    return time.time_ns() // 10**6


def test_what_a_node_tells_is_kept_as_it_was_told(agent, assigned, node, db):
    told = outcome(1)
    agent(node).tell([told])
    (row,) = kept(db, assigned)
    assert row["uuid"] == telling.uuid_of(assigned.uuid, told.id)
    assert row["project_id"] == assigned.project_id
    assert row["at"].isoformat() == "2025-10-09T08:53:20.123000"
    assert row["accepted_at"].isoformat() == "2025-10-09T08:53:20.001000"
    same = told.to_dict().keys() - {"id", "at", "accepted_at"}
    assert {name: row[name] for name in same} == {
        name: getattr(told, name) for name in same
    }


def test_what_is_not_known_is_null_or_empty(agent, assigned, node, db):
    texts = ("login", "sender", "message_id", "host", "address", "tls", "reply")
    nothing = dict.fromkeys(texts, "")
    agent(node).tell(
        [
            outcome(
                1, accepted_at=0, code=None, enhanced=None, state="expired", **nothing
            )
        ]
    )
    (row,) = kept(db, assigned)
    assert [row["accepted_at"], row["code"], row["enhanced"]] == [None] * 3
    assert {name: row[name] for name in nothing} == nothing


def test_what_is_told_twice_is_kept_once(agent, assigned, node, db):
    both = [outcome(1), outcome(2)]
    agent(node).tell(both)
    before = kept(db, assigned)
    # in one question, in another one, on another connection
    agent(node).tell([*reversed(both), *both, outcome(3)])
    assert len(kept(db, assigned)) == 3
    assert all(row in kept(db, assigned) for row in before)


def test_many_are_told_in_several_messages(agent, assigned, node, db):
    # more than one message takes, with all characters that JSON writes in twelve
    told = [outcome(n, reply="\U0001f4ec" * 500) for n in range(30)]
    agent(node).tell(told)
    assert len(kept(db, assigned)) == 30
    agent(node).tell([])


def test_nothing_has_happened_after_now(agent, assigned, node, db):
    agent(node).tell([outcome(1, at=253_402_300_799_999), outcome(2, at=0)])
    first, last = kept(db, assigned)
    assert abs(first["at"].timestamp() - first["created_at"].timestamp()) < 1
    assert last["at"].year == 1970


def test_another_instances_node_writes_nothing_here(
    agent, world, assigned, node, version, db
):
    other, other_node = w.new_instance(version, "other.example"), sys_uuid.uuid4()
    serve(world, other, other_node, "10.20.0.41")
    agent(node).tell([outcome(1)])
    mine = kept(db, assigned)
    # the same line in the other's log is another delivery, and hides none
    agent(other_node).tell([outcome(1), outcome(2)])
    assert kept(db, assigned) == mine
    assert len(kept(db, other)) == 2


def test_a_node_without_an_instance_is_refused(agent, call, running, assigned, db):
    stranger = sys_uuid.uuid4()
    with pytest.raises(source.GatewayError, match="no mail instance is assigned"):
        agent(stranger).tell([outcome(1)])
    assert db.execute("SELECT FROM mail_deliveries").rowcount == 0


def test_deliveries_go_with_their_instance(agent, assigned, node, db):
    client = agent(node)
    client.tell([outcome(1)])
    w.read(assigned).delete()
    assert kept(db, assigned) == []
    with pytest.raises(source.GatewayError, match="no mail instance is assigned"):
        client.tell([outcome(2)])
    assert kept(db, assigned) == []


def test_an_instance_that_is_being_deleted_gets_no_more(
    agent, assigned, node, db, database_url
):
    """The one who tells waits, and is refused: it fails with no error of SQL."""
    client = agent(node)
    client.tell([outcome(1)])
    found: list[Exception] = []

    def tell() -> None:
        try:
            client.tell([outcome(2)])
        except source.GatewayError as error:
            found.append(error)

    with psycopg.connect(database_url) as other:
        other.execute("DELETE FROM mail_instances WHERE uuid = %s", (assigned.uuid,))
        teller = threading.Thread(target=tell)
        teller.start()
        waiting.until(lambda: _waits(db), "the gateway waits for the instance")
    teller.join(10)
    assert "no mail instance is assigned" in str(found[0])


def _waits(db) -> bool:
    found = db.execute(
        "SELECT FROM pg_stat_activity WHERE application_name = 'exordos_mail gateway'"
        " AND wait_event_type = 'Lock'"
    )
    return found.rowcount == 1


@pytest.mark.parametrize(
    "outcomes",
    [
        b"[5]",
        b"[{}]",
        b'{"secret": 1}',
        b'[{"secret": 1}]',
    ],
)
def test_what_is_no_outcome_ends_the_connection(call, assigned, node, outcomes, caplog):
    caller = call(node)
    said = b'{"type": "tell", "number": 1, "outcomes": ' + outcomes + b"}"
    caller.socket.send(caller.channel.seal(said))
    with pytest.raises(calls.CLOSED):
        caller.hear_reply()
    assert caller.socket.close_code == 1008
    assert "secret" not in caplog.text


def test_one_connection_takes_questions_of_many_threads(agent, assigned, node, db):
    """Messages are opened in the order in which they were sealed."""
    client = agent(node)
    errors: list[Exception] = []

    def talk(name: int) -> None:
        try:
            for turn in range(8):
                client.tell([outcome((name, turn))])
                client.sync({})
        except source.GatewayError as error:
            errors.append(error)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=talk, args=(name,)) for name in range(6)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    finally:
        sys.setswitchinterval(before)
    assert errors == []
    assert len(kept(db, assigned)) == 48


def test_a_connection_that_is_cut_loses_and_doubles_nothing(
    agent, running, assigned, node, db, database_url
):
    """The gateway has written and its answer does not arrive: the node tells again."""
    client = agent(node)
    client.sync({})
    told = [outcome(n) for n in range(3)]
    found: list[Exception] = []

    def tell() -> None:
        try:
            client.tell(told)
        except source.GatewayError as error:
            found.append(error)

    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE mail_deliveries IN SHARE MODE")
        teller = threading.Thread(target=tell)
        teller.start()
        waiting.until(lambda: _waits(db), "the gateway waits for the table")
        # a second connection of the node ends the first
        again = agent(node)
        again.sync({})
        teller.join(10)
        assert "the node gateway is away" in str(found[0])
    waiting.until(lambda: len(kept(db, assigned)) == 3, "the gateway has written")
    again.tell(told)
    assert len(kept(db, assigned)) == 3


def test_a_database_that_is_away_is_no_loss(agent, running, assigned, node, db):
    client = agent(node)
    client.tell([outcome(1)])
    db.execute("ALTER TABLE mail_deliveries RENAME TO away")
    try:
        with pytest.raises(source.GatewayError, match="the node gateway is away"):
            client.tell([outcome(2)])
    finally:
        db.execute("ALTER TABLE away RENAME TO mail_deliveries")
    waiting.until(lambda: client.is_up, "the connection is back")
    client.tell([outcome(2)])
    assert len(kept(db, assigned)) == 2


def test_a_flood_is_bounded_and_the_newest_stay(
    agent, world, assigned, node, version, bounds, db
):
    other, other_node = w.new_instance(version, "other.example"), sys_uuid.uuid4()
    serve(world, other, other_node, "10.20.0.41")
    agent(other_node).tell([outcome("other", at=1)])
    bounds(deliveries_keep_rows=50)
    client, start = agent(node), now() - 10**6
    for turn in range(0, 3 * telling.SLACK, 500):
        client.tell(outcome(n, at=start + n) for n in range(turn, turn + 500))
        assert len(kept(db, assigned)) <= 50 + telling.SLACK + 500
    newest = {telling.uuid_of(assigned.uuid, outcome(2999).id)}
    rows = kept(db, assigned)
    assert newest <= {row["uuid"] for row in rows}
    assert min(row["at"].timestamp() for row in rows) * 1000 > start + 1400
    assert len(kept(db, other)) == 1


def test_a_gateway_that_starts_looks_for_the_bound_at_once(
    agent, running, assigned, node, bounds, db
):
    start = now() - 10**6
    agent(node).tell(outcome(n, at=start + n) for n in range(20))
    bounds(deliveries_keep_rows=5)
    agent(node).tell([outcome("here", at=start + 100)])
    assert len(kept(db, assigned)) == 21
    another = Running()
    another.start()
    try:
        agent(node, another.port).tell([outcome("there", at=start + 101)])
    finally:
        another.stop()
    rows = [row["uuid"] for row in kept(db, assigned)]
    newest = ("there", "here", 19, 18, 17)
    assert rows == [telling.uuid_of(assigned.uuid, outcome(one).id) for one in newest]


def test_what_is_too_old_is_removed(agent, assigned, node, bounds, db):
    bounds(deliveries_keep_days=3)
    day = 24 * 3600 * 1000
    agent(node).tell(outcome(n, at=now() - n * day) for n in range(8))
    assert len(kept(db, assigned)) == 8
    assert delivery_retention.remove_old(batch=2) == 2
    oldest = kept(db, assigned)[-1]
    assert oldest["uuid"] == telling.uuid_of(assigned.uuid, outcome(5).id)
    assert delivery_retention.remove_old() == 3
    assert delivery_retention.remove_old() == 0
    assert len(kept(db, assigned)) == 3


def test_the_service_goes_on_while_there_is_more(agent, assigned, node, bounds, db):
    agent(node).tell(outcome(n, at=n) for n in range(5))
    clock = [0.0]
    service = delivery_retention.DeliveryRetention(batch=2, clock=lambda: clock[0])
    for left in (3, 1, 0):
        service._iteration()
        assert len(kept(db, assigned)) == left
    agent(node).tell([outcome("late", at=5)])
    service._iteration()
    assert len(kept(db, assigned)) == 1
    clock[0] = retention.PERIOD
    service._iteration()
    assert kept(db, assigned) == []


def test_a_node_that_is_taken_away_writes_no_more(agent, assigned, node, db):
    client = agent(node)
    client.tell([outcome(1)])
    for row in ua_models.TargetResource.objects.get_all():
        row.delete()
    with pytest.raises(source.GatewayError, match="refuses"):
        client.tell([outcome(2)])
    assert len(kept(db, assigned)) == 1


def test_a_message_of_another_question_is_no_answer(call, assigned, node, db):
    caller = call(node)
    caller.say(messages.Tell(7, [outcome(1)]))
    assert caller.hear_reply() == messages.Told(7)


def test_those_who_tell_and_remove_the_same_never_wait_in_a_circle(
    assigned, node, bounds, engine, database_url
):
    """Of two transactions that wait for each other the database would end one."""
    bounds(deliveries_keep_rows=20, deliveries_keep_days=1)
    ledger = telling.Ledger(slack=0)
    agent_uuid = platform_nodes.agent_uuid(node)
    errors: list[Exception] = []
    # half of them are too many, the other half too old as well
    told = [outcome(n, at=now() - n % 2 * 10**9) for n in range(200)]

    def repeat(work: tp.Callable[[tp.Any], object]) -> threading.Thread:
        def run() -> None:
            try:
                with psycopg.connect(
                    database_url, row_factory=psycopg.rows.dict_row
                ) as connection:
                    for _ in range(30):
                        work(connection)
                        connection.commit()
            except Exception as error:
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def teller(outcomes: list[tp.Any]) -> threading.Thread:
        tell = messages.Tell(1, outcomes)
        return repeat(lambda connection: ledger.keep(connection, agent_uuid, tell))

    threads = [
        teller(told),
        teller(told[::-1]),
        repeat(lambda _: delivery_retention.remove_old(batch=50)),
    ]
    for one in threads:
        one.join()
    assert errors == []
