# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The door: how many connections there are, and which ones take too long.

A connection that only waits for its client is worth less than a new one. So where
there are too many, the one that has waited longest makes room; only if all of them
are at work is the new one refused. Silent connections shut nobody out.
"""

import asyncio
import collections.abc as abc
import dataclasses
import functools
import ipaddress
import typing as tp

from exordos_mail.send import limits
from exordos_mail.send.net.refusal import Refusal

#: Bits of an IPv6 address that one client has (RFC 6177).
_NETWORK = 64


class Guest(tp.Protocol):
    """A connection as the door sees it."""

    @property
    def waits_since(self) -> float | None:
        """Return since when it waits for its client; None: it is at work."""

    def check(self, now: float) -> None:
        """End it, or answer, if a deadline is over."""

    def leave(self) -> None:
        """Make room at once."""


@dataclasses.dataclass(frozen=True)
class ConnectionBounds:
    """What holds for the connections of a server; seconds, unless it says otherwise."""

    #: Connections in all.
    connections: int = limits.CONNECTIONS.value
    #: Connections from one address.
    per_address: int = limits.CONNECTIONS_PER_ADDRESS.value
    handshake: float = limits.HANDSHAKE_SECONDS.value
    head: float = limits.HEAD_SECONDS.value
    #: Between two requests.
    idle: float = limits.IDLE_SECONDS.value
    #: That a body may be behind its rate.
    grace: float = limits.BODY_GRACE_SECONDS.value
    #: Bytes a second.
    rate: int = limits.BODY_RATE.value
    #: In which a part of an answer is taken.
    write: float = limits.WRITE_SECONDS.value
    #: Between two looks at what is late.
    look: float = 0.5


class Door:
    """Counts the connections of a process; for one event loop."""

    def __init__(self, bounds: ConnectionBounds | None = None) -> None:
        self.bounds = ConnectionBounds() if bounds is None else bounds
        #: By the address or network they come from; "": not from a network.
        self._inside: dict[str, set[Guest]] = {}
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, guest: Guest, peer: object) -> None:
        """Let a connection in.

        Args:
            peer: address and port, as a socket tells them.

        Raises:
            Refusal: 503, there are too many, and all of them are at work.
        """
        source = source_of(peer)
        same = self._inside.get(source, set())
        # A Unix socket has its owner as a bound.
        if source and len(same) >= self.bounds.per_address and not _make_room(same):
            raise _full(limits.CONNECTIONS_PER_ADDRESS, self.bounds.per_address)
        if self._count >= self.bounds.connections and not self._make_room():
            raise _full(limits.CONNECTIONS, self.bounds.connections)
        self._inside.setdefault(source, set()).add(guest)
        self._count += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(
                self.bounds.look, self._look
            )

    def leave(self, guest: Guest, peer: object) -> bool:
        """Forget a connection; False: it was not inside."""
        source = source_of(peer)
        same = self._inside.get(source, set())
        if guest not in same:
            return False
        same.remove(guest)
        self._count -= 1
        if not same:
            del self._inside[source]
        return True

    def replace(self, former: Guest, guest: Guest, peer: object) -> bool:
        """Give a place to another; False: there is none any more."""
        if not self.leave(former, peer):
            return False
        self.enter(guest, peer)
        return True

    def _make_room(self) -> bool:
        """Let somebody go, from where the most come first."""
        groups = sorted(self._inside.values(), key=len, reverse=True)
        return any(map(_make_room, groups))

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for guest in [one for same in self._inside.values() for one in same]:
            guest.check(now)
        self._timer = (
            loop.call_later(self.bounds.look, self._look) if self._count else None
        )


def source_of(peer: object) -> str:
    """Return the address, or the network, that a connection counts for."""
    if not isinstance(peer, tuple) or not peer:
        return ""
    return _network(str(peer[0]).partition("%")[0])


def forwarded(headers: abc.Iterable[tuple[bytes, bytes]]) -> tuple[str, int] | None:
    """Return the client that a proxy has seen, as a socket tells it; None: nobody.

    Only for a connection on which nobody but the proxy can be. It has put the client
    behind what the client itself says.
    """
    values = [value for name, value in headers if name == b"x-forwarded-for"]
    last = values[-1].rpartition(b",")[2].strip() if values else b""
    try:
        return str(ipaddress.ip_address(last.decode("ascii"))), 0
    except ValueError:
        return None


@functools.lru_cache(maxsize=4096)
def _network(text: str) -> str:
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _NETWORK), strict=False))


def _make_room(guests: abc.Iterable[Guest]) -> bool:
    waiting = [one for one in guests if one.waits_since is not None]
    if not waiting:
        return False
    min(waiting, key=lambda one: one.waits_since or 0).leave()
    return True


def _full(limit: limits.CallerLimit, most: int) -> Refusal:
    return Refusal(limit.status, "busy", limit.said(most))
