# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Logins, as exim's log has them, and as the control plane is told of them."""

import time
import typing as tp

import pytest

from exordos_mail.dataplane.engine import logins, observer
from exordos_mail.dataplane.services.outcomes import logins as of_exim

_HEAD = b"2026-11-30 10:00:00.123 [7] "
_AT = int(time.mktime((2026, 11, 30, 10, 0, 0, 0, 0, -1)))
_APP = "3f0c2a4e-5b7d-4d1e-9c38-1a2b3c4d5e6f"
_ALICE = b"AUTHENTICATED id=alice@example.com H=[2001:db8::1]:40000"


class Seen(observer.FactTeller):
    """Keeps all that is shown."""

    def __init__(self) -> None:
        super().__init__(None)
        self.shown: list[tuple[str, tp.Any]] = []

    def show(self, kind: str, facts: tp.Any) -> None:
        self.shown += [(kind, fact) for fact in facts.values()]


def _login(at: int, service: str = "imap", app: str = "") -> logins.Login:
    return logins.Login(service, "alice@example.com", app, at)


@pytest.mark.parametrize(
    ("end", "app"), [(b"", ""), (b" A=-", ""), (b" A=" + _APP.encode(), _APP)]
)
def test_a_login_is_read(end: bytes, app: str) -> None:
    (found,) = of_exim.read([_HEAD + _ALICE + end])
    assert found == logins.Login("smtp", "alice@example.com", app, _AT)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        _HEAD + _ALICE + b" A=x",
        _HEAD + b"H=(" + _ALICE + b")",
        _HEAD + b"1xXnG6-000001-1V <= " + _ALICE,
        _ALICE,
        _HEAD + b"AUTHENTICATED id=a b H=[192.0.2.1]:1",
    ],
)
def test_what_is_no_login_is_left_out(line: bytes) -> None:
    assert of_exim.read([line, _HEAD + _ALICE]) == of_exim.read([_HEAD + _ALICE])


def test_one_in_an_hour_of_each_service_and_app_password() -> None:
    seen = Seen()
    teller = logins.Teller(seen)
    teller.tell([_login(100), _login(101), _login(102, "pop3")])
    teller.tell([_login(100 + logins.GRAIN - 1, app="a"), _login(200, app="a")])
    teller.tell([_login(100 + logins.GRAIN)])
    assert [(kind, fact.get("service"), fact["at"]) for kind, fact in seen.shown] == [
        ("logins", "imap", 100),
        ("logins", "pop3", 102),
        ("app-passwords", None, 100 + logins.GRAIN - 1),
        ("logins", "imap", 100 + logins.GRAIN),
    ]


def test_a_clock_that_was_put_back_does_not_silence_anybody() -> None:
    seen = Seen()
    teller = logins.Teller(seen)
    teller.tell([_login(10**9)])
    teller.tell([_login(10**9 - 2 * logins.GRAIN)])
    assert len(seen.shown) == 2


def test_memory_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "_ROOM", 3)
    teller = logins.Teller(Seen())
    for number in range(100):
        teller.tell([_login(number * logins.GRAIN, service=f"s{number}")])
    assert len(teller._told) < 10
