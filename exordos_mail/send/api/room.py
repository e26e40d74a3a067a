# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Memory for large bodies while they are read and judged.

Each body is bounded, and so are connections; all of them at once would still be more
than a machine has. So a large body waits until there is room for the whole of it, which
one tenant alone cannot fill.
"""

import asyncio
import collections
import contextlib
import typing as tp

from exordos_mail.send import limits
from exordos_mail.send.api.problem import Problem

_RETRY_AFTER = "5"


class _Waiting(tp.NamedTuple):
    tenant_id: str
    octets: int
    granted: "asyncio.Future[None]"


class Room:
    """Gives room in the order of arrival; for one event loop."""

    def __init__(
        self,
        total: int = limits.BODIES.value,
        share: int = limits.BODIES_OF_TENANT.value,
        seconds: float = limits.BODIES_SECONDS.value,
    ) -> None:
        """Make it.

        Args:
            total: octets of all bodies.
            share: octets of one tenant's bodies, or one body alone.
            seconds: that a body waits at the most.
        """
        self._free = total
        self._share = share
        self._seconds = seconds
        #: Octets by tenant.
        self._held: collections.Counter[str] = collections.Counter()
        self._waiting: list[_Waiting] = []

    @contextlib.asynccontextmanager
    async def taken(self, tenant_id: str, octets: int) -> tp.AsyncIterator[None]:
        """Hold room for a body.

        Raises:
            Problem: 503, there was none for too long.
        """
        await self._take(tenant_id, octets)
        try:
            yield
        finally:
            self._give_back(tenant_id, octets)

    async def _take(self, tenant_id: str, octets: int) -> None:
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        one = _Waiting(tenant_id, octets, granted)
        self._waiting.append(one)
        self._grant()
        try:
            # Not `wait_for`, which in Python 3.11 can lose a cancellation.
            done, _ = await asyncio.wait({granted}, timeout=self._seconds)
        except asyncio.CancelledError:
            if granted.done():
                self._give_back(tenant_id, octets)
            raise
        finally:
            if one in self._waiting:
                self._waiting.remove(one)
                self._grant()
        if not done:
            raise _busy()

    def _grant(self) -> None:
        """Let in whoever fits; who does not fit lets nobody of others' tenants pass."""
        for one in list(self._waiting):
            held = self._held[one.tenant_id]
            if held and held + one.octets > self._share:
                continue
            if one.octets > self._free:
                return
            self._waiting.remove(one)
            self._free -= one.octets
            self._held[one.tenant_id] += one.octets
            one.granted.set_result(None)

    def _give_back(self, tenant_id: str, octets: int) -> None:
        self._free += octets
        self._held[tenant_id] -= octets
        if not self._held[tenant_id]:
            del self._held[tenant_id]
        self._grant()


def _busy() -> Problem:
    limit = limits.BODIES_SECONDS
    return Problem(
        limit.status, "busy", limit.said(), headers={"Retry-After": _RETRY_AFTER}
    )
