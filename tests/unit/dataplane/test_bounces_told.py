# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bounces reach the send service, whichever of them it does not answer to."""

import http.server
import json
import os
import pathlib
import socketserver
import threading
import time
import typing as tp

import pytest

from exordos_mail.dataplane.services.bounces import postman
from tests.integration.support import waiting

_DAY = 86_400


class _Handler(http.server.BaseHTTPRequestHandler):
    """Takes a mail, says that it comes too early, or never answers."""

    server: "Service"

    def do_POST(self) -> None:
        mail = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path.rpartition("/")[2], mail))
        if mail == b"hang":
            self.server.over.wait(60)
            return
        body = json.dumps({"again": mail == b"early"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "the agent"

    def log_message(self, *_: object) -> None:
        pass


class Service(socketserver.ThreadingUnixStreamServer):
    """The control socket of a send service."""

    daemon_threads = True

    def __init__(self, path: pathlib.Path) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.over = threading.Event()
        super().__init__(str(path), _Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("_PERIOD", 0.02), ("_PAUSE_MAX", 0.05), ("_TIMEOUT", 0.3)):
        monkeypatch.setattr(postman, name, seconds)


@pytest.fixture
def put(tmp_path: pathlib.Path) -> tp.Callable[..., pathlib.Path]:
    """Put a mail where exim does, so many days old."""
    (tmp_path / "bounces/new").mkdir(parents=True)

    def put(number: int, mail: bytes, days: float = 0) -> pathlib.Path:
        path = tmp_path / f"bounces/new/{number:04}.host"
        path.write_bytes(b"%032x\n" % number + mail)
        then = time.time() - days * _DAY
        os.utime(path, (then, then))
        return path

    return put


@pytest.fixture
def told(tmp_path: pathlib.Path) -> tp.Iterator[tp.Callable[[], None]]:
    """Begin to tell."""
    begun: list[postman.Postman] = []
    yield lambda: begun.append(
        postman.Postman(tmp_path / "bounces", tmp_path / "socket")
    )
    for one in begun:
        one.stopping.set()


@pytest.fixture
def service(tmp_path: pathlib.Path) -> tp.Iterator[Service]:
    found = Service(tmp_path / "socket")
    yield found
    found.over.set()
    found.shutdown()
    found.server_close()


def test_one_that_is_not_answered_keeps_nobody_waiting(put, told, service) -> None:
    hangs, early = put(1, b"hang"), put(2, b"early")
    others = [put(number, b"taken") for number in range(3, 20)]
    told()
    waiting.until(lambda: not any(map(pathlib.Path.exists, others)), "they are told")
    assert hangs.exists() and early.exists()
    assert ("00000000-0000-0000-0000-000000000003", b"taken") in service.asked


def test_nobody_wants_it_after_a_week_also_where_nobody_listens(put, told) -> None:
    old, new = put(1, b"taken", days=7.1), put(2, b"taken", days=6.9)
    told()
    waiting.until(lambda: not old.exists(), "it is forgotten")
    assert new.exists()


@pytest.mark.parametrize(
    "octets",
    [b"", b"\n", b"x" * 32 + b"\nmail", b"../../x\nmail", b"\xff" * 32 + b"\n"],
)
def test_what_is_no_bounce_stays_and_keeps_nobody_waiting(
    put, told, service, octets: bytes
) -> None:
    strange, good = put(1, b""), put(2, b"taken")
    strange.write_bytes(octets)
    told()
    waiting.until(lambda: not good.exists(), "it is told")
    assert strange.read_bytes() == octets
    assert [mail for _, mail in service.asked] == [b"taken"]
