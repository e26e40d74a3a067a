# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The service behind a proxy: on a Unix socket, where it is told who the client is."""

import contextlib
import grp
import pathlib
import select
import socket
import stat
import subprocess
import tempfile
import typing as tp

import httpx
import pytest

from tests.integration.send.service import PROGRAM, Service
from tests.integration.support import waiting

_GROUP = "nogroup"


@pytest.fixture
def path() -> tp.Iterator[pathlib.Path]:
    # The path of a socket is short: no directory of pytest's.
    with tempfile.TemporaryDirectory(prefix="exm-") as directory:
        yield pathlib.Path(directory, "http.sock")


def _client(path: pathlib.Path) -> httpx.Client:
    limits = httpx.Limits(max_connections=None)
    transport = httpx.HTTPTransport(uds=str(path), limits=limits)
    return httpx.Client(transport=transport, base_url="http://proxy", timeout=20)


@contextlib.contextmanager
def _running(
    data: pathlib.Path, path: pathlib.Path, *options: str
) -> tp.Iterator[Service]:
    service = Service(data, None, f"--listen=unix:{path}", *options)
    service.begin()
    try:
        waiting.until(lambda: path.exists() or service.process.poll(), "it listens")
        yield service
    finally:
        service.close()


def test_socket_is_for_a_group(tmp_path, path):
    with _running(tmp_path, path, f"--listen-group={_GROUP}"), _client(path) as http:
        assert http.get("/health/live").status_code == 200
        found = path.stat()
        assert stat.S_IMODE(found.st_mode) == 0o660
        assert found.st_gid == grp.getgrnam(_GROUP).gr_gid


def test_socket_is_for_its_owner_without_a_group(tmp_path, path):
    with _running(tmp_path, path) as service, _client(path) as http:
        assert http.get("/health/live").status_code == 200
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert f"listening on unix:{path}" in service.log


def _held(stack: contextlib.ExitStack, path: pathlib.Path, head: str) -> socket.socket:
    """Begin a request whose body does not come: it is at work."""
    made = stack.enter_context(socket.socket(socket.AF_UNIX))
    made.settimeout(20)
    made.connect(str(path))
    made.sendall(
        f"POST /v1/tenants HTTP/1.1\r\nHost: x\r\n{head}"
        "Content-Type: application/json\r\nExpect: 100-continue\r\n"
        "Content-Length: 2\r\n\r\n".encode()
    )
    return made


def test_places_are_counted_by_the_proxys_clients(tmp_path, path):
    """A client has its own number of requests under way, whoever carries them."""
    with (
        _running(tmp_path, path, "--connections-per-address=2") as service,
        _client(path) as http,
        contextlib.ExitStack() as stack,
    ):
        token = f"Authorization: Bearer {service.token}\r\n"
        first = f"{token}X-Forwarded-For: 10.9.9.9, 192.0.2.1\r\n"
        at_work = [_held(stack, path, first) for _ in range(2)]
        for one in at_work:
            assert one.recv(100).startswith(b"HTTP/1.1 100 ")
        # One that waits for its client makes room, as ever.
        third = _held(stack, path, first)
        assert third.recv(100).startswith(b"HTTP/1.1 100 ")
        (gone,), _, _ = select.select(at_work, [], [], 20)
        assert gone.recv(100) == b""
        at_work.remove(gone)
        # Others have not made it any fuller: nobody goes for them.
        for client in ("192.0.2.2", "2001:db8::1", "10.9.9.9", "nonsense"):
            answer = http.get("/health/live", headers={"X-Forwarded-For": client})
            assert answer.status_code == 200
        at_work[0].sendall(b"{}")
        assert at_work[0].recv(100).startswith(b"HTTP/1.1 422 ")
        # Answered: its place is free, although the connection is there.
        fourth = _held(stack, path, first)
        assert fourth.recv(100).startswith(b"HTTP/1.1 100 ")
        third.sendall(b"{}")
        assert third.recv(100).startswith(b"HTTP/1.1 422 ")


def test_nobody_else_is_believed(tmp_path):
    """From a network, the header is a text like any other."""
    service = Service(tmp_path, None, "--connections-per-address=1").start()
    try:
        with contextlib.ExitStack() as stack:
            made = [
                stack.enter_context(
                    socket.create_connection(("127.0.0.1", service.port), 20)
                )
                for _ in range(2)
            ]
            assert made[0].recv(100) == b""
            request = "GET /health/live HTTP/1.1\r\nHost: x\r\n"
            made[1].sendall(f"{request}X-Forwarded-For: 192.0.2.1\r\n\r\n".encode())
            assert made[1].recv(100).startswith(b"HTTP/1.1 200 ")
            stack.enter_context(
                socket.create_connection(("127.0.0.1", service.port), 20)
            )
            assert b"HTTP" not in made[1].recv(1000).partition(b"}")[2]
            assert made[1].recv(100) == b""
    finally:
        service.close()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--listen=unix:relative"], "unix:/path of a socket"),
        (["--listen=unix:/x", "--listen-group=no-such"], "there is no such group"),
        (["--listen-group=nogroup"], "only with --listen unix:PATH"),
        (
            ["--listen=unix:/x", "--tls-certificate=/c", "--tls-key=/k"],
            "not with --listen unix:PATH",
        ),
    ],
)
def test_options_that_do_not_fit(tmp_path, options, text):
    command = [*PROGRAM, "serve", f"--data={tmp_path}", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert text in " ".join(done.stderr.split())
