# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where a work is done, by the size of what it is about."""

import asyncio
import collections.abc as abc
import concurrent.futures
import contextlib
import functools
import logging
import typing as tp
import weakref

import msgspec

from exordos_mail.send import limits
from exordos_mail.send.offload import frame
from exordos_mail.send.offload.process import Broken, Failed, WorkProcess

log = logging.getLogger(__name__)

#: Bytes up to which a work is done in the loop, and up to which in a thread.
LITTLE, MUCH = 128 * 1024, 2 * 1024 * 1024
_THREADS = 2
_PROCESSES = 2


class TooHard(Exception):
    """It took too long, or too much memory."""


class Offload:
    """Does works; for one event loop.

    Of one tenant there is one at a time beside the loop, so that others find room.
    """

    def __init__(
        self, works: abc.Sequence[frame.Work], command: list[str] | None = None
    ) -> None:
        """Make it.

        Args:
            command: of a process that does the same works; None: threads do all.
        """
        self._works = works
        self._decode = [msgspec.msgpack.Decoder(work.answer).decode for work in works]
        self._threads = concurrent.futures.ThreadPoolExecutor(_THREADS, "offload")
        self._free: asyncio.LifoQueue[WorkProcess] = asyncio.LifoQueue()
        self._all = [WorkProcess(command) for _ in range(_PROCESSES)] if command else []
        for process in self._all:
            self._free.put_nowait(process)
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock]
        self._turns = weakref.WeakValueDictionary()

    async def start(self) -> None:
        """Have a process ready: to start one takes longer than most works."""
        if self._all:
            process = await self._free.get()
            try:
                # Without one it is tried again when there is work.
                with contextlib.suppress(OSError):
                    await self._started(process)
            finally:
                self._free.put_nowait(process)

    async def stop(self) -> None:
        """Let the processes end."""
        for process in self._all:
            await process.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def do(
        self, number: int, tenant_id: str, data: bytes, order: frame.Order
    ) -> tp.Any:
        """Return the answer of a work.

        Args:
            number: of the work, as they were given.

        Raises:
            TooHard: see there.
        """
        run = self._works[number].run
        if len(data) <= LITTLE:
            return run(data, order)
        turn = self._turns.setdefault(tenant_id, asyncio.Lock())
        async with turn:
            if len(data) > MUCH and self._all:
                with contextlib.suppress(OSError):
                    return await self._in_process(number, data, order)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                self._threads, functools.partial(run, data, order)
            )

    async def _in_process(self, number: int, data: bytes, order: frame.Order) -> tp.Any:
        process = await self._free.get()
        try:
            await self._started(process)
            answer = await asyncio.wait_for(
                process.run(number, data, order), limits.READING_SECONDS.value
            )
            return self._decode[number](answer)
        except (Broken, asyncio.TimeoutError):
            process.kill()
            raise TooHard from None
        except Failed as error:
            if "MemoryError" in str(error):
                raise TooHard from None
            raise
        except asyncio.CancelledError:
            process.kill()
            raise
        finally:
            self._free.put_nowait(process)

    async def _started(self, process: WorkProcess) -> None:
        try:
            await process.start()
        except OSError as error:
            log.error("no process for large messages: %s", error.strerror)
            raise
