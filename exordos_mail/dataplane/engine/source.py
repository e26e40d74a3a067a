# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where a node learns what it must be: what the engine asks, and what it gets.

The client of the node gateway (agent/gateway.py) is one source; without it the
payload of the platform says everything.
"""

import typing as tp

from exordos_mail.protocol import messages, shards


class GatewayError(Exception):
    """The gateway gave no whole reply; one line of text, without secrets."""


class Reply(tp.NamedTuple):
    """What the node must be, and the texts of the shards that it lacks.

    Of a gateway that does not know tenants, the state says nothing of them.
    """

    state: messages.State
    texts: shards.Texts
    knows_tenants: bool


class Documents(tp.NamedTuple):
    """Documents of tenants by uuid, and why some are missing ("": no reason)."""

    documents: tp.Mapping[str, messages.Document]
    problem: str


class Gateway(tp.Protocol):
    """What is needed of the client of the node gateway."""

    @property
    def is_up(self) -> bool:
        """Whether there is a connection."""

    @property
    def is_rung(self) -> bool:
        """Whether the doorbell has rung since the last `sync` began."""

    def sync(self, settings: str, digests: shards.Digests) -> Reply:
        """Tell what the node has; return what it must have.

        Args:
            settings: digest of the node's settings, "" for none.
            digests: of the shards whose texts the node has.

        Raises:
            GatewayError: there is no connection, or no whole reply in time, or
                the gateway refuses.
        """

    def fetch_tenants(self, uuids: list[str]) -> Documents:
        """Return the documents of these tenants, as far as there are any.

        Args:
            uuids: at most `messages.FETCH_MAX`.

        Raises:
            GatewayError: see `sync`.
        """
