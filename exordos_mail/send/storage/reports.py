# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Reports: reading that may take long, one at a time for each tenant.

There are few threads for reports. Whoever asks for many at once waits for himself.
"""

import asyncio
import typing as tp
import weakref

from exordos_mail.send.storage import database

P = tp.ParamSpec("P")
T = tp.TypeVar("T")


class Turns:
    """Whose report is under way."""

    def __init__(self) -> None:
        #: By tenant, for as long as somebody holds it or waits for it.
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = (
            weakref.WeakValueDictionary()
        )

    def of(self, tenant_id: str) -> asyncio.Lock:
        """Return what a tenant's reports hold; empty: those of no tenant."""
        lock = self._locks.get(tenant_id)
        if lock is None:
            lock = self._locks[tenant_id] = asyncio.Lock()
        return lock


class Reports:
    """Units of work of one call (database.Units) whose reading is a report."""

    def __init__(self, base: database.Units, turn: asyncio.Lock) -> None:
        self._base = base
        self._turn = turn

    async def write(
        self,
        unit: tp.Callable[tp.Concatenate[database.Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit and return its result after the commit is durable."""
        return await self._base.write(unit, *args, **kwargs)

    async def read(
        self,
        unit: tp.Callable[tp.Concatenate[database.Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit that changes nothing when no other report is under way."""
        async with self._turn:
            return await self._base.report(unit, *args, **kwargs)

    report = read
