# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node's web server: who is answered what, and what reaches the send service.

No test here changes the node, so it is one for all of them.
"""

import json
import pathlib
import socket
import ssl

import pytest

from exordos_mail.dataplane.services.web import paths as paths_lib
from exordos_mail.dataplane.services.web import problems
from tests.integration.exim import payloads, send_node, web_client

agent = send_node.standing_agent
machine = send_node.standing_machine

_PATHS = paths_lib.Paths()
_HOST = payloads.DOMAIN
_KEY = {"Authorization": f"Bearer {payloads.api_key()}"}
_JSON = {**_KEY, "Content-Type": "application/json"}
_ONE_CLICK = "List-Unsubscribe=One-Click"
_MESSAGE = {"from": "news@example.com", "to": "bob@elsewhere.test", "subject": "Hello"}


def test_files_are_for_nginx_only(agent):
    found = {
        str(path): f"{path.stat().st_mode & 0o7777:o} {path.owner()}:{path.group()}"
        for top in (_PATHS.directory, _PATHS.data_dir)
        for path in (pathlib.Path(top), *pathlib.Path(top).rglob("*"))
    }
    directory, file = f"750 root:{paths_lib.USER}", f"640 root:{paths_lib.USER}"
    tls = f"{_PATHS.tls_dir}/{_HOST}"
    assert found == {
        _PATHS.directory: directory,
        _PATHS.conf: file,
        _PATHS.problems: file,
        _PATHS.tls_dir: directory,
        tls: "755 root:root",
        f"{tls}/cert.pem": file,
        # Not for the group, in which the send service is.
        f"{tls}/key.pem": f"400 {paths_lib.USER}:root",
        _PATHS.data_dir: directory,
        _PATHS.challenges: directory,
        _PATHS.domains: "755 root:root",
        f"{_PATHS.domains}/{_HOST}": file,
    }


def test_nginx_has_one_right_and_no_user_above_it(agent, machine):
    status = pathlib.Path(f"/proc/{machine.web.pid}/status").read_text()
    found = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    net_bind_service = f"{1 << 10:016x}"
    assert {found[f"Cap{kind}"] for kind in ("Prm", "Eff", "Bnd", "Amb")} == {
        net_bind_service
    }
    assert "0" not in found["Uid"].split()


def test_socket_of_the_send_service_is_for_nginx_only(agent, machine):
    path = pathlib.Path(machine.layout.send_http_socket)
    assert f"{path.stat().st_mode & 0o7777:o}" == "660"
    assert (path.owner(), path.group()) == ("exordos-mail-send", paths_lib.USER)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/health/live", 200),
        ("/health/ready", 200),
        ("/v1/openapi.json", 200),
        ("/v1/messages", 200),
        ("/v1/nothing", 404),
        ("/metrics", 401),
        ("/v1/managed", 404),
    ],
)
def test_send_service_is_behind_it(agent, path, status):
    headers = {} if path == "/metrics" else _KEY
    assert web_client.call(path, **headers)[0] == status


@pytest.mark.parametrize("path", ["/", "/v2/", "/metrics/x", "/.problem/400", "/.env"])
def test_nothing_else_is_there(agent, path):
    status, document, headers = web_client.call(path)
    assert (status, document["code"]) == (404, "not_found")
    assert "nginx/" not in headers["Server"]


def test_plain_http_is_sent_to_https(agent):
    response = web_client.plain("/v1/messages?limit=1")
    assert response.status == 308
    assert response.headers["Location"] == f"https://{_HOST}/v1/messages?limit=1"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_address_is_a_host_of_ours(agent, host):
    assert web_client.plain("/", host).headers["Location"] == f"https://{host}/"
    assert web_client.call("/health/live", Host=host)[0] == 200


@pytest.mark.parametrize("host", ["elsewhere.test", "localhost", "www.example.com"])
def test_other_hosts_are_told_nothing(agent, host):
    response = web_client.plain("/v1/messages", host)
    assert (response.status, response.headers["Location"]) == (404, None)
    status, document, _ = web_client.call("/v1/messages", **{**_KEY, "Host": host})
    assert (status, document["code"]) == (421, "unknown_host")


def test_certificate_is_that_of_the_mail_server(agent, machine):
    wanted = pathlib.Path(machine.layout.certificate).read_text()
    shown = ssl.get_server_certificate(("127.0.0.1", 443))
    assert shown.split() == wanted.split()


def test_old_tls_is_not_spoken(agent):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = web_client.context(maximum_version=version, minimum_version=version)
        with web_client.tls(context) as connection:
            assert connection.cipher() is not None
    context = web_client.context(maximum_version=ssl.TLSVersion.TLSv1_1)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError), web_client.tls(context):
        pass


def test_http_2_is_offered(agent):
    context = web_client.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with web_client.tls(context) as connection:
        assert connection.selected_alpn_protocol() == "h2"


@pytest.mark.parametrize(
    ("octets", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "malformed"),
        (b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, None),
        (web_client.get("X-Long: " + "x" * 10_000), 431, "headers_too_large"),
        (
            web_client.get(*[f"X-{n}: {'x' * 5000}" for n in range(9)]),
            431,
            "headers_too_large",
        ),
        (web_client.get(*[f"X-{n}: x" for n in range(101)]), 431, "headers_too_large"),
        (web_client.get("Content-Length: 40000000"), 413, "too_large"),
    ],
)
def test_what_is_too_large_is_refused(agent, octets, status, code):
    answer = web_client.raw(octets)
    document = web_client.document(answer)
    assert document["status"] == int(answer.split()[1]) == status
    assert code in (None, document["code"])


def test_plain_http_on_the_port_of_https(agent):
    with socket.create_connection(("127.0.0.1", 443), 10) as connection:
        connection.sendall(web_client.get())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert web_client.document(answer)["code"] == "not_https"


def test_large_request_without_a_key_is_refused_at_once(agent):
    """Nobody waits for the body of somebody who may not send it."""
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: {_HOST}\r\n"
        "Content-Type: application/json\r\nContent-Length: 30000000\r\n\r\n{"
    )
    with web_client.tls() as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("method", ["GET", "DELETE", "UNKNOWN"])
def test_what_is_kept_until_it_is_whole_is_small(agent, method):
    """A client that tells no length fills no disk of nginx."""
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    head = (
        f"{method} /v1/messages HTTP/1.1\r\nHost: {_HOST}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    assert (
        web_client.document(web_client.raw(head.encode() + chunk))["code"]
        == "too_large"
    )


def test_problems_are_those_of_the_send_service(agent):
    """The form is one: code, detail, status."""
    theirs = web_client.call("/v1/nothing", **_KEY)[1]
    for problem in problems.ALL:
        assert set(json.loads(problem.body)) == set(theirs)
