# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Limits of bytes hold while reading, whatever a header says."""

import dataclasses
import gzip

import pytest

from exordos_mail.send.attachments import PermanentFailure, Reference
from tests.integration.send_attachments.conftest import LIMITS, World
from tests.integration.send_attachments.source import answer, endless

pytestmark = pytest.mark.anyio


async def test_exactly_the_limit(world: World) -> None:
    world.source.routes["/a"] = answer(200, b"x" * LIMITS.each_bytes)
    assert len((await world.get("/a")).data) == LIMITS.each_bytes


async def test_a_length_beyond_the_limit_is_not_read(world: World) -> None:
    world.source.routes["/a"] = answer(200, content_length=str(LIMITS.each_bytes + 1))
    with pytest.raises(PermanentFailure, match="larger"):
        await world.get("/a")


@pytest.mark.parametrize(
    ("head", "chunk"),
    [
        ("", b"x" * 10_000),
        ("transfer-encoding: chunked\r\n", b"2710\r\n" + b"x" * 10_000 + b"\r\n"),
    ],
)
async def test_an_endless_answer_is_left_at_the_limit(
    world: World, head: str, chunk: bytes
) -> None:
    world.source.routes["/a"] = endless(head, chunk)
    with pytest.raises(PermanentFailure, match="larger"):
        await world.get("/a")


async def test_an_answer_that_is_packed(world: World) -> None:
    world.source.routes["/a"] = answer(
        200, gzip.compress(b"abc"), content_encoding="gzip"
    )
    assert (await world.get("/a")).data == b"abc"
    assert world.source.asked[0].headers["accept-encoding"] == "identity"


async def test_a_bomb(world: World) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < LIMITS.each_bytes
    world.source.routes["/a"] = answer(200, bomb, content_encoding="gzip")
    with pytest.raises(PermanentFailure, match="larger"):
        await world.get("/a")


async def test_all_of_a_message_together(world: World) -> None:
    world.source.routes["/a"] = answer(200, b"x" * 60_000)
    references = [
        Reference(f"{number}", url=world.source.url("/a")) for number in range(3)
    ]
    fetcher = world.fetcher()
    two = await fetcher.fetch_all(references[:2], world.context)
    assert [content.filename for content in two] == ["0", "1"]
    with pytest.raises(PermanentFailure, match="together") as caught:
        await fetcher.fetch_all(references, world.context)
    assert caught.value.position == 2


async def test_how_many_a_message_may_have(world: World) -> None:
    world.source.routes["/a"] = answer(200)
    context = dataclasses.replace(
        world.context, limits=dataclasses.replace(LIMITS, count=1)
    )
    references = [Reference("a", url=world.source.url("/a"))] * 2
    with pytest.raises(PermanentFailure, match="more than 1"):
        await world.fetcher().fetch_all(references, context)
    assert world.source.connections == 0


async def test_the_one_at_fault_is_named(world: World) -> None:
    world.source.routes["/a"] = answer(200)
    world.source.routes["/b"] = answer(404)
    references = [
        Reference("a", url=world.source.url("/a")),
        Reference("b", url=world.source.url("/b")),
    ]
    with pytest.raises(PermanentFailure, match="404") as caught:
        await world.fetcher().fetch_all(references, world.context)
    assert caught.value.position == 1
