# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the service answers to requests that HTTP forbids, or that are not there."""

import pytest

from tests.integration.send.service import Client, Service
from tests.integration.send_http.server import Client as Raw


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/messages", "GET, HEAD, POST"),
        ("OPTIONS", "/v1/messages/batch", "DELETE, GET, HEAD, PATCH, POST"),
        ("POST", "/health/live", "GET, HEAD"),
        ("TRACE", "/v1/tenants/x", "DELETE, GET, HEAD, PATCH"),
    ],
)
def test_405_says_what_there_is(
    admin: Client, method: str, path: str, allowed: str
) -> None:
    answer = admin.call(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /health/live HTTP/1.1\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        (b"GET /v1/messages/%FF HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /v1/messages?batch=%FF HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.0\r\n\r\n", 200),
        (b"GET http://a/health/live HTTP/1.1\r\nHost: a\r\n\r\n", 200),
    ],
)
def test_host_and_target(service: Service, request_: bytes, status: int) -> None:
    client = Raw(service.port)
    answer = client.send(request_).answer()
    client.close()
    assert answer.status == status
    if status != 200:
        assert answer.problem["status"] == status
