# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Redirects: how many, with what, and who gets the credentials."""

import base64

import pytest

from exordos_mail.send.attachments import Auth, PermanentFailure, Reference
from tests.integration.send_attachments.conftest import World
from tests.integration.send_attachments.source import answer

pytestmark = pytest.mark.anyio
AUTH = Auth("bearer", token="secret")


async def test_up_to_the_limit_and_no_further(world: World) -> None:
    for step in range(5):
        world.source.routes[f"/{step}"] = answer(302, location=f"/{step + 1}")
    world.source.routes["/5"] = answer(200, b"abc")
    world.source.routes["/start"] = answer(302, location="/0")
    assert (await world.get("/0")).data == b"abc"
    with pytest.raises(PermanentFailure, match="more than 5 redirects"):
        await world.get("/start")


async def test_a_circle_ends(world: World) -> None:
    world.source.routes["/a"] = answer(302, location="/a")
    with pytest.raises(PermanentFailure, match="redirects"):
        await world.get("/a")
    assert len(world.source.asked) == 6


async def test_a_redirect_that_leads_nowhere(world: World) -> None:
    world.source.routes["/a"] = answer(302)
    with pytest.raises(PermanentFailure, match="302"):
        await world.get("/a")


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        (AUTH, "Bearer secret"),
        (
            Auth("basic", user="\u00fc", password="a:b"),
            "Basic " + base64.b64encode("\u00fc:a:b".encode()).decode(),
        ),
    ],
)
async def test_credentials_stay_with_their_server(
    world: World, auth: Auth, expected: str
) -> None:
    world.names["other.test"] = [["127.0.0.1"]]
    world.source.routes["/a"] = answer(307, location="/b")
    world.source.routes["/b"] = answer(
        307, location=world.source.url("/c", "other.test")
    )
    world.source.routes["/c"] = answer(307, location=world.source.url("/d"))
    world.source.routes["/d"] = answer(200, b"abc")
    assert (await world.get("/a", auth=auth)).data == b"abc"
    shown = [asked.headers.get("authorization") for asked in world.source.asked]
    assert shown == [expected, expected, None, None]


async def test_another_port_is_another_server(world: World) -> None:
    other = type(world.source)("127.0.0.1")
    await other.start()
    other.routes["/b"] = answer(200, b"abc")
    world.source.routes["/a"] = answer(302, location=other.url("/b"))
    policy = world.policy(ports=frozenset({world.source.port, other.port}))
    reference = Reference("a", url=world.source.url("/a"), auth=AUTH)
    await world.fetcher(policy=policy).fetch(reference, world.context)
    assert "authorization" not in other.asked[0].headers
    await other.stop()


async def test_without_auth_there_are_no_credentials(world: World) -> None:
    world.source.routes["/a"] = answer(200)
    await world.get("/a", auth=Auth("none", token="secret"))
    assert "authorization" not in world.source.asked[0].headers


async def test_credentials_of_a_netrc_are_not_used(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:
        file.write("machine 127.0.0.1 login operator password secret\n")
    monkeypatch.setenv("NETRC", netrc)
    world.source.routes["/a"] = answer(200)
    await world.get("/a")
    assert "authorization" not in world.source.asked[0].headers
