# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The tenant's own service for attachments."""

import dataclasses
import json

import pytest

from exordos_mail.send.attachments import (
    Auth,
    Endpoint,
    PermanentFailure,
    Reference,
    TemporaryFailure,
)
from exordos_mail.send.attachments.reference import NO_AUTH
from tests.integration.send_attachments.conftest import World
from tests.integration.send_attachments.source import Asked, answer

pytestmark = pytest.mark.anyio


async def _ask(
    world: World,
    what: str,
    own: Auth | None = None,
    tenant: Auth = NO_AUTH,
) -> Asked:
    endpoint = Endpoint(world.source.url("/attachments?v=1"), tenant)
    context = dataclasses.replace(world.context, endpoint=endpoint)
    reference = Reference("a.pdf", endpoint=what, auth=own)
    content = await world.fetcher().fetch(reference, context)
    assert content.data == b"abc"
    return world.source.asked[-1]


@pytest.fixture
def asked(world: World) -> World:
    world.source.routes["/attachments"] = answer(200, b"abc")
    return world


async def test_post_tells_what_is_wanted_as_json(asked: World) -> None:
    found = await _ask(asked, "doc_id=123")
    assert found.method == "POST"
    assert found.target == "/attachments?v=1"
    assert found.headers["content-type"] == "application/json"
    assert json.loads(found.body) == {"storage_path": "doc_id=123"}
    assert "authorization" not in found.headers


async def test_the_tenants_credentials_are_shown(asked: World) -> None:
    found = await _ask(asked, "a", tenant=Auth("bearer", token="t"))
    assert found.headers["authorization"] == "Bearer t"
    found = await _ask(asked, "a", tenant=Auth("basic", user="u", password="p"))
    assert found.headers["authorization"] == "Basic dTpw"


async def test_the_references_credentials_go_before_the_tenants(asked: World) -> None:
    own = Auth("bearer", token="own")
    found = await _ask(asked, "a", own, tenant=Auth("bearer", token="t"))
    assert found.headers["authorization"] == "Bearer own"


async def test_a_url_never_gets_the_tenants_credentials(asked: World) -> None:
    endpoint = Endpoint(asked.source.url("/x"), auth=Auth("bearer", token="t"))
    context = dataclasses.replace(asked.context, endpoint=endpoint)
    reference = Reference("a", url=asked.source.url("/attachments"))
    await asked.fetcher().fetch(reference, context)
    assert "authorization" not in asked.source.asked[0].headers


async def test_an_endpoint_that_is_away_or_refuses(world: World) -> None:
    world.source.routes["/attachments"] = answer(503)
    with pytest.raises(TemporaryFailure):
        await _ask(world, "a")
    world.source.routes["/attachments"] = answer(404)
    with pytest.raises(PermanentFailure):
        await _ask(world, "a")


async def test_a_redirect_keeps_or_drops_the_body_as_http_says(asked: World) -> None:
    asked.source.routes["/b"] = answer(200, b"abc")
    for status, expected in ((307, "POST"), (308, "POST"), (302, "GET"), (303, "GET")):
        asked.source.routes["/attachments"] = answer(status, location="/b")
        found = await _ask(asked, "a", tenant=Auth("bearer", token="t"))
        assert found.method == expected
        assert bool(found.body) == (expected == "POST")
        assert found.headers["authorization"] == "Bearer t"


async def test_an_endpoint_inside_is_not_asked(world: World) -> None:
    endpoint = Endpoint(world.inside.url("/attachments"))
    context = dataclasses.replace(world.context, endpoint=endpoint)
    with pytest.raises(PermanentFailure, match="public address"):
        await world.fetcher().fetch(Reference("a", endpoint="a"), context)
    assert world.inside.connections == 0
