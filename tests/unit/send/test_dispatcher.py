# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The dispatcher on a real database, in virtual time, with a server in memory."""

import asyncio
import collections.abc as abc
import typing as tp

import pytest

from exordos_mail.send import backoff, clock, vault
from exordos_mail.send.attachments import Policy
from exordos_mail.send.attachments.connect import Guard
from exordos_mail.send.delivery import dispatcher as dispatchers
from exordos_mail.send.delivery.capacity import Capacity
from exordos_mail.send.delivery.dispatcher import Dispatcher
from exordos_mail.send.delivery.results import Results
from exordos_mail.send.delivery.servers import Servers
from exordos_mail.send.delivery.shared import Shared
from exordos_mail.send.delivery.sources import Sources
from exordos_mail.send.delivery.withholding import Withholding
from exordos_mail.send.delivery.worker import Worker
from exordos_mail.send.events import records as events
from exordos_mail.send.messages import records as messages
from exordos_mail.send.queue import upkeep, workers
from exordos_mail.send.smtp.connection import Connection
from exordos_mail.send.smtp.server import Server
from exordos_mail.send.storage import database, sql, sqlite
from tests.unit.send import memory_database, smtp_peer, virtual
from tests.unit.send.memory_database import LANE

#: When the virtual clock is 0, milliseconds since 1970.
BEGIN = 1_800_000_000_000
_MOVE = sql.statement("UPDATE relays SET host = 'new.example.net'")


async def _no_name(host: str, port: int) -> list[str]:
    return []


class _NoAttachments(Sources):
    def __init__(self, base: database.Database) -> None:
        self._base = base

    async def sweep(self) -> None:
        pass


class _Servers(Servers):
    """Connects to servers in memory."""

    def __init__(self) -> None:
        super().__init__(vault.Vault(bytes(vault.KEY_BYTES)), Guard(Policy(), _no_name))
        #: The servers, and who was asked for.
        self.peers: list[smtp_peer.Peer] = []
        self.hosts: list[str] = []

    async def connect(self, server: Server) -> Connection:
        self.hosts.append(server.host)
        self.peers.append(smtp_peer.Peer())
        return await smtp_peer.connect(self.peers[-1])

    @property
    def taken(self) -> int:
        """Messages that servers have taken."""
        return sum(len(peer.taken) for peer in self.peers)


class _World:
    def __init__(self, tx: sqlite.SqliteTransaction) -> None:
        self.tx = tx
        self.base = memory_database.Units(tx)
        base = tp.cast(database.Database, self.base)
        self.worker = Worker(base)
        self.servers = _Servers()
        sources = _NoAttachments(base)
        shared = Shared(
            worker=self.worker,
            capacity=Capacity(10),
            servers=self.servers,
            sources=sources,
            withholding=Withholding(base),
            results=Results(base, backoff.Backoff((60.0,))),
        )
        self.dispatcher = Dispatcher(base, shared, 1000)

    def accept(self, **more: tp.Any) -> str:
        return memory_database.accepted(self.tx, clock.now(), **more)

    def state(self, message_id: str) -> str:
        row = messages.get(self.tx, LANE.tenant_id, message_id)
        return "" if row is None else str(row.state)

    def told(self) -> list[str]:
        """Return the types of all events."""
        found = events.after(self.tx, LANE.tenant_id, 0, 100)
        return [event.type for event in found]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> abc.Iterator[_World]:
    def now() -> int:
        try:
            return BEGIN + int(asyncio.get_running_loop().time() * 1000)
        except RuntimeError:
            return BEGIN

    monkeypatch.setattr(clock, "now", now)
    with memory_database.transaction() as tx:
        yield _World(tx)


def test_what_is_accepted_is_found_and_sent(world: _World) -> None:
    async def scenario() -> None:
        await world.dispatcher.start()
        first = world.accept()
        later = world.accept(send_at=BEGIN / 1000 + 10)
        await asyncio.sleep(dispatchers.LOOK + 0.1)
        assert (world.state(first), world.state(later)) == ("sent", "scheduled")
        await asyncio.sleep(10)
        assert world.state(later) == "sent"
        assert world.dispatcher.runs
        assert len(workers.every(world.tx)) == 1
        await world.dispatcher.stop()
        assert workers.every(world.tx) == []
        assert not world.dispatcher.runs

    virtual.run(scenario())


