# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whoever waits for events is woken by their commit: a virtual clock, no sleeps."""

import asyncio
import collections.abc as abc
import types
import typing as tp

import msgspec

from exordos_mail.send import seed
from exordos_mail.send.events import handlers
from exordos_mail.send.queue import events
from exordos_mail.send.storage.bell import Bell, heard
from tests.unit.send import virtual
from tests.unit.send.memory_base import MemoryBase


class World:
    """A database with a bell, and callers who wait."""

    def __init__(self) -> None:
        self.base = MemoryBase()
        self.bell = Bell()
        self.base.listen(self.bell.ring)
        self.stopping = asyncio.Event()

    async def fetch(self, wait: float) -> tuple[int, float]:
        """Wait for events; return how many came, and when."""
        call: tp.Any = types.SimpleNamespace(
            tenant_id="default", service=self, base=self.base
        )
        query = msgspec.convert({"wait": wait}, handlers.EventsQuery)
        found = await handlers.page(call, query)
        return len(found.events), _time()

    async def happen(self, tenant_id: str = "default") -> None:
        """Commit an event."""
        await self.base.write(*_event(tenant_id))


def _event(tenant_id: str = "default") -> tuple[tp.Any, ...]:
    return events.add, tenant_id, [events.Event("cancelled")], 1_800_000_000_000


def _time() -> float:
    return asyncio.get_running_loop().time()


def play(scenario: abc.Callable[[World], abc.Awaitable[None]]) -> None:
    """Play a scenario in a world of its own."""

    async def whole() -> None:
        world = World()
        await world.base.write(seed.seed, None)
        await scenario(world)

    virtual.run(whole())


async def _begun(*calls: abc.Coroutine[tp.Any, tp.Any, tp.Any]) -> list[tp.Any]:
    """Let calls come to where they wait."""
    tasks = [asyncio.create_task(call) for call in calls]
    await asyncio.sleep(0.5)
    return tasks


def test_all_who_wait_get_an_event_when_it_is_committed() -> None:
    async def scenario(world: World) -> None:
        tasks = await _begun(world.fetch(20), world.fetch(20))
        await world.happen()
        assert await asyncio.gather(*tasks) == [(1, 0.5), (1, 0.5)]

    play(scenario)


def test_event_of_another_process_is_found_by_the_slow_look() -> None:
    async def scenario(world: World) -> None:
        (task,) = await _begun(world.fetch(20))
        world.base.write_elsewhere(*_event())
        assert await task == (1, 1.0)

    play(scenario)


def test_others_events_do_not_make_a_caller_look_all_the_time() -> None:
    async def scenario(world: World) -> None:
        (task,) = await _begun(world.fetch(5))
        before = world.base.reads
        for _ in range(1000):
            await world.happen("other")
            await asyncio.sleep(0.001)
        assert world.base.reads - before <= 5
        assert await task == (0, 5.0)

    play(scenario)


def test_a_stop_ends_the_waiting() -> None:
    async def scenario(world: World) -> None:
        (task,) = await _begun(world.fetch(20))
        world.stopping.set()
        world.bell.ring()
        assert await task == (0, 0.5)

    play(scenario)


def test_a_bell_wakes_whoever_took_its_next_before() -> None:
    async def scenario() -> None:
        bell = Bell()
        first = bell.next
        bell.ring()
        bell.ring()
        assert await heard(first, 1.0)
        assert not await heard(bell.next, 1.0)
        assert _time() == 1.0

    virtual.run(scenario())
