# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Sliding windows, on a real database."""

import pathlib
import sqlite3

import pytest

from exordos_mail.send.queue import limits
from exordos_mail.send.storage import sqlite

_MINUTE = 60_000
_START = 1_700_000_000_000


@pytest.fixture
def tx(tmp_path: pathlib.Path) -> sqlite.SqliteTransaction:
    base = sqlite.SqliteDatabase(tmp_path / "db")
    base.migrate()
    base.close()
    connection = sqlite3.connect(tmp_path / "db", isolation_level=None)
    connection.row_factory = sqlite3.Row
    return sqlite.SqliteTransaction(connection)


def _limit(count: int) -> list[limits.Limit]:
    return [limits.Limit("relay a b", limits.SPANS[0], count)]


def test_never_more_than_the_limit_in_any_minute(tx: sqlite.SqliteTransaction) -> None:
    claimed: list[int] = []
    for now in range(_START, _START + 5 * _MINUTE, 370):
        found = limits.allowance(tx, _limit(7), 3, now)
        limits.count(tx, _limit(7), found.count, now)
        claimed += [now] * found.count
    for moment in claimed:
        in_window = [one for one in claimed if moment <= one < moment + _MINUTE]
        assert len(in_window) <= 7
    # And not much less: a step of a second is lost at the most.
    assert len(claimed) >= 7 * 4


def test_when_to_ask_again(tx: sqlite.SqliteTransaction) -> None:
    limits.count(tx, _limit(2), 2, _START)
    found = limits.allowance(tx, _limit(2), 5, _START + 10)
    assert found.count == 0
    assert limits.allowance(tx, _limit(2), 5, found.again_at - 1000).count == 0
    assert limits.allowance(tx, _limit(2), 5, found.again_at).count == 2


def test_the_tightest_limit_holds(tx: sqlite.SqliteTransaction) -> None:
    both = [*_limit(10), limits.Limit("tenant a", limits.SPANS[1], 4)]
    assert limits.allowance(tx, both, 100, _START).count == 4
    limits.count(tx, both, 4, _START)
    assert limits.allowance(tx, both, 100, _START + 10 * _MINUTE).count == 0


def test_clock_set_back_does_not_stop_the_mail(tx: sqlite.SqliteTransaction) -> None:
    limits.count(tx, _limit(2), 2, _START)
    assert limits.allowance(tx, _limit(2), 5, _START - 3600_000).count == 2


def test_old_steps_are_forgotten(tx: sqlite.SqliteTransaction) -> None:
    limits.count(tx, _limit(2), 2, _START)
    assert limits.forget(tx, _START + 3600_000) == 0
    assert limits.forget(tx, _START + 2 * 86400_000) == 1
