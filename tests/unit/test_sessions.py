# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whose session a process is: of who logged in with it, not with its number."""

import datetime
import pathlib

import pytest

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.exim import sessions

PID = 4711
LOGIN = datetime.datetime(2026, 11, 21, 10, 0, 0, 123000)
SECOND = datetime.timedelta(seconds=1)


def session(started: datetime.datetime) -> sessions.Session:
    """Return a process of that number."""
    return sessions.Session(PID, started, holds_old_accounts=False)


def logged_in(
    root: pathlib.Path, *lines: str
) -> dict[int, tuple[datetime.datetime, str]]:
    """Return the logins of a log."""
    layout = layout_lib.Layout(root=root)
    log = layout.disk(f"{layout.log_dir}/mainlog")
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"{line}\n" for line in lines))
    return sessions._logins(layout, LOGIN - 3600 * SECOND)


def line(when: datetime.datetime, address: str) -> str:
    """Return what exim notes of a login."""
    stamp = when.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return f"{stamp} [{PID}] AUTHENTICATED id={address} H=[192.0.2.1]:25"


def test_login_is_of_the_process_that_ran_then(tmp_path: pathlib.Path) -> None:
    logins = logged_in(tmp_path, line(LOGIN, "alice@example.com"))
    assert sessions._login_of(session(LOGIN - SECOND), logins) == "alice@example.com"


def test_login_of_a_reused_pid_does_not_count(tmp_path: pathlib.Path) -> None:
    logins = logged_in(tmp_path, line(LOGIN, "alice@example.com"))
    assert sessions._login_of(session(LOGIN + SECOND), logins) is None


def test_last_login_of_a_pid_counts(tmp_path: pathlib.Path) -> None:
    later = LOGIN + 60 * SECOND
    lines = line(LOGIN, "alice@example.com"), line(later, "bob@example.com")
    logins = logged_in(tmp_path, *lines)
    assert sessions._login_of(session(later - SECOND), logins) == "bob@example.com"


def test_login_before_the_log_was_rotated_counts(tmp_path: pathlib.Path) -> None:
    logged_in(tmp_path, line(LOGIN, "alice@example.com"))
    layout = layout_lib.Layout(root=tmp_path)
    log = layout.disk(f"{layout.log_dir}/mainlog")
    log.rename(log.with_name("mainlog.1"))
    log.write_text("")
    found = sessions._logins(layout, LOGIN - SECOND)
    assert sessions._login_of(session(LOGIN - SECOND), found) == "alice@example.com"


def test_log_is_read_backwards_and_no_further_than_asked(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Lines longer and shorter than what is read at once.
    monkeypatch.setattr(sessions, "_BLOCK", 100)
    early = line(LOGIN - 600 * SECOND, "early@example.com").replace("4711", "1")
    lines = early, line(LOGIN, "alice@example.com") + " " + "x" * 250, "no stamp"
    logged_in(tmp_path, *lines)
    layout = layout_lib.Layout(root=tmp_path)
    assert set(sessions._logins(layout, LOGIN)) == {PID}
    assert set(sessions._logins(layout, LOGIN - 3600 * SECOND)) == {1, PID}
