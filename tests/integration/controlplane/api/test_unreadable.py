# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Octets that are no text: 400, with a token or without, and nothing in the log."""

import socket
import typing as tp

import pytest

from tests.integration.support import client, user_api

PATHS = (
    "/instances/%ff",
    "/instances/%ED%A0%80",  # a lone surrogate
    "/instances/%C0%AF",  # an overlong form of "/"
    "/instances/%F4%90%80%80",  # beyond Unicode
    "/%ff/",
    "/instances/?name=%ff",
    "/instances/?%ff=x",
    "/instances/?q=%ED%A0%80",
    "/instances/?fields=%fe",
    "/instances/?page_marker=%ff",
    "/instances/?name=\xff",
    "/instances/\xff",
)
FORMS = (
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; charset=x; boundary=x",
    "application/x-www-form-urlencoded; charset=klingon",
    "application/x-www-form-urlencoded; charset=utf-16",
)


def ask(
    api: user_api.UserApi, method: str, path: str, *headers: str, body: bytes = b"{}"
) -> tuple[int, bytes]:
    """Send a request as it stands, and return status and answer."""
    host, port = api.url.removeprefix("http://").split(":")
    head = [
        f"{method} {client.BASE}{path} HTTP/1.1",
        "Host: x",
        "Connection: close",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    request = "\r\n".join([*head, "", ""]).encode("latin-1") + body
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request)
        with connection.makefile("rb") as stream:
            answer = stream.read()
    return int(answer.split(b" ", 2)[1]), answer.partition(b"\r\n\r\n")[2]


@pytest.fixture
def credentials(tenant: client.Client) -> tuple[tuple[str, ...], ...]:
    """The headers of somebody with all permissions, and of nobody."""
    token = tenant.session.headers["Authorization"]
    return (f"Authorization: {tp.cast(str, token)}",), ()


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_utf_8_in_path_or_query_is_refused(
    api: user_api.UserApi, credentials: tuple[tuple[str, ...], ...], path: str
) -> None:
    for headers in credentials:
        for method in ("GET", "POST", "PATCH", "DELETE"):
            status, answer = ask(api, method, path, *headers)
            assert status == 400
            # Bare octets do not get past the platform's server.
            assert b"UTF-8" in answer or not path.isascii()
    assert "Traceback" not in api.log()


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_cannot_be_read_is_refused(
    api: user_api.UserApi, credentials: tuple[tuple[str, ...], ...], form: str
) -> None:
    for headers in credentials:
        for body in (b"a=\xff", b"--x\r\n\r\n\xff\r\n--x--\r\n"):
            content_type = f"Content-Type: {form}"
            found = ask(api, "POST", "/instances/", *headers, content_type, body=body)
            assert found[0] == 400
    assert "Traceback" not in api.log()


@pytest.mark.parametrize(
    "header",
    [
        "Referer: \xff",
        "User-Agent: \xed\xa0\x80",
        "X-Forwarded-For: \xff",
        "X-OTP: \xff",
        "Cookie: \xff=\xff",
        "Host: \xff",
        "Content-Type: \xff",
    ],
)
def test_octets_in_a_header_do_no_harm(
    api: user_api.UserApi, credentials: tuple[tuple[str, ...], ...], header: str
) -> None:
    for headers in credentials:
        assert ask(api, "GET", "/instances/", *headers, header)[0] in (200, 400, 403)
    assert ask(api, "GET", "/instances/", "Authorization: Bearer \xff")[0] == 401


@pytest.mark.parametrize(
    "body", [b'{"name": "\xff"}', b'{"name": "\\ud800"}', b"{}".join([b"\xff\xfe"] * 2)]
)
def test_octets_in_a_body_are_refused(
    api: user_api.UserApi, credentials: tuple[tuple[str, ...], ...], body: bytes
) -> None:
    signed, _ = credentials
    assert ask(api, "POST", "/instances/", *signed, body=body)[0] == 400


@pytest.mark.parametrize("method", ["QUERY", "get", "G\xff", "A" * 500])
def test_an_unknown_method_is_refused(
    api: user_api.UserApi, credentials: tuple[tuple[str, ...], ...], method: str
) -> None:
    # Without a body: the platform's server closes at the header, and an unread body
    # would make that a reset.
    for headers in credentials:
        assert ask(api, method, "/instances/", *headers, body=b"") == (400, b"")
    assert ask(api, "GET", "/instances/", *credentials[0])[0] == 200
