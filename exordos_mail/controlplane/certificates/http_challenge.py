# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The challenge HTTP-01 (RFC 8555 section 8.3), shown by the node of the instance."""

import datetime
import socket
import time
import typing as tp

from exordos_mail.controlplane.certificates import authority, challenge, orders

#: How long a node may take to show a challenge, in seconds.
NODE_PATIENCE = 120.0
#: When to look again at a name without an address, which is no failure.
NAMELESS_WAIT = datetime.timedelta(minutes=10)
_INTERVAL = 0.2  # seconds between two looks at the node


class HTTPChallenge:
    """Shows files at port 80 of the node.

    Args:
        connection: in autocommit.
        order: whose challenge it is.
        is_named: tells whether a name has an address; see `has_address`.
        is_over: tells that the process ends.
    """

    kind = "http-01"

    def __init__(
        self,
        connection: orders.Connection,
        order: orders.Order,
        is_named: tp.Callable[[str], bool],
        is_over: tp.Callable[[], bool],
    ) -> None:
        self._connection = connection
        self._order = order
        self._is_named = is_named
        self._is_over = is_over

    def check(self) -> None:
        """Look whether the name leads anywhere."""
        name = self._order.hostname
        if not self._is_named(name):
            text = f"{name} has no address in the DNS yet"
            raise challenge.NotReady(text, counts=False, longest=NAMELESS_WAIT)

    def show(self, proofs: list[challenge.Proof]) -> None:
        """Have the node show them, and wait until it does."""
        orders.show(self._connection, self._order, proofs)
        wanted, applied, reason = orders.generations(self._connection, self._order)
        end = time.monotonic() + NODE_PATIENCE
        while applied < wanted:
            if time.monotonic() > end or self._is_over():
                why = f": {reason}" if reason else ""
                raise authority.OrderFailed(
                    f"the machine has not shown the challenge in time{why}"
                )
            time.sleep(_INTERVAL)
            _, applied, reason = orders.generations(self._connection, self._order)


def has_address(name: str) -> bool:
    """Return whether a name has an address as this machine's resolver sees it."""
    try:
        return bool(socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM))
    except OSError:
        return False
