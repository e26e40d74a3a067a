# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who may hold a connection to the gateway, counted from the accept on.

The gateway shares its process, and so its descriptors, with the builders of all
plugins. A connection costs one from the moment it is accepted, whether a word is
said on it or not. A *stranger* is a connection that has not shown yet that a node is
behind it. Of strangers the oldest goes when there are too many: a node introduces
itself within milliseconds, so it gets in through any number of silent ones.
"""

import collections
import ipaddress
import logging
import resource
import typing as tp

from websockets.asyncio import server

LOG = logging.getLogger(__name__)

#: Strangers of one source (see `source_of`), and of all together.
STRANGERS_PER_SOURCE, STRANGERS_MAX = 100, 400
#: Descriptors that the rest of the process finds free, at the least: so many, and a
#: quarter of all.
KEPT_BACK = 256

_IPV6_PREFIX = 64  # what one customer gets (RFC 6177), all of it one source


def source_of(peer: object) -> str:
    """Return what counts as one source of connections: an address, or a /64.

    Args:
        peer: `peername` of asyncio, a tuple that begins with the address.
    """
    try:
        address = ipaddress.ip_address(str(tp.cast(tuple[object, ...], peer)[0]))
    except (ValueError, TypeError, IndexError):
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        network = ipaddress.ip_network((int(address), _IPV6_PREFIX), strict=False)
        return str(network)
    return str(address)


def room() -> int:
    """Return how many connections leave enough descriptors for the process."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, limit - max(KEPT_BACK, limit // 4))


class Guest(tp.Protocol):
    """A connection, as the door sees it."""

    def abort(self) -> None:
        """End it without a word."""


class Door:
    """Counts the connections; ends those that are too many.

    Args:
        most: connections of nodes and strangers together.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        # In the order of their coming.
        self._strangers: dict[Guest, str] = {}
        self._sources: collections.Counter[str] = collections.Counter()
        self._nodes: set[Guest] = set()

    def enter(self, guest: Guest, source: str) -> bool:
        """Count a new connection; False: there is no room, and it is not counted."""
        if self._sources[source] >= STRANGERS_PER_SOURCE:
            self._end_oldest(source)
        elif len(self._strangers) >= STRANGERS_MAX or self._is_full():
            if not self._strangers:
                return False
            ((busiest, _),) = self._sources.most_common(1)
            self._end_oldest(busiest)
        self._strangers[guest] = source
        self._sources[source] += 1
        return True

    def introduce(self, guest: Guest) -> None:
        """Note that a node is behind a connection."""
        if self._forget(guest):
            self._nodes.add(guest)

    def leave(self, guest: Guest) -> None:
        """Note that a connection has ended."""
        self._forget(guest)
        self._nodes.discard(guest)

    def _is_full(self) -> bool:
        return len(self._strangers) + len(self._nodes) >= self._most

    def _end_oldest(self, source: str) -> None:
        oldest = next(one for one, of in self._strangers.items() if of == source)
        self._forget(oldest)
        oldest.abort()

    def _forget(self, guest: Guest) -> bool:
        source = self._strangers.pop(guest, None)
        if source is None:
            return False
        self._sources[source] -= 1
        if not self._sources[source]:
            del self._sources[source]
        return True


class GuardedConnection(server.ServerConnection):
    """A connection that passes the door before anything is read from it."""

    door: tp.ClassVar[Door]
    _is_in = False

    def connection_made(self, transport: tp.Any) -> None:
        """Begin, or end at once."""
        self.transport = transport
        source = source_of(transport.get_extra_info("peername"))
        self._is_in = self.door.enter(self, source)
        if self._is_in:
            super().connection_made(transport)
        else:
            LOG.warning("No room for the connection of a node: too few descriptors")
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self.door.leave(self)
        if self._is_in:
            super().connection_lost(exc)

    def abort(self) -> None:
        """End the connection without a word."""
        self.transport.abort()


def guarded(door: Door) -> type[GuardedConnection]:
    """Return the class of connections that pass a door."""
    return type("GuardedConnection", (GuardedConnection,), {"door": door})
