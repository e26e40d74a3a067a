# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A relay as a claim reads it."""

import msgspec

from exordos_mail.send.queue import limits


class Relay(msgspec.Struct, frozen=True, kw_only=True):
    """The row of records/relays.py with its tenant's limits."""

    tenant_id: str
    id: str
    host: str
    port: int
    #: implicit, starttls or none.
    tls: str
    tls_verify: bool
    username: str | None
    #: Sealed (vault.py).
    password: bytes | None
    public_only: bool
    #: Seconds for a reply, and for the reply to a whole message.
    timeout_seconds: float
    end_timeout_seconds: float
    #: Connections at a time; and the most of one: seconds, messages.
    concurrency: int
    connection_seconds: float
    connection_messages: int
    #: What happens to a message over a limit: defer or reject.
    over_limit: str
    limit_minute: int | None = None
    limit_hour: int | None = None
    limit_day: int | None = None
    tenant_limit_minute: int | None = None
    tenant_limit_hour: int | None = None
    tenant_limit_day: int | None = None

    @property
    def limits(self) -> list[limits.Limit]:
        """Return what its claims count against: its tenant's limits and its own."""
        own, tenant = (
            {
                f"limit_{span.name}": getattr(self, f"{whose}limit_{span.name}")
                for span in limits.SPANS
            }
            for whose in ("", "tenant_")
        )
        return [
            *limits.of(f"tenant {self.tenant_id}", tenant),
            *limits.of(f"relay {self.tenant_id} {self.id}", own),
        ]
