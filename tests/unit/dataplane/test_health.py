# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""When a door counts as failed, since when, and who waits for one that hangs."""

import collections.abc as abc
import contextlib
import os
import pathlib
import socket
import ssl
import threading
import typing as tp

import pytest

from exordos_mail.dataplane.engine import door, health, service, standing
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.standards import dialogue
from tests.integration.support import waiting

_OK = door.Finding("ok", "")
_BAD, _WORSE = door.Finding("failed", "a"), door.Finding("failed", "b")
_WEAK = door.Finding("degraded", "c")


def _told(
    findings: abc.Iterable[door.Finding], before: standing.Standing | None = None
) -> tuple[str, str, float] | None:
    """Return what is told after findings at the seconds 1, 2, 3 and so on."""
    judge = standing.Judge(before)
    for now, found in enumerate(findings, 1):
        judge.take(found, now)
    told = judge.told
    return (told.state, told.reason, told.since) if told else None


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        ([], None),
        ([_OK], ("ok", "", 1)),
        ([_BAD], None),
        ([_BAD, _BAD], ("failed", "a", 1)),
        ([_BAD, _OK], ("ok", "", 2)),
        ([_BAD, _WEAK, _BAD], None),
        ([_BAD, _WEAK, _BAD, _WEAK], ("degraded", "c", 4)),
        ([_OK, _BAD], ("ok", "", 1)),
        ([_OK, _BAD, _BAD], ("failed", "a", 2)),
        ([_OK, _BAD, _WEAK, _BAD, _WEAK], ("ok", "", 1)),
        ([_OK, *[_BAD, _OK] * 5], ("ok", "", 1)),
        ([_OK, _BAD, _BAD, _OK], ("failed", "a", 2)),
        ([_OK, _BAD, _BAD, _OK, _OK], ("ok", "", 4)),
        ([_BAD, _BAD, _WORSE], ("failed", "a", 1)),
        ([_BAD, _BAD, _WORSE, _WORSE], ("failed", "b", 1)),
        ([_BAD, _WORSE, _BAD, _WORSE], ("failed", "b", 1)),
    ],
)
def test_a_state_changes_when_it_was_found_twice_in_a_row(
    findings: list[door.Finding], told: tp.Any
) -> None:
    assert _told(findings) == told


def test_who_starts_anew_knows_since_when_but_not_of_another_state() -> None:
    before = standing.Standing("failed", "x", -5)
    assert _told([_BAD, _BAD], before) == ("failed", "a", -5)
    assert _told([_OK], before) == ("ok", "", 1)
    assert _told([_OK, _BAD, _BAD], before) == ("failed", "a", 2)


