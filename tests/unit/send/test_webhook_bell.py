# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""Webhooks are woken by new events: a real database in memory, a virtual clock."""

import asyncio
import collections.abc as abc
import typing as tp

import msgspec
import pytest

from exordos_mail.send import backoff, seed, vault
from exordos_mail.send.delivery.worker import Worker
from exordos_mail.send.queue import events
from exordos_mail.send.storage.bell import Bell
from exordos_mail.send.tenants import records as tenants
from exordos_mail.send.webhooks import deliverer, operations
from exordos_mail.send.webhooks.deliverer import Deliverer
from exordos_mail.send.webhooks.receiver import Answer, Receivers
from exordos_mail.send.webhooks.settings import WebhookSettings
from tests.unit.send import virtual
from tests.unit.send.memory_base import MemoryBase

_NOW = 1_800_000_000_000
#: An event waits so long for others (seconds), and a little more for the clocks.
_WAIT = 0.5
_SOON = _WAIT + 0.1


class _Receiver:
    """Answers as it is told; remembers when it was asked."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.statuses: list[int] = []
        #: Seconds until it answers.
        self.slow = 0.0

    async def post(self, address: str, headers: dict[str, str], body: bytes) -> Answer:
        self.at.append(_time())
        await asyncio.sleep(self.slow)
        return Answer(self.statuses.pop() if self.statuses else 200, None, b"")

    async def close(self) -> None:
        pass


class World:
    """A deliverer that runs, its database and the only receiver."""

    def __init__(self) -> None:
        self.base = MemoryBase()
        self.receiver = _Receiver()
        worker = Worker(self.base.itself)
        bell = Bell()
        self.base.listen(bell.ring)
        self.worker = worker
        self.deliverer = Deliverer(
            self.base.itself,
            worker,
            tp.cast(vault.Vault, None),
            tp.cast(Receivers, self.receiver),
            WebhookSettings(wait=int(_WAIT * 1000), delays=backoff.Backoff((1.0,))),
            bell,
        )

    async def happen(self) -> None:
        """Write an event."""
        await self.base.write(*_event())


def _event() -> tuple[tp.Any, ...]:
    return events.add, "default", [events.Event("cancelled")], _clock()


def _time() -> float:
    return asyncio.get_running_loop().time()


def _clock() -> int:
    return _NOW + int(_time() * 1000)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> tp.Any:
    monkeypatch.setattr("exordos_mail.send.clock.now", _clock)

    def run(scenario: abc.Callable[[World], abc.Awaitable[None]]) -> None:
        async def whole() -> None:
            world = World()
            await world.base.write(seed.seed, ("127.0.0.1", 25))
            await world.worker.enter()
            tenant = await world.base.read(tenants.get, "default")
            url = {"callback_url": "https://example.net/hook"}
            await world.base.write(
                tenants.change, msgspec.structs.replace(tenant, **url), _clock()
            )
            world.deliverer.start()
            # The change itself was heard by nobody; the first look finds nothing.
            await asyncio.sleep(100)
            await scenario(world)
            await world.deliverer.stop()

        virtual.run(whole())

    return run


def test_event_is_brought_as_soon_as_it_need_not_wait_for_others(play: tp.Any) -> None:
    async def scenario(world: World) -> None:
        begun = _time()
        await world.happen()
        await asyncio.sleep(_WAIT / 2)
        await world.happen()
        await asyncio.sleep(deliverer.LOOK - 1)
        (first,) = world.receiver.at
        assert _WAIT <= first - begun <= _SOON

    play(scenario)


def test_event_that_comes_during_an_exchange_is_brought_after_it(play: tp.Any) -> None:
    async def scenario(world: World) -> None:
        world.receiver.slow = 1.0
        await world.happen()
        await asyncio.sleep(_SOON + 0.8)
        # Not due yet when the exchange ends.
        await world.happen()
        await asyncio.sleep(deliverer.LOOK - 1)
        first, second = world.receiver.at
        assert second - first <= 0.8 + _SOON + _SOON

    play(scenario)


def test_batch_that_failed_is_sent_again_when_it_is_due(play: tp.Any) -> None:
    async def scenario(world: World) -> None:
        world.receiver.statuses = [500]
        await world.happen()
        await asyncio.sleep(deliverer.LOOK - 1)
        first, second = world.receiver.at
        assert 1.0 <= second - first <= 1.2 + 0.1

    play(scenario)


@pytest.mark.parametrize("what", ["resume", "replay", "address"])
def test_change_of_the_webhook_is_heard(play: tp.Any, what: str) -> None:
    async def scenario(world: World) -> None:
        await world.happen()
        await asyncio.sleep(100)
        if what == "resume":
            await world.base.write(operations.disable, "default", _clock())
            await world.happen()
            await asyncio.sleep(100)
            assert len(world.receiver.at) == 1
            await world.base.write(operations.resume, "default")
        elif what == "replay":
            await world.base.write(operations.replay, "default", 1)
        else:
            tenant = await world.base.read(tenants.get, "default")
            await world.base.write(operations.disable, "default", _clock())
            await world.happen()
            await asyncio.sleep(100)
            url = {"callback_url": "https://example.net/other"}
            await world.base.write(
                tenants.change, msgspec.structs.replace(tenant, **url), _clock()
            )
        await asyncio.sleep(_SOON)
        assert len(world.receiver.at) == 2

    play(scenario)


def test_event_of_another_process_is_found_by_the_slow_look(play: tp.Any) -> None:
    async def scenario(world: World) -> None:
        world.base.write_elsewhere(*_event())
        await asyncio.sleep(deliverer.LOOK + _SOON)
        assert len(world.receiver.at) == 1

    play(scenario)


def test_nothing_is_asked_while_nothing_happens(play: tp.Any) -> None:
    async def scenario(world: World) -> None:
        before = world.base.reads
        await asyncio.sleep(20 * deliverer.LOOK)
        assert world.base.reads - before in (19, 20, 21)

    play(scenario)
