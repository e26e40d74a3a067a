# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A route is one decorated function: what it says is what the table has."""

import asyncio
import pathlib
import typing as tp

import msgspec

from exordos_mail import send
from exordos_mail.send.api import openapi, routes
from exordos_mail.send.api.route import Access, Call, Logged, Route, of


class ToyIn(msgspec.Struct):
    """What comes in."""

    name: str


class ToyOut(msgspec.Struct):
    """What goes out."""

    id: str


class ToyQuery(msgspec.Struct):
    """Parameters."""

    limit: int = 7


async def add(call: Call, given: ToyIn, query: ToyQuery) -> ToyOut:
    """Make a toy.

    More is not in the summary.
    """
    return ToyOut(f"{given.name} {query.limit}")


async def remove(call: Call) -> None:
    """Remove a toy."""


def toy(**more: tp.Any) -> Route:
    """Return the route of `add`."""
    return of(add, "POST", "/v1/toys/{key}", Access.MANAGE, 201, **more)


def test_a_handler_says_what_its_route_is() -> None:
    found = toy()
    assert (found.summary, found.status) == ("Make a toy", 201)
    assert (found.body, found.query, found.answer) == (ToyIn, ToyQuery, ToyOut)
    assert found.logged is Logged.REPLAYABLE
    assert not found.decodes


def test_a_handler_gets_what_it_takes() -> None:
    call: tp.Any = Call.__new__(Call)
    call.given, call.query = ToyIn("a"), ToyQuery()
    assert asyncio.run(toy().answered(call)) == ToyOut("a 7")


def test_a_handler_that_returns_nothing_has_no_body() -> None:
    found = of(remove, "DELETE", "/v1/toys/{key}", Access.MANAGE)
    assert (found.status, found.answer, found.body) == (204, None, None)


def test_a_route_is_described_by_its_types() -> None:
    paths = openapi.describe([toy()])["paths"]
    described = paths["/v1/toys/{key}"]["post"]
    assert described["x-access"] == "manage"
    assert [one["name"] for one in described["parameters"]] == [
        "key",
        "tenant",
        "limit",
    ]
    body = described["requestBody"]["content"]["application/json"]["schema"]
    assert body["$ref"].endswith("ToyIn")


def test_a_body_that_the_handler_decodes_is_described_too() -> None:
    found = of(remove, "PUT", "/v1/toys", Access.SEND, reads=ToyIn, log=Logged.ONCE)
    assert (found.body, found.decodes, found.takes) == (ToyIn, True, ())


def test_every_feature_that_has_handlers_is_in_the_table() -> None:
    root = pathlib.Path(send.__path__[0])
    marked = [
        path.relative_to(root).with_suffix("").parts
        for path in root.rglob("*.py")
        if "\n@route(" in path.read_text()
    ]
    found = {row.handler.__module__ for row in routes.TABLE}
    assert found == {".".join((send.__name__, *parts)) for parts in marked}
