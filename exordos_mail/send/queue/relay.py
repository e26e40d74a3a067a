# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A relay as a claim reads it."""

import msgspec

from exordos_mail.send.queue import limits
from exordos_mail.send.smtp.server import Server


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

    def server(self, password: str | None) -> Server:
        """Return its server; `password`: the sealed one, opened."""
        return Server(
            host=self.host,
            port=self.port,
            tls=self.tls,
            tls_verify=self.tls_verify,
            username=self.username,
            password=password,
            timeout=self.timeout_seconds,
            end_timeout=self.end_timeout_seconds,
            public_only=self.public_only,
        )

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