@contextlib.contextmanager
def _peer(speak: tp.Callable[[socket.socket], None]) -> tp.Iterator[int]:
    """Answer one caller at a port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError), listener.accept()[0] as connection:
                speak(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def _drip(octets: bytes, connection: socket.socket) -> None:
    """Say an octet now and then, for ever, and read nothing."""
    pause = threading.Event()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        for octet in octets:
            connection.sendall(bytes([octet]))
            pause.wait(0.05)


def _record(connection: socket.socket) -> None:
    """Begin a TLS record that never ends."""
    connection.sendall(b"\x16\x03\x03\x40\x00")
    _drip(b"\x02", connection)


def _answers(*lines: bytes) -> tp.Callable[[socket.socket], None]:
    def speak(connection: socket.socket) -> None:
        for line in lines:
            connection.sendall(line)
            connection.recv(1024)

    return speak


@pytest.mark.parametrize(
    ("speak", "tls", "state", "reason"),
    [
        (_answers(b"HTTP/1.1 400 Bad Request\r\n"), False, "failed", "the server said"),
        (_answers(b"421 full\r\n"), False, "failed", "the server said: 421 full"),
        (_answers(b"220 x\r\n", b"250 x\r\n"), False, "degraded", "it offers no TLS"),
        (_answers(b"220 x\r\n", b"500 no\r\n"), False, "degraded", "said: 500 no"),
        (_answers(b"\xff\x00" * 70_000), False, "failed", "the server said"),
        (_answers(b"220-\r\n" * 50_000), False, "failed", "the server said"),
        (_answers(b"\n" * 200_000), False, "failed", "closed the connection"),
        (lambda one: None, False, "failed", "closed the connection"),
        (lambda one: None, True, "failed", ""),
        (_answers(b"220 x\r\n" * 10), True, "failed", "TLS fails"),
        (lambda one: _drip(b"220-", one), False, "failed", "no answer in time"),
        (lambda one: _drip(b"2", one), False, "failed", "no answer in time"),
        (_record, True, "failed", "no answer in time"),
    ],
)
def test_a_port_is_what_it_says_however_slowly(
    speak: tp.Callable[[socket.socket], None],
    tls: bool,
    state: str,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(door, "SECONDS", 0.5)
    with _peer(speak) as port:
        found = door.find(door.speaking("SMTP", port, dialogue.SMTP, tls))
    assert found.state == state
    assert reason in found.reason
    assert found.reason.isprintable() and len(found.reason) <= 500


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (ConnectionRefusedError(111, "no"), "nobody listens"),
        (FileNotFoundError(2, "No such file", "/run/x"), "/run/x: No such file"),
        (service.Problem("it is away\n"), "it is away"),
        (ssl.SSLError(1, "x"), "TLS fails"),
        (ZeroDivisionError("a secret"), "internal error: ZeroDivisionError"),
    ],
)
def test_whatever_a_look_raises_is_a_failure(raised: Exception, reason: str) -> None:
    def look() -> str:
        raise raised

    found = door.find(service.Door("x", look))
    assert found.state == "failed"
    assert found.reason.startswith(reason)


@pytest.fixture
def doors(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> tp.Iterator[health.HealthWatch]:
    monkeypatch.setattr(health, "PERIOD", 0.02)
    monkeypatch.setattr(health, "AGAIN", 0.01)
    names = {"root": os.getuid()}, {"root": os.getgid()}
    layout = layout_lib.Layout(root=tmp_path, users=names[0], groups=names[1])
    found = health.HealthWatch(layout)
    found.begin()
    yield found
    found.forget()


def _states(doors: health.HealthWatch) -> dict[int, str]:
    told = doors.told()
    return {one["port"]: one["state"] for one in told["services"]} if told else {}


def _watched(
    **looks: tp.Callable[[], str],
) -> dict[health.Key, service.Door]:
    return {
        ("x", int(port[1:]), None, "p"): service.Door("p", look, port=int(port[1:]))
        for port, look in looks.items()
    }


def test_one_that_hangs_fails_and_delays_no_other(
    doors: health.HealthWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, said = threading.Event(), [""]

    def hang() -> str:
        go_on.wait()
        return ""

    monkeypatch.setattr(health, "PATIENCE", 0.05)
    doors.watch(_watched(_1=hang, _2=lambda: said[0]))
    waiting.until(lambda: _states(doors) == {1: "failed", 2: "ok"}, "both are told")
    said[0] = "less than it should"
    waiting.until(lambda: _states(doors)[2] == "degraded", "the other one is looked at")
    go_on.set()
    waiting.until(lambda: _states(doors)[1] == "ok", "it is back")


def test_one_that_is_gone_is_told_no_more_and_a_new_one_is(
    doors: health.HealthWatch,
) -> None:
    doors.watch(_watched(_1=lambda: "", _2=lambda: ""))
    waiting.until(lambda: set(_states(doors)) == {1, 2}, "both are told")
    doors.watch(_watched(_2=lambda: "", _3=lambda: ""))
    waiting.until(lambda: set(_states(doors)) == {2, 3}, "the others are told")


def test_nothing_is_told_or_looked_at_before_it_begins(tmp_path: pathlib.Path) -> None:
    looked: list[str] = []

    def look() -> str:
        looked.append("")
        return ""

    found = health.HealthWatch(layout_lib.Layout(root=tmp_path))
    found.watch(_watched(_1=look))
    assert found.told() is None
    assert not looked


def test_a_damaged_memory_is_none(
    doors: health.HealthWatch, tmp_path: pathlib.Path
) -> None:
    doors.watch(_watched(_1=lambda: ""))
    waiting.until(lambda: _states(doors), "it is told")
    (path,) = tmp_path.rglob("health.json")
    whole = path.read_bytes()
    for content in (b"", whole[:-3], b"\xff", b"7", b"[7]", b"[[1, 2]]", b"{}"):
        path.write_bytes(content)
        assert health._kept(path) == {}


def test_the_report_changes_for_a_sign_of_life_alone(
    doors: health.HealthWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []

    def look() -> str:
        looks.append("")
        return ""

    doors.watch(_watched(_1=look))
    waiting.until(lambda: _states(doors), "it is told")
    told = doors.told()
    seen = len(looks)
    waiting.until(lambda: len(looks) > seen + 2, "it is looked at")
    assert doors.told() == told
    monkeypatch.setattr(doors, "_sign", ("2020-01-01T12:00:00Z", 0.0))
    later = doors.told()
    assert told is not None and later is not None
    assert later["services"] == told["services"]
    assert later["alive_at"] > "2020-01-01T12:00:00Z"
