# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One work for all who want the same."""

import asyncio
import typing as tp

import pytest

from exordos_mail.send.attachments.single_flight import SingleFlight

T = tp.TypeVar("T")
_SECONDS = 10


class Work:
    """Counts its beginnings; ends when it is let."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = asyncio.Event()
        self.running = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        self.running.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return self.begun


def _run(
    main: tp.Callable[[Work, "SingleFlight[int]"], tp.Coroutine[tp.Any, tp.Any, T]],
) -> T:
    async def bounded() -> T:
        return await asyncio.wait_for(main(Work(), SingleFlight()), _SECONDS)

    return asyncio.run(bounded())


def test_all_get_the_result_of_one() -> None:
    async def main(work: Work, flights: SingleFlight[int]) -> list[int]:
        tasks = [asyncio.create_task(flights.join("k", work)) for _ in range(50)]
        await work.running.wait()
        work.go.set()
        return await asyncio.gather(*tasks)

    assert _run(main) == [1] * 50


def test_a_later_one_begins_anew() -> None:
    async def main(work: Work, flights: SingleFlight[int]) -> list[int]:
        work.go.set()
        return [await flights.join("k", work) for _ in range(2)]

    assert _run(main) == [1, 2]


def test_other_keys_are_other_works() -> None:
    async def main(work: Work, flights: SingleFlight[int]) -> int:
        work.go.set()
        await asyncio.gather(flights.join("k", work), flights.join("l", work))
        return work.begun

    assert _run(main) == 2


def test_who_is_cancelled_leaves_the_others_their_work() -> None:
    async def main(work: Work, flights: SingleFlight[int]) -> int:
        first = asyncio.create_task(flights.join("k", work))
        await work.running.wait()
        second = asyncio.create_task(flights.join("k", work))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        work.go.set()
        return await second

    assert _run(main) == 1


def test_the_last_one_who_leaves_ends_the_work() -> None:
    async def main(work: Work, flights: SingleFlight[int]) -> int:
        first = asyncio.create_task(flights.join("k", work))
        await work.running.wait()
        first.cancel()
        await asyncio.wait([first])
        await work.cancelled.wait()
        work.go.set()
        return await flights.join("k", work)

    assert _run(main) == 2


def test_a_failure_is_for_all_who_wait_and_not_for_later() -> None:
    async def main(work: Work, flights: SingleFlight[int]) -> int:
        async def failing() -> int:
            await work()
            raise LookupError

        tasks = [asyncio.create_task(flights.join("k", failing)) for _ in range(3)]
        await work.running.wait()
        work.go.set()
        for task in tasks:
            with pytest.raises(LookupError):
                await task
        return await flights.join("k", work)

    assert _run(main) == 2
