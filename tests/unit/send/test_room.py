# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Room for large bodies: who gets it, and when."""

import asyncio
import typing as tp

import pytest

from exordos_mail.send.api.problem import Problem
from exordos_mail.send.api.room import Room

#: Long enough that no test waits for its end.
_LONG = 600.0


class Body:
    """A body that holds its room until it is told to leave."""

    def __init__(self, room: Room, tenant: str, octets: int) -> None:
        self.inside = False
        self._leave = asyncio.Event()
        self.task = asyncio.create_task(self._hold(room, tenant, octets))

    async def _hold(self, room: Room, tenant: str, octets: int) -> None:
        async with room.taken(tenant, octets):
            self.inside = True
            await self._leave.wait()

    async def leave(self) -> None:
        self._leave.set()
        await self.task


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


def run(main: tp.Callable[[], tp.Coroutine[tp.Any, tp.Any, None]]) -> None:
    asyncio.run(main())


def test_a_tenant_has_its_share_and_others_pass() -> None:
    async def main() -> None:
        room = Room(total=10, share=4, seconds=_LONG)
        first, second = Body(room, "a", 3), Body(room, "a", 3)
        other = Body(room, "b", 3)
        await settled()
        assert (first.inside, second.inside, other.inside) == (True, False, True)
        await first.leave()
        await settled()
        assert second.inside
        await second.leave()
        await other.leave()

    run(main)


def test_nobody_overtakes_who_waits_for_room() -> None:
    async def main() -> None:
        room = Room(total=10, share=10, seconds=_LONG)
        first = Body(room, "a", 8)
        await settled()
        large, small = Body(room, "b", 9), Body(room, "c", 1)
        await settled()
        assert (large.inside, small.inside) == (False, False)
        await first.leave()
        await settled()
        assert (large.inside, small.inside) == (True, True)
        await large.leave()
        await small.leave()

    run(main)


def test_one_body_may_be_larger_than_a_share() -> None:
    async def main() -> None:
        room = Room(total=10, share=4, seconds=_LONG)
        large, next_ = Body(room, "a", 9), Body(room, "a", 1)
        await settled()
        assert (large.inside, next_.inside) == (True, False)
        await large.leave()
        await settled()
        assert next_.inside
        await next_.leave()

    run(main)


def test_who_waits_too_long_is_told_and_blocks_nobody() -> None:
    async def main() -> None:
        room = Room(total=10, share=10, seconds=0.01)
        first = Body(room, "a", 8)
        await settled()
        late = Body(room, "b", 9)
        with pytest.raises(Problem) as told:
            await late.task
        assert (told.value.status, told.value.code) == (503, "busy")
        assert told.value.headers == {"Retry-After": "5"}
        small = Body(room, "c", 2)
        await settled()
        assert small.inside
        await first.leave()
        await small.leave()

    run(main)


@pytest.mark.parametrize("turns", range(4))
def test_who_goes_away_gives_the_room_back(turns: int) -> None:
    async def main() -> None:
        room = Room(total=10, share=10, seconds=_LONG)
        first = Body(room, "a", 8)
        await settled()
        gone = Body(room, "b", 9)
        await settled()
        # Before, while and after it is let in.
        first._leave.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        gone.task.cancel()
        await asyncio.gather(gone.task, first.task, return_exceptions=True)
        whole = Body(room, "c", 10)
        await settled()
        assert whole.inside
        await whole.leave()

    run(main)
