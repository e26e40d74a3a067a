# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a method and a path stand for."""

import pytest

from exordos_mail.send.api import routes
from exordos_mail.send.api.paths import Paths, parts, written
from exordos_mail.send.api.problem import Problem

_PATHS = Paths(
    [
        ("GET", "/v1/messages", "list"),
        ("POST", "/v1/messages", "send"),
        ("GET", "/v1/messages/counts", "count"),
        ("GET", "/v1/messages/{message}", "read"),
        ("PATCH", "/v1/messages/{message}", "change"),
        ("POST", "/v1/messages/{message}/cancel", "cancel"),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("POST", "/v1/messages", ("send", {})),
        ("HEAD", "/v1/messages", ("list", {})),
        ("GET", "/v1/messages/counts", ("count", {})),
        ("PATCH", "/v1/messages/counts", ("change", {"message": "counts"})),
        ("HEAD", "/v1/messages/a@b.c", ("read", {"message": "a@b.c"})),
        ("POST", "/v1/messages/x/cancel", ("cancel", {"message": "x"})),
        # An encoded slash is a part of the name; other escapes are what they mean.
        ("GET", "/v1/messages/a%2Fb", ("read", {"message": "a/b"})),
        ("GET", "/v1/messages/x%2Fcancel", ("read", {"message": "x/cancel"})),
        ("POST", "/v1/messages/%2F/c%61ncel", ("cancel", {"message": "/"})),
        ("GET", "/v1/messages/%252F", ("read", {"message": "%2F"})),
        ("POST", "/v1/m%65ssages", ("send", {})),
        ("GET", "/v1/messages/%C3%A4", ("read", {"message": "ä"})),
    ],
)
def test_path_is_found_by_its_method(
    method: str, path: str, found: tuple[str, dict[str, str]]
) -> None:
    assert _PATHS.find(method, path) == found


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1", 404),
        ("GET", "/v1/messages/", 404),
        ("GET", "/v1/messages\n", 404),
        ("GET", "/v1/messages/x/y", 404),
        ("GET", "/v1%2Fmessages", 404),
        ("GET", "/v1/messages%2Fcounts", 404),
        ("GET", "/v1/messages/%FF", 400),
        ("DELETE", "/v1/messages", 405),
        ("DELETE", "/v1/messages/x", 405),
        ("GET", "/v1/messages/x/cancel", 405),
    ],
)
def test_what_is_not_there_is_said(method: str, path: str, status: int) -> None:
    with pytest.raises(Problem) as raised:
        _PATHS.find(method, path)
    assert raised.value.status == status


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/messages", "GET, HEAD, POST"),
        ("/v1/messages/x", "GET, HEAD, PATCH"),
        ("/v1/messages/counts", "GET, HEAD, PATCH"),
        ("/v1/messages/x/cancel", "POST"),
    ],
)
def test_other_methods_are_told_what_there_is(path: str, allowed: str) -> None:
    with pytest.raises(Problem) as raised:
        _PATHS.find("PUT", path)
    assert raised.value.headers == {"Allow": allowed}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/v1/%72elays/x", "/v1/relays/x"),
        ("/v1/a%2Fb%3F%23%25%5C", "/v1/a%2Fb%3F%23%25%5C"),
        ("/v1/%C3%A4@x", "/v1/ä@x"),
    ],
)
def test_one_path_is_written_in_one_form(path: str, wanted: str) -> None:
    assert written(path) == wanted
    assert parts(written(path)) == parts(path)


def test_every_route_is_found() -> None:
    paths = Paths((row.method, row.path, row) for row in routes.TABLE)
    for row in routes.TABLE:
        path = row.path.replace("{", "<").replace("}", ">")
        found, parameters = paths.find(row.method, path)
        assert found is row
        assert all(value == f"<{name}>" for name, value in parameters.items())
