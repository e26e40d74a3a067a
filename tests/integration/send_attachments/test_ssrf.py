# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""No request reaches an address that is not allowed: not one connection."""

import ipaddress

import pytest

from exordos_mail.send.attachments import PermanentFailure, Reference
from tests.integration.send_attachments.conftest import World
from tests.integration.send_attachments.source import answer

pytestmark = pytest.mark.anyio


@pytest.fixture
def guarded(world: World) -> World:
    """A world whose inside would give its secret to who asks."""
    world.inside.routes["/secret"] = answer(200, b"secret")
    return world


async def _refused(world: World, url: str) -> None:
    with pytest.raises(PermanentFailure, match="public address"):
        await world.fetcher().fetch(Reference("a", url=url), world.context)
    assert world.inside.connections == 0


async def test_an_address(guarded: World) -> None:
    await _refused(guarded, guarded.inside.url("/secret"))


@pytest.mark.parametrize(
    "addresses", [["127.0.0.2"], ["::ffff:127.0.0.2"], ["127.0.0.2", "10.0.0.1"], []]
)
async def test_a_name_of_such_addresses(guarded: World, addresses: list[str]) -> None:
    guarded.names["inside.test"] = [addresses]
    await _refused(guarded, guarded.inside.url("/secret", "inside.test"))


async def test_a_form_that_only_the_resolver_reads_as_an_address(
    guarded: World,
) -> None:
    """Text that is no address to us, but is one to what resolves it."""
    guarded.names["xn--127-1.test"] = [["127.0.0.2"]]
    await _refused(guarded, guarded.inside.url("/secret", "xn--127-1.test"))


async def test_of_a_names_addresses_only_allowed_ones_are_asked(
    guarded: World,
) -> None:
    # The same port on both, so that only the choice of address matters.
    guarded.names["mixed.test"] = [["127.0.0.2", "127.0.0.1"]]
    guarded.source.routes["/secret"] = answer(200, b"public")
    url = guarded.source.url("/secret", "mixed.test")
    content = await guarded.fetcher().fetch(Reference("a", url=url), guarded.context)
    assert content.data == b"public"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_an_address(guarded: World, status: int) -> None:
    guarded.source.routes["/a"] = answer(status, location=guarded.inside.url("/secret"))
    await _refused(guarded, guarded.source.url("/a"))


async def test_a_redirect_to_a_name(guarded: World) -> None:
    guarded.names["inside.test"] = [["127.0.0.2"]]
    guarded.source.routes["/a"] = answer(
        302, location=guarded.inside.url("/secret", "inside.test")
    )
    await _refused(guarded, guarded.source.url("/a"))


async def test_a_redirect_after_a_redirect(guarded: World) -> None:
    guarded.source.routes["/a"] = answer(302, location="/b")
    guarded.source.routes["/b"] = answer(
        302, location=f"//127.0.0.2:{guarded.inside.port}/secret"
    )
    await _refused(guarded, guarded.source.url("/a"))


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "http://127.0.0.1:22/", "http://[/"],
)
async def test_a_redirect_to_another_scheme_or_port(
    world: World, location: str
) -> None:
    world.source.routes["/a"] = answer(302, location=location)
    with pytest.raises(PermanentFailure):
        await world.get("/a")


async def test_a_name_that_is_rebound_after_it_was_judged(guarded: World) -> None:
    """The second answer is private: there must be no second question."""
    guarded.names["rebound.test"] = [["127.0.0.1"], ["127.0.0.2"]]
    guarded.source.routes["/secret"] = answer(200, b"public")
    url = guarded.source.url("/secret", "rebound.test")
    fetcher = guarded.fetcher()
    content = await fetcher.fetch(Reference("a", url=url), guarded.context)
    assert content.data == b"public"
    # The next connection resolves again, and is judged again.
    with pytest.raises(PermanentFailure, match="public address"):
        await fetcher.fetch(Reference("a", url=url), guarded.context)
    assert guarded.inside.connections == 0


async def test_a_name_that_is_rebound_between_redirects(guarded: World) -> None:
    guarded.names["rebound.test"] = [["127.0.0.1"], ["127.0.0.2"]]
    guarded.source.routes["/a"] = answer(302, location="/b")
    guarded.source.routes["/b"] = answer(200, b"public")
    await _refused(guarded, guarded.source.url("/a", "rebound.test"))


async def test_an_operator_may_allow_a_network(guarded: World) -> None:
    policy = guarded.policy(networks=(ipaddress.ip_network("127.0.0.0/30"),))
    reference = Reference("a", url=guarded.inside.url("/secret"))
    content = await guarded.fetcher(policy=policy).fetch(reference, guarded.context)
    assert content.data == b"secret"


async def test_proxies_of_the_environment_are_not_asked(
    guarded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, guarded.inside.url(""))
    guarded.source.routes["/a"] = answer(200, b"abc")
    assert (await guarded.get("/a")).data == b"abc"
    assert guarded.inside.connections == 0
