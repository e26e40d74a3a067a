# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""https: the name is proven, not the address that we chose for it."""

import pathlib
import ssl
import typing as tp

import pytest

from exordos_mail.send.attachments import (
    Attachment,
    PermanentFailure,
    Reference,
    TemporaryFailure,
)
from tests.integration.send import certificates
from tests.integration.send_attachments.conftest import World
from tests.integration.send_attachments.source import Source, answer

pytestmark = pytest.mark.anyio


class Secure:
    """A source that speaks TLS, with a certificate for 127.0.0.1."""

    def __init__(self, world: World, trusted: pathlib.Path) -> None:
        self.source = Source("127.0.0.1")
        self.world = world
        self.trusting = ssl.create_default_context(cafile=str(trusted))

    async def get(self, host: str, tls: ssl.SSLContext | None) -> Attachment:
        ports = frozenset({self.source.port, self.world.source.port})
        fetcher = self.world.fetcher(policy=self.world.policy(ports=ports), tls=tls)
        reference = Reference("a", url=self.source.url("/a", host))
        return await fetcher.fetch(reference, self.world.context)


@pytest.fixture
async def secure(world: World, tmp_path: pathlib.Path) -> tp.AsyncIterator[Secure]:
    pair = certificates.make(tmp_path)
    made = Secure(world, pair.path)
    await made.source.start(pair.server())
    made.source.routes["/a"] = answer(200, b"abc")
    world.names["other.test"] = [["127.0.0.1"]]
    yield made
    await made.source.stop()


async def test_the_right_name(secure: Secure) -> None:
    assert (await secure.get("127.0.0.1", secure.trusting)).data == b"abc"


async def test_the_wrong_name_at_the_right_address(secure: Secure) -> None:
    with pytest.raises(TemporaryFailure, match="connection"):
        await secure.get("other.test", secure.trusting)
    assert not secure.source.asked


async def test_a_certificate_that_nobody_vouches_for(secure: Secure) -> None:
    with pytest.raises(TemporaryFailure, match="connection"):
        await secure.get("127.0.0.1", None)
    assert not secure.source.asked


async def test_a_redirect_never_leaves_tls(secure: Secure) -> None:
    secure.source.routes["/a"] = answer(302, location=secure.world.source.url("/b"))
    with pytest.raises(PermanentFailure, match="from https to http"):
        await secure.get("127.0.0.1", secure.trusting)
    assert secure.world.source.connections == 0
