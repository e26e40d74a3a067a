# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node's web server: who is answered what, and what reaches the send service."""

import contextlib
import email
import email.policy
import http.client
import json
import pathlib
import socket
import ssl
import typing as tp
import urllib.parse

import pytest

from exordos_mail.dataplane import configure
from exordos_mail.dataplane.services.web import paths as paths_lib
from exordos_mail.dataplane.services.web import problems
from tests.integration.exim import far_gateway, payloads, send_node, waiting
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


def _context(**changes: tp.Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for name, value in changes.items():
        setattr(context, name, value)
    return context


def _plain(path: str, host: str = _HOST) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        response.read()
        return response


def _call(
    path: str, method: str = "GET", body: tp.Any = None, **headers: str
) -> tuple[int, dict[str, tp.Any], http.client.HTTPMessage]:
    connection = http.client.HTTPSConnection(
        "127.0.0.1", 443, timeout=40, context=_context()
    )
    with contextlib.closing(connection):
        connection.request(method, path, body, {"Host": _HOST, **headers})
        response = connection.getresponse()
        return response.status, json.loads(response.read() or "{}"), response.headers


def _raw(octets: bytes, port: int = 443) -> bytes:
    """Return all that is answered to octets."""
    with socket.create_connection(("127.0.0.1", port), 40) as plain:
        connection = _context().wrap_socket(plain) if port == 443 else plain
        with connection:
            connection.sendall(octets)
            return b"".join(iter(lambda: connection.recv(65536), b""))


def _document(answer: bytes) -> dict[str, tp.Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, answer
    return tp.cast("dict[str, tp.Any]", json.loads(body))


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
    assert _call(path, **headers)[0] == status


def test_link_to_unsubscribe_works_on_a_node(agent, machine, internet):
    wanted = {**_MESSAGE, "text": "Hi", "unsubscribe": True}
    status, made, _ = _call("/v1/messages", "POST", json.dumps(wanted), **_JSON)
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
    page = _raw(f"GET {head}\r\n".encode())
    assert page.startswith(b"HTTP/1.1 200 ")
    assert b"\r\ncontent-security-policy: default-src 'none'" in page.lower()
    form = {"Content-Type": "application/x-www-form-urlencoded", "Host": host}
    assert _call(url.path, "POST", "x" * 5000, **form)[0] == 413
    assert _call(url.path[:-1], "POST", _ONE_CLICK, **form)[0] == 404
    entry = f"/v1/suppressions/{_MESSAGE['to']}"
    assert _call(entry, **_KEY)[0] == 404
    done = _raw(
        f"POST {head}Content-Type: {form['Content-Type']}\r\n"
        f"Content-Length: {len(_ONE_CLICK)}\r\n\r\n{_ONE_CLICK}".encode()
    )
    assert b"You are unsubscribed" in done
    assert _call(entry, **_KEY)[1]["source"] == "unsubscribe"
    assert _call(entry, "DELETE", **_KEY)[0] == 204


@contextlib.contextmanager
def _tls(context: ssl.SSLContext | None = None) -> tp.Iterator[ssl.SSLSocket]:
    """A connection to port 443, over which nothing was said yet."""
    with (
        socket.create_connection(("127.0.0.1", 443), 40) as plain,
        (context or _context()).wrap_socket(plain) as connection,
    ):
        yield connection


@pytest.mark.parametrize("path", ["/", "/v2/", "/metrics/x", "/.problem/400", "/.env"])
def test_nothing_else_is_there(agent, path):
    status, document, headers = _call(path)
    assert (status, document["code"]) == (404, "not_found")
    assert "nginx/" not in headers["Server"]


def test_plain_http_is_sent_to_https(agent):
    response = _plain("/v1/messages?limit=1")
    assert response.status == 308
    assert response.headers["Location"] == f"https://{_HOST}/v1/messages?limit=1"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_address_is_a_host_of_ours(agent, host):
    assert _plain("/", host).headers["Location"] == f"https://{host}/"
    assert _call("/health/live", Host=host)[0] == 200


@pytest.mark.parametrize("host", ["elsewhere.test", "localhost", "www.example.com"])
def test_other_hosts_are_told_nothing(agent, host):
    response = _plain("/v1/messages", host)
    assert (response.status, response.headers["Location"]) == (404, None)
    status, document, _ = _call("/v1/messages", **{**_KEY, "Host": host})
    assert (status, document["code"]) == (421, "unknown_host")


def test_challenge_is_shown_and_nothing_beside_it(agent):
    directory = pathlib.Path(_PATHS.challenges)
    file = directory / "token-1"
    file.write_text("token-1.thumbprint")
    file.chmod(0o644)
    (directory / "link").symlink_to(_PATHS.conf)
    try:
        shown = [
            _raw(
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


def test_certificate_is_that_of_the_mail_server(agent, machine):
    wanted = pathlib.Path(machine.layout.certificate).read_text()
    shown = ssl.get_server_certificate(("127.0.0.1", 443))
    assert shown.split() == wanted.split()


def test_old_tls_is_not_spoken(agent):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = _context(maximum_version=version, minimum_version=version)
        with _tls(context) as connection:
            assert connection.cipher() is not None
    context = _context(maximum_version=ssl.TLSVersion.TLSv1_1)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError), _tls(context):
        pass


def test_http_2_is_offered(agent):
    context = _context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with _tls(context) as connection:
        assert connection.selected_alpn_protocol() == "h2"


def _get(*lines: str) -> bytes:
    head = ["GET /v1/messages HTTP/1.1", f"Host: {_HOST}", *lines, "Connection: close"]
    return "\r\n".join([*head, "", ""]).encode()


@pytest.mark.parametrize(
    ("octets", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "malformed"),
        (b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, None),
        (_get("X-Long: " + "x" * 10_000), 431, "headers_too_large"),
        (_get(*[f"X-{n}: {'x' * 5000}" for n in range(9)]), 431, "headers_too_large"),
        (_get(*[f"X-{n}: x" for n in range(101)]), 431, "headers_too_large"),
        (_get("Content-Length: 40000000"), 413, "too_large"),
    ],
)
def test_what_is_too_large_is_refused(agent, octets, status, code):
    answer = _raw(octets)
    document = _document(answer)
    assert document["status"] == int(answer.split()[1]) == status
    assert code in (None, document["code"])


def test_plain_http_on_the_port_of_https(agent):
    with socket.create_connection(("127.0.0.1", 443), 10) as connection:
        connection.sendall(_get())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert _document(answer)["code"] == "not_https"


def test_small_request_comes_to_the_service_when_it_is_whole(agent, machine):
    """A client that sends no end keeps no connection of the send service."""
    body = json.dumps({**_MESSAGE, "text": "Hello"})
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: {_HOST}\r\nConnection: close\r\n"
        f"Authorization: {_KEY['Authorization']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    before = _connections(machine)
    with contextlib.ExitStack() as stack:
        slow = []
        for _ in range(20):
            slow.append(stack.enter_context(_tls()))
            slow[-1].sendall(head.encode() + body[:-1].encode())
        assert send() == 202
        assert _connections(machine) <= before + 1
        slow[0].sendall(body[-1:].encode())
        answer = b"".join(iter(lambda: slow[0].recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 202 "), answer


def _connections(machine: tp.Any) -> int:
    """Return how many connections the send service's socket has."""
    rows = pathlib.Path("/proc/net/unix").read_text().splitlines()
    path = machine.layout.send_http_socket
    connected = "03"
    return sum(row.split()[5] == connected and row.endswith(path) for row in rows)


@pytest.mark.parametrize("chunked", [False, True])
def test_large_request_goes_through(agent, internet, chunked):
    text = ("line\n" * 20 + "\n") * 30_000  # 3 MB
    body = json.dumps({**_MESSAGE, "text": text}).encode()
    given = iter([body[:1000], body[1000:]]) if chunked else body
    status, document, _ = _call("/v1/messages", "POST", given, **_JSON)
    assert status == 202, document
    _, content = internet.next_message()
    assert len(content) > len(text)


def test_large_request_without_a_key_is_refused_at_once(agent):
    """Nobody waits for the body of somebody who may not send it."""
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: {_HOST}\r\n"
        "Content-Type: application/json\r\nContent-Length: 30000000\r\n\r\n{"
    )
    with _tls() as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_too_many_requests_of_one_address(agent, machine, networks):
    """They are told so, and others are answered; slow ones do not count as more."""
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: {_HOST}\r\nContent-Length: 9\r\n\r\n["
    ).encode()
    with contextlib.ExitStack() as stack:
        for _ in range(256):
            stack.enter_context(_tls()).sendall(head)
        waiting.until(lambda: _call("/health/live")[0] == 503, "the limit is reached")
        _, document, headers = _call("/health/live")
        assert (document["code"], headers["Retry-After"]) == ("busy", "5")
        said = networks.run(
            "import http.client, ssl\n"
            "context = ssl._create_unverified_context()\n"
            "one = http.client.HTTPSConnection('192.0.2.1', 443, context=context)\n"
            "one.request('GET', '/health/live')\n"
            "print(one.getresponse().status)\n"
        )
        assert said == "200\n"
    waiting.until(lambda: _call("/health/live")[0] == 200, "they are gone")


@pytest.mark.parametrize("is_upload", [False, True])
def test_send_service_that_does_not_run(agent, machine, is_upload):
    machine.send.kill()
    given = iter([b"{}"]) if is_upload else b"{}"
    status, document, headers = _call("/v1/messages", "POST", given, **_JSON)
    assert (status, document["code"]) == (503, "unavailable")
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Retry-After"] == "5"
    settles(agent)
    assert send() == 202


@pytest.mark.parametrize("method", ["GET", "DELETE", "UNKNOWN"])
def test_what_is_kept_until_it_is_whole_is_small(agent, method):
    """A client that tells no length fills no disk of nginx."""
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    head = (
        f"{method} /v1/messages HTTP/1.1\r\nHost: {_HOST}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    assert _document(_raw(head.encode() + chunk))["code"] == "too_large"


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


def test_problems_are_those_of_the_send_service(agent):
    """The form is one: code, detail, status."""
    theirs = _call("/v1/nothing", **_KEY)[1]
    for problem in problems.ALL:
        assert set(json.loads(problem.body)) == set(theirs)