def test_what_comes_during_a_claim_is_claimed_after_it(world: _World) -> None:
    async def scenario() -> None:
        await world.worker.enter()
        world.base.delay = 0.1
        first = world.accept()
        world.dispatcher.wake(LANE)
        await asyncio.sleep(0.05)
        second = world.accept()
        world.dispatcher.wake(LANE)
        # Nobody looks here: it is remembered.
        await asyncio.sleep(0.9)
        assert [world.state(first), world.state(second)] == ["sent", "sent"]

    virtual.run(scenario())


def test_what_was_claimed_before_a_change_is_sent_by_what_holds_after_it(
    world: _World,
) -> None:
    async def scenario() -> None:
        await world.worker.enter()
        world.base.delay = 0.1
        message_id = world.accept()
        world.dispatcher.wake(LANE)
        await asyncio.sleep(0.05)
        world.tx.run(_MOVE)
        world.dispatcher.invalidate(LANE.tenant_id, "another")
        world.dispatcher.invalidate(LANE.tenant_id, LANE.relay_id)
        await asyncio.sleep(0.3)
        assert "released" in world.told()
        world.dispatcher.wake(LANE)
        await asyncio.sleep(1)
        assert world.state(message_id) == "sent"
        assert world.servers.hosts == ["new.example.net"]

    virtual.run(scenario())


def test_claims_of_who_was_declared_dead_are_not_sent(world: _World) -> None:
    async def scenario() -> None:
        await world.worker.enter()
        former = world.worker.id
        world.base.delay = 0.1
        message_id = world.accept()
        world.dispatcher.wake(LANE)
        await asyncio.sleep(0.05)
        # As another process does that has seen no beat of ours.
        upkeep.release(world.tx, former, True, clock.now())
        world.base.delay = 0
        assert not await world.worker.beat()
        assert world.worker.id != former
        await asyncio.sleep(0.5)
        assert (world.servers.taken, world.state(message_id)) == (0, "queued")
        world.dispatcher.wake(LANE)
        await asyncio.sleep(1)
        assert (world.servers.taken, world.state(message_id)) == (1, "sent")

    virtual.run(scenario())


def test_nothing_is_claimed_while_the_lease_may_be_over(
    world: _World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        await world.worker.enter()
        message_id = world.accept()
        monkeypatch.setattr(world.worker, "may_send", lambda: False)
        world.dispatcher.wake(LANE)
        await asyncio.sleep(1)
        assert world.state(message_id) == "queued"

    virtual.run(scenario())


def test_database_that_was_away_ends_nothing(
    world: _World, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        await world.worker.enter()
        message_id = world.accept()
        for failure in (database.DatabaseUnavailable("away"), LookupError("a fault")):
            world.base.failure = failure
            world.dispatcher.wake(LANE)
            await asyncio.sleep(0.1)
            assert world.state(message_id) == "queued"
            assert "no claim" in caplog.text
            caplog.clear()
        world.dispatcher.wake(LANE)
        await asyncio.sleep(1)
        assert world.state(message_id) == "sent"

    virtual.run(scenario())


def test_housekeeping_goes_on_after_an_error(
    world: _World, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        await world.dispatcher.start()
        message_id = world.accept(send_at=BEGIN / 1000 + 5, expires_at=BEGIN / 1000 + 6)
        world.tx.run(sql.statement("UPDATE messages SET due_at = due_at + 1000000"))
        world.base.failure = LookupError("on purpose")
        await asyncio.sleep(20)
        assert "housekeeping" in caplog.text
        assert world.dispatcher.runs
        # Ended, and removed a second after that, as this dispatcher is to.
        assert world.told()[-1] == "expired"
        await asyncio.sleep(70)
        assert world.state(message_id) == ""
        await world.dispatcher.stop()

    virtual.run(scenario())


def test_lane_without_work_is_forgotten(world: _World) -> None:
    async def scenario() -> None:
        await world.dispatcher.start()
        world.accept()
        await asyncio.sleep(10)
        assert list(world.dispatcher._lanes) == [LANE]
        await asyncio.sleep(60)
        assert world.dispatcher._lanes == {}
        assert world.servers.peers[0].commands[-1] == "QUIT"
        await world.dispatcher.stop()

    virtual.run(scenario())
