# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The checker as one of gservice's services: a thread with a loop of its own.

It never runs in a request and holds no builder: the platform's loop only starts it.
See docs/adr/0030.
"""

import asyncio
import collections
import contextlib
import logging
import threading
import typing as tp
import uuid as sys_uuid

from gcl_looper.services import basic
from oslo_config import cfg
import psycopg
import psycopg_pool

from exordos_mail.controlplane import dns_options, wakeup
from exordos_mail.controlplane.dns import exchange, facts, inspection, store

LOG = logging.getLogger(__name__)

RETRY = 5.0  # seconds
#: Longest wait for a turn in seconds: somebody may have asked another process.
PERIOD = 5.0
#: The part of all checks at once that one project may have under way.
_SHARE = 4


class DNSChecker(basic.BasicService):
    """Checks the DNS records of all domains, each at its own pace.

    Args:
        url: address of the database, asked for at every start.
        ask: what asks a name server.
    """

    __log_iteration__ = False

    def __init__(
        self,
        url: tp.Callable[[], str] = wakeup.database_url,
        ask: exchange.Ask = exchange.ask,
    ) -> None:
        super().__init__()
        self._url = url
        self._ask = ask
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Have it look at once whose turn it is, from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rung.set)

    def stop(self) -> None:
        """End the thread."""
        super().stop()
        if self._loop is not None and self._task is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._task.cancel)

    def _setup(self) -> None:
        # A daemon: it must not keep a process that ends.
        self._thread = threading.Thread(
            target=self._run, name="exordos_mail dns", daemon=True
        )
        self._thread.start()

    def _iteration(self) -> None:
        """Do nothing: the thread works by itself."""

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._check_for_ever())

    async def _check_for_ever(self) -> None:
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                data = store.Store(self._url())
                try:
                    await _Rounds(data, self._rung, self._ask).run()
                finally:
                    data.close()
            except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
                LOG.warning(
                    "DNS records are not checked, next try in %.0f s: %s",
                    RETRY,
                    type(error).__name__,
                )
                await asyncio.sleep(RETRY)


class _Rounds:
    """Takes domains whose turn it is, and checks many of them at once."""

    def __init__(
        self, data: store.Store, rung: asyncio.Event, ask: exchange.Ask
    ) -> None:
        self._data = data
        self._rung = rung
        self._ask = ask
        self._most = cfg.CONF.mail.dns_checks_at_once
        self._each = max(1, self._most // _SHARE)
        self._under_way: collections.Counter[sys_uuid.UUID] = collections.Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Go on until the database cannot be reached, or this is cancelled."""
        try:
            while True:
                self._rung.clear()
                taken = await self._take()
                await self._wait(taken)
        finally:
            for task in self._tasks:
                task.cancel()

    async def _take(self) -> int:
        room = self._most - len(self._tasks)
        if room <= 0:
            return 0
        found = await self._data.claim(room, self._each, self._under_way)
        for one in found:
            self._under_way[one.project] += 1
            task = asyncio.create_task(self._check(one))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(found)

    async def _wait(self, taken: int) -> None:
        """Wait for a turn, for room, or for the bell."""
        if len(self._tasks) >= self._most:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            return
        if taken:
            return
        seconds = await self._data.pause()
        pause = PERIOD if seconds is None else min(max(seconds, 0.05), PERIOD)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._rung.wait(), pause)

    async def _check(self, one: facts.Domain) -> None:
        try:
            report = await self._report(one)
            await self._data.keep(one, report)
        except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
            # The lease ends, and the domain has its turn again.
            LOG.warning(
                "The DNS records of domain %s are not stored: %s",
                one.uuid,
                type(error).__name__,
            )
        except Exception:
            LOG.exception("The DNS records of domain %s are not checked", one.uuid)
        finally:
            self._under_way[one.project] -= 1
            if not self._under_way[one.project]:
                del self._under_way[one.project]
            self._rung.set()

    async def _report(self, one: facts.Domain) -> inspection.Report | None:
        if not cfg.CONF.mail.dns_checks:
            return None
        resolvers = dns_options.resolvers()
        return await inspection.inspect(one.facts, resolvers, one.last, self._ask)
