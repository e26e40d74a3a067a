# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node's web server while something changes: the node, its mail, its load."""

import contextlib
import email
import email.policy
import json
import pathlib
import socket
import ssl
import urllib.parse

import pytest

from exordos_mail.dataplane import configure
from exordos_mail.dataplane.services.web import paths as paths_lib
from tests.integration.exim import far_gateway, payloads, send_node, waiting, web_client
from tests.integration.exim.send_node import send, settles, want

agent = send_node.agent
clock = send_node.clock
far = far_gateway.far

_PATHS = paths_lib.Paths()
_HOST = payloads.DOMAIN
_KEY = {"Authorization": f"Bearer {payloads.api_key()}"}
_JSON = {**_KEY, "Content-Type": "application/json"}
_ONE_CLICK = "List-Unsubscribe=One-Click"
_MESSAGE = {"from": "news@example.com", "to": "bob@elsewhere.test", "subject": "Hello"}


def test_link_to_unsubscribe_works_on_a_node(agent, machine, internet):
    wanted = {**_MESSAGE, "text": "Hi", "unsubscribe": True}
    status, made, _ = web_client.call(
        "/v1/messages", "POST", json.dumps(wanted), **_JSON
    )
    assert status == 202, made
    header = email.message_from_bytes(
        internet.next_message()[1], policy=email.policy.default
    )
    url = urllib.parse.urlsplit(str(header["List-Unsubscribe"]).strip("<>"))
    host = machine.node.accepted().spec.host
    assert (url.scheme, url.netloc) == ("https", host)
    signature = "".join(str(header["DKIM-Signature"]).lower().split())
    signed = signature.partition(";h=")[2].partition(";")[0].split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(signed)
    head = f"{url.path} HTTP/1.0\r\nHost: {host}\r\n"
    page = web_client.raw(f"GET {head}\r\n".encode())
    assert page.startswith(b"HTTP/1.1 200 ")
    assert b"\r\ncontent-security-policy: default-src 'none'" in page.lower()
    form = {"Content-Type": "application/x-www-form-urlencoded", "Host": host}
    assert web_client.call(url.path, "POST", "x" * 5000, **form)[0] == 413
    assert web_client.call(url.path[:-1], "POST", _ONE_CLICK, **form)[0] == 404
    entry = f"/v1/suppressions/{_MESSAGE['to']}"
    assert web_client.call(entry, **_KEY)[0] == 404
    done = web_client.raw(
        f"POST {head}Content-Type: {form['Content-Type']}\r\n"
        f"Content-Length: {len(_ONE_CLICK)}\r\n\r\n{_ONE_CLICK}".encode()
    )
    assert b"You are unsubscribed" in done
    assert web_client.call(entry, **_KEY)[1]["source"] == "unsubscribe"
    assert web_client.call(entry, "DELETE", **_KEY)[0] == 204


def test_challenge_is_shown_and_nothing_beside_it(agent):
    directory = pathlib.Path(_PATHS.challenges)
    file = directory / "token-1"
    file.write_text("token-1.thumbprint")
    file.chmod(0o644)
    (directory / "link").symlink_to(_PATHS.conf)
    try:
        shown = [
            web_client.raw(
                f"GET /.well-known/acme-challenge/{name} HTTP/1.0\r\n"
                "Host: new.example.net\r\n\r\n".encode(),
                80,
            )
            for name in ("token-1", "token-2", "link", "", "../nginx.conf")
        ]
    finally:
        file.unlink()
        (directory / "link").unlink()
    assert shown[0].startswith(b"HTTP/1.1 200 ")
    assert shown[0].endswith(b"\r\n\r\ntoken-1.thumbprint")
    for other in shown[1:]:
        assert other.split()[1] in (b"403", b"404"), other


