# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A lane and its connections, in virtual time and with a server in memory."""

import asyncio
import dataclasses
import time
import types
import typing as tp

import msgspec
import pytest

from exordos_mail.send.delivery import hold
from exordos_mail.send.delivery import lane as lanes
from exordos_mail.send.delivery.lane import LaneRunner
from exordos_mail.send.queue.job import Job, Outcome
from exordos_mail.send.smtp import connection as connections
from exordos_mail.send.smtp.connection import Connection
from exordos_mail.send.smtp.server import CannotOpen
from tests.unit.send import memory_lane, smtp_dialogue, smtp_peer, virtual
from tests.unit.send.smtp_peer import Act, Peer

IMMEDIATE, NORMAL, BULK = 0, 2, 3


def _now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture(autouse=True)
def _virtual_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = types.SimpleNamespace(monotonic=_now, time=time.time)
    monkeypatch.setattr(lanes, "time", clock)
    monkeypatch.setattr(connections, "time", clock)
    monkeypatch.setattr(lanes, "Hold", lambda: hold.Hold(_now))


def _job(name: str, priority: int = NORMAL) -> Job:
    found = smtp_dialogue.job(f"{name}@example.net")
    return dataclasses.replace(found, id=name, priority=priority)


class _World(memory_lane.MemoryShared):
    """A lane, its connections, and what was settled when."""

    def __init__(self, **relay: tp.Any) -> None:
        super().__init__(self._open, smtp_dialogue.DATA)
        self.relay = msgspec.structs.replace(memory_lane.RELAY, **relay)
        self.peers: list[Peer] = []
        #: Seconds until a message of this name is taken by the server.
        self.slow: dict[str, float] = {}
        self.away = False
        #: Names and states in the order of their ends, and when that was.
        self.ended: list[tuple[str, str]] = []
        self.ended_at: dict[str, float] = {}
        self.hungry = 0
        self.lane = LaneRunner(memory_lane.LANE, self.itself, self._ask)

    def _ask(self) -> None:
        self.hungry += 1

    def take(self, *jobs: Job) -> None:
        self.lane.take(self.relay, list(jobs))

    async def write(self, outcome: Outcome) -> None:
        self.ended.append((outcome.job.id, outcome.results[0].state))
        self.ended_at[outcome.job.id] = _now()

    async def _open(self) -> Connection:
        if self.away:
            raise CannotOpen("connect_failed", cause="Connection refused")
        peer = Peer(self._rule)
        self.peers.append(peer)
        return await smtp_peer.connect(peer)

    def _rule(self, step: str, line: str, usual: bytes) -> Act | None:
        if step == "RCPT":
            name = line.partition("<")[2].partition("@")[0]
            return Act(usual, delay=self.slow.get(name, 0))
        return None

    @property
    def carried(self) -> list[int]:
        """How many messages each connection has carried."""
        return [len(peer.taken) for peer in self.peers]


def _run(scenario: tp.Callable[[], tp.Coroutine[tp.Any, tp.Any, None]]) -> None:
    virtual.run(scenario())


# --- order and connections ------------------------------------------------------


def test_claimed_messages_go_by_priority_then_by_order() -> None:
    async def scenario() -> None:
        world = _World()
        world.slow["first"] = 10
        world.take(_job("first"))
        await asyncio.sleep(1)
        world.take(_job("bulk", BULK), _job("b", 1), _job("c"), _job("d", 1))
        await asyncio.sleep(20)
        assert [name for name, _ in world.ended] == ["first", "b", "d", "c", "bulk"]
        assert world.carried == [5]

    _run(scenario)


def test_immediate_message_does_not_wait_for_bulk_in_flight() -> None:
    async def scenario() -> None:
        world = _World(concurrency=2)
        world.slow |= {"bulk1": 200, "bulk2": 200}
        world.take(_job("bulk1", BULK), _job("bulk2", BULK), _job("bulk3", BULK))
        await asyncio.sleep(1)
        world.take(_job("now", IMMEDIATE))
        await asyncio.sleep(1)
        assert world.ended == [("now", "sent")]
        # The connection beyond the relay's is for immediate messages alone.
        await asyncio.sleep(60)
        assert world.carried == [0, 0, 1]
        await asyncio.sleep(200)
        assert world.ended_at["bulk3"] >= 200
        assert len(world.peers) == 3

    _run(scenario)


def test_there_is_one_connection_beyond_those_of_the_relay() -> None:
    async def scenario() -> None:
        world = _World()
        world.slow |= {"bulk": 200, "now1": 100}
        world.take(_job("bulk", BULK))
        await asyncio.sleep(1)
        world.take(_job("now1", IMMEDIATE), _job("now2", IMMEDIATE))
        await asyncio.sleep(50)
        assert len(world.peers) == 2
        await asyncio.sleep(100)
        assert world.ended == [("now1", "sent"), ("now2", "sent")]

    _run(scenario)


def test_as_many_connections_as_the_relay_has() -> None:
    async def scenario() -> None:
        world = _World(concurrency=3)
        names = [str(number) for number in range(7)]
        world.slow = dict.fromkeys(names, 10)
        world.take(*map(_job, names))
        await asyncio.sleep(100)
        assert len(world.peers) == 3
        assert sorted(world.carried) == [2, 2, 3]

    _run(scenario)


# --- how long a connection is kept ----------------------------------------------


def test_connection_without_work_is_used_again_and_leaves_after_its_time() -> None:
    async def scenario() -> None:
        world = _World()
        world.take(_job("a"))
        await asyncio.sleep(lanes._IDLE - 1)
        world.take(_job("b"))
        await asyncio.sleep(lanes._IDLE - 1)
        assert world.carried == [2]
        assert not world.lane.quiet
        await asyncio.sleep(2)
        assert world.lane.quiet
        assert world.peers[0].commands[-1] == "QUIT"
        world.take(_job("c"))
        await asyncio.sleep(1)
        assert world.carried == [2, 1]

    _run(scenario)


