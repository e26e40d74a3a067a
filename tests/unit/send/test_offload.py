# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where large works are done: with real processes of the shipped reader."""

import asyncio
import collections.abc as abc
import contextlib
import json
import sys

import pytest

from exordos_mail.send.messages import intake, reader
from exordos_mail.send.offload import offload
from exordos_mail.send.offload.frame import Order

ORDER = Order(1_800_000_000_000)
DIES = [sys.executable, "-c", "import sys; sys.stdin.buffer.read(100)"]


def body(octets: int) -> bytes:
    mail = {"from": "ann@example.com", "to": "bob@example.net", "text": "x" * octets}
    return json.dumps(mail).encode()


@contextlib.asynccontextmanager
async def running(command: list[str] | None) -> abc.AsyncIterator[offload.Offload]:
    found = offload.Offload(intake.WORKS, command)
    await found.start()
    try:
        yield found
    finally:
        await found.stop()


@pytest.mark.parametrize("octets", [1, offload.LITTLE + 1, offload.MUCH + 1])
def test_the_answer_is_the_same_wherever_it_is_made(octets: int) -> None:
    async def read() -> tuple[intake.Intake, intake.Intake]:
        data = body(octets)
        async with running(reader.COMMAND) as one:
            return await one.do(intake.READ_ONE, "t", data, ORDER), intake.read_one(
                data, ORDER
            )

    found, expected = asyncio.run(read())
    assert found == expected
    assert found.problem is None


def test_a_process_that_dies_is_told_and_another_one_works() -> None:
    async def read() -> None:
        data = body(offload.MUCH + 1)
        async with running(DIES) as one:
            for _ in range(3):
                with pytest.raises(offload.TooHard):
                    await one.do(intake.READ_ONE, "t", data, ORDER)
        async with running(reader.COMMAND) as one:
            for _ in range(3):
                await one.do(intake.READ_ONE, "t", data, ORDER)

    asyncio.run(read())


def test_a_large_service_has_processes_that_stay() -> None:
    kept = bytearray(400 * 1024 * 1024)
    for at in range(0, len(kept), 4096):
        kept[at] = 1

    async def read() -> None:
        data = body(offload.MUCH + 1)
        async with running(reader.COMMAND) as one:
            for _ in range(3):
                await one.do(intake.READ_ONE, "t", data, ORDER)

    asyncio.run(read())
    del kept


def test_without_a_process_a_thread_does_it() -> None:
    async def read() -> intake.Intake:
        async with running(["/no/such/program"]) as one:
            data = body(offload.MUCH + 1)
            found: intake.Intake = await one.do(intake.READ_ONE, "t", data, ORDER)
            return found

    assert asyncio.run(read()).problem is None


def test_the_loop_goes_round_while_a_large_work_is_done() -> None:
    async def read() -> int:
        rounds = 0
        data = b'{"to": [' + b'"",' * 5_000_000 + b'""]}'
        async with running(reader.COMMAND) as one:
            work = asyncio.ensure_future(one.do(intake.READ_ONE, "t", data, ORDER))
            while not work.done():
                await asyncio.sleep(0)
                rounds += 1
            assert (await work).problem is not None
        return rounds

    # A loop that waits for the work goes round a few times only.
    assert asyncio.run(read()) > 100
