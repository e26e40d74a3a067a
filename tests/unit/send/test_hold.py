# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""A server that cannot be used is left alone, longer each time."""

import itertools

import pytest

from exordos_mail.send.delivery import hold
from exordos_mail.send.smtp.connection import Connection
from exordos_mail.send.smtp.server import CannotOpen
from tests.unit.send import memory_lane, smtp_peer, virtual
from tests.unit.send.smtp_dialogue import DATA, job


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_hold_doubles_up_to_a_minute_and_ends_with_a_success() -> None:
    clock = _Clock()
    one = hold.Hold(clock)
    assert not one.failing
    found = []
    for _ in range(9):
        seconds = one.failure()
        assert seconds is not None
        found.append(seconds)
        clock.now += seconds - 0.01
        assert one.in_force
        # The other connections of the same failure do not count.
        assert one.failure() is None
        clock.now += 0.02
        assert not one.in_force
        assert one.failing
    assert found == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    one.success()
    assert not one.failing
    assert one.failure() == 1


def test_lane_whose_server_fails_asks_with_one_message_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = _Clock()
    monkeypatch.setattr(
        "exordos_mail.send.delivery.lane.Hold", lambda: hold.Hold(clock)
    )
    tries: list[float] = []
    away = [True]

    async def connect() -> Connection:
        tries.append(clock.now)
        if away[0]:
            raise CannotOpen("connect_failed", cause="Connection refused")
        return await smtp_peer.connect(smtp_peer.Peer())

    async def scenario() -> None:
        shared = memory_lane.MemoryShared(connect, DATA)
        runner = memory_lane.lane(shared)
        assert runner.room > 1
        for _ in range(4):
            await memory_lane.attempt(runner, shared, job("x@example.net"))
            assert (runner.room, runner.room_for_urgent) == (0, 0)
            assert runner.remembers
            while runner.room == 0:
                clock.now += 0.5
            assert (runner.room, runner.room_for_urgent) == (1, 1)
        away[0] = False
        (found,) = await memory_lane.attempt(runner, shared, job("x@example.net"))
        assert found.state == "sent"
        assert runner.room > 1
        await runner.stop(0)

    virtual.run(scenario())
    gaps = [after - before for before, after in itertools.pairwise(tries)]
    assert gaps == [1, 2, 4, 8]