def test_connection_carries_no_more_messages_than_the_relay_allows() -> None:
    async def scenario() -> None:
        world = _World(connection_messages=2)
        world.take(*map(_job, "abcde"))
        await asyncio.sleep(1)
        assert world.carried == [2, 2, 1]
        assert [peer.commands[-1] for peer in world.peers[:2]] == ["QUIT", "QUIT"]

    _run(scenario)


def test_connection_is_used_no_longer_than_the_relay_allows() -> None:
    async def scenario() -> None:
        world = _World(connection_seconds=25)
        for name in "abcd":
            world.take(_job(name))
            await asyncio.sleep(10)
        assert world.carried == [3, 1]

    _run(scenario)


def test_connection_that_the_server_has_closed_is_not_used_again() -> None:
    async def scenario() -> None:
        world = _World()
        world.take(_job("a"))
        await asyncio.sleep(1)
        assert world.peers[0]._wire is not None
        world.peers[0]._wire.end()
        world.take(_job("b"))
        await asyncio.sleep(1)
        assert world.ended == [("a", "sent"), ("b", "sent")]
        assert world.carried == [1, 1]

    _run(scenario)


# --- a server that fails, a relay that changes, a stop ----------------------------


def test_claims_for_a_server_that_fails_are_released() -> None:
    async def scenario() -> None:
        world = _World()
        world.away = True
        world.take(*map(_job, "abc"))
        await asyncio.sleep(0.1)
        assert world.ended == [("a", "deferred")]
        assert world.released == [(["b", "c"], "server_unavailable")]
        assert (world.lane.room, world.lane.room_for_urgent) == (0, 0)
        assert world.lane.remembers
        await asyncio.sleep(1)
        # One asks whether the server is back.
        assert world.lane.room == 1
        world.away = False
        world.take(_job("d"))
        await asyncio.sleep(0.1)
        assert world.ended[-1] == ("d", "sent")
        assert world.lane.room == lanes.BUFFER

    _run(scenario)


def test_nothing_of_before_a_change_is_used_after_it() -> None:
    async def scenario() -> None:
        world = _World()
        world.slow["a"] = 10
        world.take(_job("a"), _job("b"))
        await asyncio.sleep(1)
        world.lane.again_at = 10**18
        assert world.lane.limited and not world.lane.room
        world.lane.invalidate()
        assert not world.lane.limited
        assert world.released == [(["b"], "relay_changed")]
        world.take(_job("c"))
        await asyncio.sleep(20)
        # What was being sent ended over its connection, and nothing more.
        assert world.ended == [("a", "sent"), ("c", "sent")]
        assert world.carried == [1, 1]
        world.lane.invalidate()
        await asyncio.sleep(1)
        assert world.lane.quiet

    _run(scenario)


def test_stop_waits_for_what_is_being_sent_and_begins_nothing() -> None:
    async def scenario() -> None:
        world = _World()
        world.slow["a"] = 10
        world.take(_job("a"), _job("b"))
        await asyncio.sleep(1)
        await world.lane.stop(30)
        assert world.ended == [("a", "sent")]
        assert _now() < 11
        assert world.lane.quiet
        assert (world.lane.room, world.lane.room_for_urgent) == (0, 0)

    _run(scenario)


def test_stop_ends_after_its_grace() -> None:
    async def scenario() -> None:
        world = _World(concurrency=2)
        world.slow |= {"a": 200, "b": 5}
        world.take(_job("a"), _job("b"))
        await asyncio.sleep(1)
        await world.lane.stop(30)
        assert world.ended == [("b", "sent")]
        assert _now() == 31
        assert world.lane.quiet

    _run(scenario)


def test_message_that_cannot_be_sent_holds_up_no_other() -> None:
    async def scenario() -> None:
        world = _World()
        prepare = world.prepare

        async def failing(one: Job) -> bytes:
            if one.id == "bad":
                raise LookupError("on purpose")
            return await prepare(one)

        world.prepare = failing  # type: ignore[method-assign]
        world.take(_job("bad"), _job("good"))
        await asyncio.sleep(1)
        assert world.ended == [("bad", "failed"), ("good", "sent")]

    _run(scenario)


# --- what is claimed ----------------------------------------------------------------


def test_more_is_asked_for_when_half_is_gone() -> None:
    async def scenario() -> None:
        world = _World()
        world.slow["0"] = 10
        world.take(*(_job(str(number)) for number in range(lanes.BUFFER // 2 + 1)))
        await asyncio.sleep(1)
        assert world.lane.room == lanes.BUFFER // 2
        assert not world.hungry
        await asyncio.sleep(20)
        assert world.hungry == lanes.BUFFER // 2
        assert world.lane.room == lanes.BUFFER

    _run(scenario)


def test_lane_that_is_full_takes_what_is_immediate() -> None:
    async def scenario() -> None:
        world = _World()
        world.slow["0"] = 10
        world.take(*(_job(str(number)) for number in range(lanes.BUFFER + 1)))
        await asyncio.sleep(1)
        assert (world.lane.room, world.lane.room_for_urgent) == (0, lanes.URGENT)
        world.lane.again_at = 10**18
        assert world.lane.room_for_urgent == 0

    _run(scenario)


def test_suspect_asks_for_the_next_one() -> None:
    async def scenario() -> None:
        world = _World()
        world.take(dataclasses.replace(_job("a"), suspect=True))
        await asyncio.sleep(1)
        # Once because little is left, once because the next suspect may be claimed.
        assert world.hungry == 2

    _run(scenario)
