# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A source on an allowed address, and one on an address that is not allowed."""

import ipaddress
import typing as tp

import pytest

from exordos_mail.send.attachments import (
    Attachment,
    Cache,
    Context,
    Fetcher,
    Limits,
    Policy,
    Reference,
)
from tests.integration.send_attachments.source import Source

#: Seconds are bounds that only a fault reaches; tests of time-outs have their own.
LIMITS = Limits(
    each_bytes=100_000,
    total_bytes=150_000,
    connect_seconds=5,
    read_seconds=5,
    each_seconds=10,
    total_seconds=20,
)


class World:
    """What a test has."""

    def __init__(self) -> None:
        self.source = Source("127.0.0.1")
        #: Of this machine too, but not allowed.
        self.inside = Source("127.0.0.2")
        #: Answers of the resolver, one per question; the last one stays.
        self.names: dict[str, list[list[str]]] = {}
        self.context = Context("acme", limits=LIMITS)
        self._fetchers: list[Fetcher] = []

    def policy(self, **fields: tp.Any) -> Policy:
        given = {
            "networks": (ipaddress.ip_network("127.0.0.1/32"),),
            "ports": frozenset({self.source.port, self.inside.port}),
        }
        return Policy(**{**given, **fields})

    def fetcher(self, cache: Cache | None = None, **fields: tp.Any) -> Fetcher:
        given = {"policy": self.policy(), "resolve": self._resolve}
        self._fetchers.append(Fetcher(cache=cache, **{**given, **fields}))
        return self._fetchers[-1]

    async def get(self, path: str, **fields: tp.Any) -> Attachment:
        """Fetch from the source with a fetcher of its own."""
        reference = Reference("a.bin", url=self.source.url(path), **fields)
        return await self.fetcher().fetch(reference, self.context)

    async def _resolve(self, host: str, port: int) -> list[str]:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            answers = self.names.get(host)
            if answers is None:
                raise OSError(f"no such name: {host}") from None
            return answers.pop(0) if len(answers) > 1 else answers[0]
        return [host]

    async def close(self) -> None:
        for fetcher in self._fetchers:
            await fetcher.close()
        await self.source.stop()
        await self.inside.stop()


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the service runs in."""
    return "asyncio"


@pytest.fixture
async def world() -> tp.AsyncIterator[World]:
    """A world with both sources."""
    made = World()
    await made.source.start()
    await made.inside.start()
    yield made
    await made.close()
