# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The client of the control socket: whatever answers, it ends with one line."""

import pathlib
import socketserver
import tempfile
import threading

import pytest

from exordos_mail.dataplane.engine import fetcher, send_socket
from exordos_mail.dataplane.services.send import control as send_control
from exordos_mail.dataplane.services.send import tenants
from exordos_mail.protocol import documents
from tests.unit.node_values import OTHER, TENANT, NoTexts, target_value

_UUID = "00000000-0000-0000-0000-000000007001"


class _Service(socketserver.ThreadingUnixStreamServer):
    """Answers every connection with the same octets; `asked` are the requests."""

    daemon_threads = True

    def __init__(self, path: pathlib.Path, answer: bytes | None) -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self.done = threading.Event()
        super().__init__(str(path), _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: _Service

    def handle(self) -> None:
        head, length = b"", 0
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            head += line
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        self.server.asked.append(head + self.rfile.read(length))
        if self.server.answer is None:
            self.server.done.wait(30)
        else:
            self.wfile.write(self.server.answer)


@pytest.fixture
def serve():
    """A function that serves an answer and returns service and client."""
    services = []
    with tempfile.TemporaryDirectory() as directory:

        def start(answer: bytes | None):
            path = pathlib.Path(directory, "control.sock")
            service = _Service(path, answer)
            services.append(service)
            threading.Thread(
                target=service.serve_forever, args=[0.01], daemon=True
            ).start()
            return service, send_control.Control(path)

        yield start
        for service in services:
            service.done.set()
            service.shutdown()
            service.server_close()


def _answer(status: int, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_look(serve):
    body = b'{"tenants": {"a": "1", "b": "2"}, "problem": null}'
    service, control = serve(_answer(200, body))
    assert control.look() == ({"a": "1", "b": "2"}, "")
    assert service.asked[0].startswith(b"GET /v1/managed HTTP/1.1\r\n")


def test_look_at_one_that_is_not_ready(serve):
    _, control = serve(_answer(200, b'{"tenants": {}, "problem": "the disk is full"}'))
    assert control.look() == ({}, "the disk is full")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b"null",
        b'{"tenants": []}',
        b'{"problem": null}',
        b'{"tenants": [], "problem": null}',
        b'{"tenants": {"a": 1}, "problem": null}',
        b'{"tenants": {}, "problem": 5}',
        b"[" * 100_000,
        b"\xff",
        b'{"tenants": {}, "probl',
    ],
)
def test_nonsense(serve, body):
    _, control = serve(_answer(200, body))
    with pytest.raises(send_socket.ControlError) as told:
        control.look()
    assert str(told.value) == "the send service does not say what it has"


def test_put_and_remove(serve):
    service, control = serve(_answer(204))
    control.put(_UUID, {"id": "shop"})
    control.remove(_UUID)
    put, remove = service.asked
    assert put.startswith(f"PUT /v1/managed/tenants/{_UUID} HTTP/1.1\r\n".encode())
    assert b"Content-Type: application/json\r\n" in put
    assert put.endswith(b'{"id":"shop"}')
    assert remove.startswith(f"DELETE /v1/managed/tenants/{_UUID} ".encode())


@pytest.mark.parametrize("status", [409, 422])
def test_refusal_says_why_in_one_line(serve, status):
    body = b'{"status": 422, "detail": "limit_day: too\\nlarge"}'
    _, control = serve(_answer(status, body))
    with pytest.raises(send_socket.Refused) as told:
        control.put(_UUID, {})
    assert str(told.value) == "the send service refuses: limit_day: too large"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"detail": 5}', b'{"detail": ""}', b"{" * 100_000]
)
def test_refusal_without_a_reason(serve, body):
    _, control = serve(_answer(422, body))
    with pytest.raises(send_socket.Refused, match="no reason given"):
        control.put(_UUID, {})


def test_reason_is_cut(serve):
    _, control = serve(_answer(422, b'{"detail": "%s"}' % (b"x" * 5000)))
    with pytest.raises(send_socket.Refused) as told:
        control.put(_UUID, {})
    assert len(str(told.value)) < 300


@pytest.mark.parametrize("status", [302, 400, 401, 404, 500, 503])
def test_other_answers(serve, status):
    _, control = serve(_answer(status, b"<html>"))
    with pytest.raises(send_socket.ControlError, match=f"answers {status}") as told:
        control.put(_UUID, {})
    assert not isinstance(told.value, send_socket.Refused)


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n"])
def test_broken_answers(serve, answer):
    _, control = serve(answer)
    with pytest.raises(send_socket.ControlError, match="broke off"):
        control.look()


def test_too_long_an_answer(serve):
    _, control = serve(_answer(200, b"x" * (1024 * 1024 + 1)))
    with pytest.raises(send_socket.ControlError, match="more than it should"):
        control.look()


def test_silence(serve, monkeypatch):
    monkeypatch.setattr(send_control, "_LOOK_TIMEOUT", 0.1)
    _, control = serve(None)
    with pytest.raises(send_socket.Silent):
        control.look()


def test_nobody_there(tmp_path, serve):
    with pytest.raises(send_socket.Away):
        send_control.Control(tmp_path / "nothing.sock").look()
    service, control = serve(b"")
    service.shutdown()
    service.server_close()
    with pytest.raises(send_socket.Away):
        control.look()


@pytest.mark.parametrize(
    ("brought", "handed_over"),
    [
        ({TENANT["uuid"]: TENANT, OTHER["uuid"]: OTHER}, [TENANT]),
        ({OTHER["uuid"]: OTHER, "../x": TENANT, "x\r\ny": TENANT}, []),
        ({TENANT["uuid"]: "text"}, []),
    ],
)
def test_what_was_not_told_is_not_handed_over(serve, brought, handed_over):
    """The service would have it as a tenant, with keys that open."""
    value = target_value(tenants=[TENANT])
    value["bulk"]["texts"]["tenants"] = {TENANT["uuid"]: documents.text(brought)}
    node = fetcher.Fetcher(None, NoTexts())
    payload = node.read(value).payload
    service, control = serve(_answer(204))
    tenants.Tenants(control, node).bring(payload, send_control.Held({}, ""))
    assert [octets.split(b" ", 2)[1].decode() for octets in service.asked] == [
        f"/v1/managed/tenants/{one['uuid']}" for one in handed_over
    ]
