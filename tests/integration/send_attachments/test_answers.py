# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a web server's answer becomes."""

import asyncio
import dataclasses

import pytest

from exordos_mail.send.attachments import (
    Context,
    PermanentFailure,
    Reference,
    TemporaryFailure,
)
from exordos_mail.send.attachments.connect import SystemResolver
from tests.integration.send_attachments.conftest import World
from tests.integration.send_attachments.source import Asked, Writer, answer

pytestmark = pytest.mark.anyio


async def test_the_bytes_come_with_name_and_type(world: World) -> None:
    world.source.routes["/a"] = answer(200, b"%PDF", content_type="text/html")
    reference = Reference("r.pdf", url=world.source.url("/a?q=1"), content_id="c@x")
    content = await world.fetcher().fetch(reference, world.context)
    assert content.data == b"%PDF"
    assert content.filename == "r.pdf"
    assert content.content_type == "application/pdf"
    assert content.content_id == "c@x"
    assert world.source.asked[0].target == "/a?q=1"
    assert world.source.asked[0].headers["host"] == f"127.0.0.1:{world.source.port}"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_server_that_is_away_is_asked_later(world: World, status: int) -> None:
    world.source.routes["/a"] = answer(status, retry_after="30")
    with pytest.raises(TemporaryFailure, match=str(status)) as caught:
        await world.get("/a")
    assert caught.value.retry_after == 30


@pytest.mark.parametrize("status", [204, 206, 300, 400, 401, 403, 404, 410])
async def test_a_server_that_refuses_is_believed(world: World, status: int) -> None:
    world.source.routes["/a"] = answer(status)
    with pytest.raises(PermanentFailure, match=str(status)):
        await world.get("/a")


async def test_a_name_that_does_not_resolve_may_do_so_later(world: World) -> None:
    url = f"http://nowhere.test:{world.source.port}/secret?secret"
    with pytest.raises(TemporaryFailure, match=r"nowhere\.test") as caught:
        await world.fetcher().fetch(Reference("a", url=url), world.context)
    assert "secret" not in caught.value.reason


async def test_a_port_that_nobody_listens_on(world: World) -> None:
    policy = world.policy()
    url = world.source.url("/a")
    await world.source.stop()
    with pytest.raises(TemporaryFailure, match="connection"):
        await world.fetcher(policy=policy).fetch(Reference("a", url=url), world.context)


async def test_a_connection_that_ends_early(world: World) -> None:
    world.source.routes["/a"] = answer(200, b"abc", content_length="10")
    with pytest.raises(TemporaryFailure, match="connection"):
        await world.get("/a")


async def test_an_answer_that_is_not_http(world: World) -> None:
    async def route(asked: Asked, writer: Writer) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")

    world.source.routes["/a"] = route
    with pytest.raises(TemporaryFailure, match="connection"):
        await world.get("/a")


def _hurried(world: World, **limits: float) -> Context:
    return dataclasses.replace(
        world.context, limits=dataclasses.replace(world.context.limits, **limits)
    )


async def test_a_silent_server_is_left_after_a_while(world: World) -> None:
    async def route(asked: Asked, writer: Writer) -> None:
        await asyncio.sleep(60)

    world.source.routes["/a"] = route
    reference = Reference("a", url=world.source.url("/a"))
    with pytest.raises(TemporaryFailure, match="does not answer in time"):
        await world.fetcher().fetch(reference, _hurried(world, read_seconds=0.2))


async def test_a_server_that_drips_is_left_when_its_time_is_over(world: World) -> None:
    async def route(asked: Asked, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    world.source.routes["/a"] = route
    reference = Reference("a", url=world.source.url("/a"))
    with pytest.raises(TemporaryFailure, match="source takes too long"):
        await world.fetcher().fetch(reference, _hurried(world, each_seconds=0.5))
    with pytest.raises(TemporaryFailure, match="attachments take too long"):
        await world.fetcher().fetch_all([reference], _hurried(world, total_seconds=0.5))


async def test_the_system_resolves_names_too(world: World) -> None:
    world.source.routes["/a"] = answer(200, b"abc")
    fetcher = world.fetcher(resolve=SystemResolver())
    reference = Reference("a", url=world.source.url("/a", "localhost"))
    assert (await fetcher.fetch(reference, world.context)).data == b"abc"