def test_small_request_comes_to_the_service_when_it_is_whole(agent, machine):
    """A client that sends no end keeps no connection of the send service."""
    body = json.dumps({**_MESSAGE, "text": "Hello"})
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: {_HOST}\r\nConnection: close\r\n"
        f"Authorization: {_KEY['Authorization']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    before = web_client.connections(machine)
    with contextlib.ExitStack() as stack:
        slow = []
        for _ in range(20):
            slow.append(stack.enter_context(web_client.tls()))
            slow[-1].sendall(head.encode() + body[:-1].encode())
        assert send() == 202
        assert web_client.connections(machine) <= before + 1
        slow[0].sendall(body[-1:].encode())
        answer = b"".join(iter(lambda: slow[0].recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 202 "), answer


@pytest.mark.parametrize("chunked", [False, True])
def test_large_request_goes_through(agent, internet, chunked):
    text = ("line\n" * 20 + "\n") * 30_000  # 3 MB
    body = json.dumps({**_MESSAGE, "text": text}).encode()
    given = iter([body[:1000], body[1000:]]) if chunked else body
    status, document, _ = web_client.call("/v1/messages", "POST", given, **_JSON)
    assert status == 202, document
    _, content = internet.next_message()
    assert len(content) > len(text)


def test_too_many_requests_of_one_address(agent, machine, networks):
    """They are told so, and others are answered; slow ones do not count as more."""
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: {_HOST}\r\nContent-Length: 9\r\n\r\n["
    ).encode()
    with contextlib.ExitStack() as stack:
        for _ in range(256):
            stack.enter_context(web_client.tls()).sendall(head)
        waiting.until(
            lambda: web_client.call("/health/live")[0] == 503, "the limit is reached"
        )
        _, document, headers = web_client.call("/health/live")
        assert (document["code"], headers["Retry-After"]) == ("busy", "5")
        said = networks.run(
            "import http.client, ssl\n"
            "context = ssl._create_unverified_context()\n"
            "one = http.client.HTTPSConnection('192.0.2.1', 443, context=context)\n"
            "one.request('GET', '/health/live')\n"
            "print(one.getresponse().status)\n"
        )
        assert said == "200\n"
    waiting.until(lambda: web_client.call("/health/live")[0] == 200, "they are gone")


@pytest.mark.parametrize("is_upload", [False, True])
def test_send_service_that_does_not_run(agent, machine, is_upload):
    machine.send.kill()
    given = iter([b"{}"]) if is_upload else b"{}"
    status, document, headers = web_client.call("/v1/messages", "POST", given, **_JSON)
    assert (status, document["code"]) == (503, "unavailable")
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Retry-After"] == "5"
    settles(agent)
    assert send() == 202


def test_new_certificate_is_shown_without_a_restart(agent, machine):
    pid = machine.web.pid
    pathlib.Path(machine.layout.certificate).unlink()
    settles(agent)
    new = pathlib.Path(machine.layout.certificate).read_text()
    assert ssl.get_server_certificate(("127.0.0.1", 443)).split() == new.split()
    assert (machine.web.orders, machine.web.pid) == (["start", "reload"], pid)


@pytest.mark.parametrize("name", ["nginx.conf", "problems.conf", "tls/x/y", "tls/z"])
def test_damaged_file_is_repaired(agent, machine, name):
    path = pathlib.Path(_PATHS.directory, name)
    before = path.read_bytes() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text("nonsense")
    assert machine.fresh_node().observe().revision == ""
    settles(agent)
    assert (path.read_bytes() if path.exists() else None) == before


def test_node_without_tenants_has_both_ports_closed(agent, far, machine):
    want(agent, far, [])
    settles(agent)
    assert machine.web.pid is None
    assert not pathlib.Path(_PATHS.directory).exists()
    for port in (80, 443):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 10)
    want(agent, far, [payloads.document()], generation=3)
    settles(agent)
    assert send() == 202


def test_boot(agent, machine):
    """The files are there before any agent runs."""
    machine.stop()
    for name in ("nginx.conf", "problems.conf"):
        pathlib.Path(_PATHS.directory, name).unlink()
    assert configure.main() == 0
    for one in machine.units.values():
        one.start()
    waiting.until(pathlib.Path(_PATHS.status).exists, "nginx runs")
    machine.web.orders.clear()
    agent.restart()
    settles(agent)
    assert machine.web.orders == []
    assert send() == 202
