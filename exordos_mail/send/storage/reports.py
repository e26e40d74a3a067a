# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Reports: reading that may take long, one at a time for each tenant.

There are few threads for reports. Whoever asks for many at once waits for himself.
"""

import asyncio
import typing as tp
import weakref

from exordos_mail.send.storage import database

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


class Reports(database.Units):
    """Units of work of one call whose reading is a report."""

    def __init__(self, base: database.Units, turn: asyncio.Lock) -> None:
        self._base = base
        self._turn = turn

    async def run(
        self, kind: database.Kind, unit: tp.Callable[[database.Transaction], T]
    ) -> T:
        """Run a unit; one that reads when no other report is under way."""
        if kind == "write":
            return await self._base.run(kind, unit)
        async with self._turn:
            return await self._base.run("report", unit)
