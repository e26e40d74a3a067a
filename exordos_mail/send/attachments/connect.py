# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Connections that only go where the policy permits.

The name is resolved here, each address is judged here, and the address that was
judged is the one that is connected to. So a name that answers differently the
second time (DNS rebinding) gains nothing.
"""

import asyncio
import collections.abc as abc
import concurrent.futures
import ipaddress
import socket
import ssl
import typing as tp

import httpcore
import httpx

from exordos_mail.send.attachments.failures import PermanentFailure, TemporaryFailure
from exordos_mail.send.attachments.policy import Address, Policy

#: Gives the addresses of a host; raises OSError when there are none.
Resolver = tp.Callable[[str, int], abc.Awaitable[list[str]]]


class SystemResolver:
    """Asks the C library, in threads of its own.

    A name server that hangs holds a thread for long; in the loop's own few
    threads that would hold up everybody.
    """

    def __init__(self) -> None:
        self._threads = concurrent.futures.ThreadPoolExecutor(16, "attachment-dns")

    async def __call__(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _lookup, host, port)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _lookup(host: str, port: int) -> list[tuple[tp.Any, ...]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Guard:
    """Resolves names into the addresses that the policy permits."""

    def __init__(self, policy: Policy, resolve: Resolver) -> None:
        self._policy = policy
        self._resolve = resolve

    async def addresses(
        self, host: str, port: int, timeout: float | None
    ) -> list[Address]:
        """Return a host's permitted addresses, at least one.

        Args:
            timeout: seconds for the resolver; None: as long as it takes.

        Raises:
            PermanentFailure: no address of the host is permitted.
            TemporaryFailure: the name cannot be resolved now.
        """
        try:
            found = await asyncio.wait_for(self._resolve(host, port), timeout)
        except (OSError, UnicodeError, asyncio.TimeoutError):
            raise TemporaryFailure(f"{host} cannot be resolved") from None
        # An address of a link has its zone behind it: `fe80::1%eth0`.
        every = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
        permitted = [address for address in every if self._policy.permits(address)]
        if not permitted:
            raise PermanentFailure(f"{host} has no public address")
        return permitted


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects by TCP to permitted addresses."""

    def __init__(self, policy: Policy, resolve: Resolver) -> None:
        self._guard = Guard(policy, resolve)
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: tp.Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first permitted address that answers.

        Raises:
            PermanentFailure: no address of the host is permitted.
            TemporaryFailure: the name cannot be resolved now.
            httpcore.NetworkError, httpcore.TimeoutException: none answers.
        """
        failure: Exception = httpcore.ConnectError()
        for address in await self._guard.addresses(host, port, timeout):
            try:
                return await self._network.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def pool(
    policy: Policy, resolve: Resolver, tls: ssl.SSLContext | None = None
) -> httpcore.AsyncConnectionPool:
    """Return connections to web servers that the policy permits.

    Not `httpx`'s client, because that has no public place for a network backend, and
    the check belongs where the connection is made.

    Args:
        tls: for https; by default the usual authorities are trusted.
    """
    # No limit: a server that hangs must not take another one's place.
    return httpcore.AsyncConnectionPool(
        ssl_context=tls or httpx.create_ssl_context(trust_env=False),
        max_connections=None,
        max_keepalive_connections=20,
        keepalive_expiry=15,
        network_backend=GuardedBackend(policy, resolve),
    )
