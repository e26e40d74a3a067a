# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Places are shared out fairly, and none is lost or made."""

import asyncio
import collections
import random

import pytest

from exordos_mail.send.delivery import capacity
from exordos_mail.send.delivery.capacity import Capacity
from exordos_mail.send.queue.job import Lane
from tests.unit.send import virtual

A, B, C = (Lane(name, "default") for name in "abc")


async def settled() -> None:
    """Let every task go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


class Holder:
    """Takes a place and keeps it until it is told to go."""

    def __init__(self, places: Capacity, lane: Lane) -> None:
        self.has = False
        self.go = asyncio.Event()
        self.lane = lane
        self.task = asyncio.create_task(self._hold(places))

    async def _hold(self, places: Capacity) -> None:
        async with places.place(self.lane) as self.place:
            self.has = True
            try:
                await self.go.wait()
            finally:
                self.has = False


async def end(*holders: Holder) -> None:
    for one in holders:
        one.go.set()
    await asyncio.gather(*(one.task for one in holders), return_exceptions=True)


def test_free_place_goes_to_the_waiting_lane_with_the_fewest() -> None:
    async def run() -> None:
        places = Capacity(2)
        first = [Holder(places, A) for _ in range(4)]
        await settled()
        second, third = Holder(places, B), Holder(places, C)
        await settled()
        assert [one.has for one in first] == [True, True, False, False]
        await end(first[0])
        await settled()
        assert (second.has, third.has, first[2].has) == (True, False, False)
        # Now the first lane has none either, and has waited the longest.
        await end(first[1])
        await settled()
        assert (second.has, third.has, first[2].has) == (True, False, True)
        await end(first[2])
        await settled()
        assert (second.has, third.has, first[3].has) == (True, True, False)
        await end(*first, second, third)

    virtual.run(run())


def test_turn_is_over_only_for_a_lane_with_fewer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capacity, "TURN", -1)

    async def run() -> None:
        places = Capacity(2)
        first = [Holder(places, A) for _ in range(3)]
        await settled()
        # One of its own waits.
        assert not first[0].place.is_over
        second = [Holder(places, B) for _ in range(2)]
        await settled()
        assert first[0].place.is_over
        await end(first[0])
        await settled()
        # One each.
        assert second[0].has
        assert not first[1].place.is_over
        await end(*first, *second)

    virtual.run(run())


def test_connection_without_work_is_told_to_go() -> None:
    async def run() -> None:
        places = Capacity(1)
        first = Holder(places, A)
        await settled()
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        places.rest(waiter)
        await settled()
        assert not waiter.done()
        second = Holder(places, B)
        await settled()
        assert waiter.cancelled()
        late: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        places.rest(late)
        assert late.cancelled()
        await end(first, second)

    virtual.run(run())


@pytest.mark.parametrize("seed", range(20))
def test_places_are_neither_lost_nor_made(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 no secret

    async def run() -> None:
        places = Capacity(3)
        there: list[Holder] = []
        everybody: list[Holder] = []
        for _ in range(200):
            what = chance.choice(["come", "go", "cancel"])
            if what == "come":
                everybody.append(Holder(places, chance.choice([A, B, C])))
                there.append(everybody[-1])
            elif there:
                one = there.pop(chance.randrange(len(there)))
                if what == "go":
                    one.go.set()
                else:
                    one.task.cancel()
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(0)
            assert sum(one.has for one in everybody) <= 3
        await end(*everybody)
        last = [Holder(places, A) for _ in range(4)]
        await settled()
        assert collections.Counter(one.has for one in last) == {True: 3, False: 1}
        await end(*last)

    virtual.run(run())
