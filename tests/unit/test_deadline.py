# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whoever drips, and never ends, is listened to for a bounded time only.

The peers here go on until they are cut off: without a deadline no test ends.
"""

import contextlib
import itertools
import pathlib
import smtplib
import socket
import threading
import typing as tp

import pytest

from exordos_mail.dataplane.engine import deadline, send_socket
from exordos_mail.dataplane.services.exim import probe
from exordos_mail.dataplane.services.send import control as send_control

_LITTLE = 0.01  # seconds between two octets: each comes well within any timeout


@contextlib.contextmanager
def dripping(listener: socket.socket, said: bytes, again: bytes) -> tp.Iterator[None]:
    """Answer connections with `said`, and then with `again` octet by octet."""
    stopped = threading.Event()

    def speak(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            for octet in itertools.chain(said, itertools.cycle(again)):
                connection.sendall(bytes([octet]))
                if stopped.wait(_LITTLE):
                    return

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=speak, args=[connection], daemon=True).start()

    listener.listen()
    threading.Thread(target=serve, daemon=True).start()
    try:
        yield
    finally:
        stopped.set()
        listener.close()


@pytest.fixture
def port() -> tp.Iterator[tuple[int, socket.socket]]:
    """A port of the loopback and its listener."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1], listener


_HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("said", "again"),
    [
        (b"", b"H"),
        (_HEAD, b"X: y\r\n"),
        (_HEAD + b"Content-Length: 900000\r\n\r\n", b" "),
        (_HEAD + b"\r\n", b" "),
        (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_send_service_that_drips(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, said: bytes, again: bytes
) -> None:
    monkeypatch.setattr(send_control, "_LOOK_TIMEOUT", 0.2)
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        with dripping(listener, said, again), pytest.raises(send_socket.Silent):
            send_control.Control(path).look()


def test_exim_that_drips_its_greeting(
    port: tuple[int, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "_TIMEOUT", 0.2)
    too_late = pytest.raises(probe.ProbeError, match="timed out")
    with dripping(port[1], b"220 ", b"x"), too_late:
        probe._revision(port[0])


@pytest.mark.parametrize("again", [b"x", b"220-x\r\n"])
def test_exim_that_drips_in_a_dialogue(
    port: tuple[int, socket.socket], again: bytes
) -> None:
    broken = pytest.raises((OSError, smtplib.SMTPException))
    with dripping(port[1], b"220-", again), broken:
        probe.connect(port[0], seconds=0.2)


def test_conversation_in_time_is_left_alone() -> None:
    mine, theirs = socket.socketpair()
    with mine, theirs:
        with deadline.Deadline(60, lambda: mine):
            theirs.sendall(b"x")
            assert mine.recv(1) == b"x"
        theirs.sendall(b"y")
        assert mine.recv(1) == b"y"


def test_what_looks_whole_after_the_deadline_is_not_taken() -> None:
    mine, theirs = socket.socketpair()
    too_late, end = pytest.raises(TimeoutError), deadline.Deadline(0, lambda: mine)
    with mine, theirs, too_late, end:
        # Ended by the deadline: nobody else does.
        assert mine.recv(1) == b""


def test_other_errors_stay_what_they_are() -> None:
    mine, theirs = socket.socketpair()
    other, end = pytest.raises(ZeroDivisionError), deadline.Deadline(0, lambda: mine)
    with mine, theirs, other, end:
        mine.recv(1)
        raise ZeroDivisionError
