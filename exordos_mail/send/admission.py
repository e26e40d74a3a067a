# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whether a tenant may store more now."""

import dataclasses
import time

from exordos_mail.send.queue.bounds import DEFAULT, Bounds
from exordos_mail.send.reserve import Reserve
from exordos_mail.send.storage import database

#: Seconds for which a refusal holds without the database being asked. On SQLite a
#: transaction that is undone costs the calls of others that share it.
_HOLDS = 0.5


class Admission:
    """Knows the bounds of the service, the disk, and who was refused just now."""

    def __init__(
        self, bounds: Bounds = DEFAULT, reserve: Reserve | None = None
    ) -> None:
        self._bounds = bounds
        self._reserve = reserve or Reserve(None)
        #: By tenant: until when, by the steady clock, and why.
        self._refused: dict[str, tuple[float, str]] = {}

    @property
    def bounds(self) -> Bounds:
        """Return how much a tenant may have waiting that has no bounds of its own."""
        return dataclasses.replace(self._bounds, short=self._reserve.share)

    async def take(self, base: database.Units, tenant_id: str, octets: int) -> None:
        """Let a call of a tenant store something.

        Raises:
            TooMuch: the disk is short, and the tenant has had its share.
        """
        await self._reserve.take(base, tenant_id, octets)

    def refusal(self, tenant_id: str) -> str | None:
        """Return why a message of a tenant was refused just now, if one was."""
        until, text = self._refused.get(tenant_id, (0.0, ""))
        return text if time.monotonic() < until else None

    def refused(self, tenant_id: str, text: str) -> None:
        """Know that a tenant has too much waiting."""
        now = time.monotonic()
        self._refused = {
            name: found for name, found in self._refused.items() if found[0] > now
        }
        self._refused[tenant_id] = now + _HOLDS, text

    def allowed(self, tenant_id: str) -> None:
        """Forget a refusal: the tenant's bounds have changed."""
        self._refused.pop(tenant_id, None)
