# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the node's nginx does with too many or odd requests, and what it logs."""

import contextlib
import http.client
import json
import pathlib
import socket
import ssl

from exordos_mail.dataplane.services.web import paths as paths_lib
from tests.integration.exim import far_gateway, payloads, send_node, waiting

agent = send_node.agent
clock = send_node.clock
far = far_gateway.far

_PATHS = paths_lib.Paths()
_CHALLENGE = "/.well-known/acme-challenge/"


def _plain(path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": payloads.DOMAIN, **headers})
        answer = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        return answer


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _tls() -> ssl.SSLSocket:
    return _context().wrap_socket(socket.create_connection(("127.0.0.1", 443), 30))


def _secure(path: str) -> int:
    connection = http.client.HTTPSConnection("127.0.0.1", 443, context=_context())
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": payloads.DOMAIN})
        return connection.getresponse().status


def test_odd_requests_for_a_file_get_the_errors_of_the_api(agent):
    file = pathlib.Path(_PATHS.challenges, "token-1")
    file.write_text("token-1.thumbprint")
    file.chmod(0o644)
    try:
        for headers, status, code in (
            ({"Range": "bytes=999-"}, 416, "no_such_range"),
            ({"If-Match": '"other"'}, 412, "precondition_failed"),
        ):
            answer = _plain(_CHALLENGE + "token-1", **headers)
            assert (answer.status, json.loads(answer.body)["code"]) == (status, code)
            assert answer.headers["Content-Type"] == "application/problem+json"
    finally:
        file.unlink()


def test_requests_in_a_second_are_bounded(agent, machine):
    """Of one address. Without the send service they are answered fast enough."""
    machine.send.kill()
    head = f"GET /v1/messages HTTP/1.1\r\nHost: {payloads.DOMAIN}\r\n"
    many = (head + "\r\n").encode() * 999
    last = (head + "Connection: close\r\n\r\n").encode()
    answer = b""
    with contextlib.ExitStack() as stack:
        places = [stack.enter_context(_tls()) for _ in range(4)]
        for place in places:
            place.sendall(many + last)
        for place in places:
            while part := place.recv(65536):
                answer += part
    assert answer.count(b"HTTP/1.1 503 ") >= 1_000
    assert answer.count(b"HTTP/1.1 429 ") > 0
    assert b'"code":"too_many_requests"' in answer
    assert b"Retry-After: 1\r\n" in answer


def test_log_holds_no_requests(agent, machine):
    """A query may have somebody's address in it."""
    machine.send.kill()
    assert _secure("/v1/messages?recipient=bob%40elsewhere.test") == 503
    (pathlib.Path(_PATHS.challenges) / "link").symlink_to(_PATHS.conf)
    _plain(f"{_CHALLENGE}link?who=bob%40elsewhere.test")
    waiting.until(lambda: agent.status() == ("ACTIVE", ""), "settled", 30)
    assert "bob" not in machine.web.log()
    assert "/v1/" not in machine.web.log()
