# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A relay as a claim reads it."""

import dataclasses
import typing as tp

import msgspec

from exordos_mail.schema import relay
from exordos_mail.send import members
from exordos_mail.send.queue import limits
from exordos_mail.send.smtp.server import Server

_TENANT = "tenant_"
_OF_TENANT = tuple(
    dataclasses.replace(one, name=f"{_TENANT}{one.name}") for one in relay.LIMITS
)
_Columns: tp.Any = members.columns((*relay.FIELDS, *relay.LIMITS, *_OF_TENANT))


class Relay(_Columns, msgspec.Struct, frozen=True, kw_only=True):
    """The row of relays/records.py with its tenant's limits."""

    tenant_id: str
    id: str
    managed: bool = False

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
            # Relays of documents are bounded, the node's own is not.
            is_own=self.managed and not self.public_only,
        )

    @property
    def limits(self) -> list[limits.Limit]:
        """Return what its claims count against: its tenant's limits and its own."""
        return [
            *limits.of(f"tenant {self.tenant_id}", self, _TENANT),
            *limits.of(f"relay {self.tenant_id} {self.id}", self),
        ]
