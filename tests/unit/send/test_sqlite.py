# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The writing thread of a real SQLite database."""

import asyncio
import pathlib
import sqlite3
import subprocess
import sys
import threading
import typing as tp

import pytest

from exordos_mail.send.storage import database, sql, sqlite

_ADD = sql.statement(
    "INSERT INTO event_counters (tenant_id, last) VALUES (:name, :number)"
)
_ALL = sql.statement("SELECT tenant_id FROM event_counters ORDER BY last")
_Scenario = tp.Callable[[sqlite.SqliteDatabase], tp.Awaitable[None]]


def _add(tx: database.Transaction, name: str, number: int) -> int:
    tx.run(_ADD, name=name, number=number)
    return number


def _add_and_fail(tx: database.Transaction) -> None:
    _add(tx, "undone", 0)
    raise LookupError("on purpose")


def _names(tx: database.Transaction) -> list[str]:
    return [row["tenant_id"] for row in tx.rows(_ALL)]


def _run(tmp_path: pathlib.Path, scenario: _Scenario) -> None:
    async def whole() -> None:
        base = sqlite.SqliteDatabase(tmp_path / "db")
        try:
            await asyncio.to_thread(base.migrate)
            await scenario(base)
        finally:
            await asyncio.to_thread(base.close)

    asyncio.run(whole())


async def _together(
    base: sqlite.SqliteDatabase,
    *units: tp.Coroutine[tp.Any, tp.Any, tp.Any],
    leave: int = 0,
) -> list[tp.Any]:
    """Give units to a writer that is busy: they become one group.

    Args:
        leave: how many of the callers, the first ones, go away meanwhile.
    """
    free = threading.Event()
    busy = asyncio.ensure_future(base.write(lambda tx: free.wait()))
    tasks = [asyncio.ensure_future(unit) for unit in units]
    await asyncio.sleep(0)
    for task in tasks[:leave]:
        task.cancel()
    free.set()
    await busy
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_unit_that_fails_undoes_only_itself(tmp_path: pathlib.Path) -> None:
    async def scenario(base: sqlite.SqliteDatabase) -> None:
        results = await _together(
            base,
            base.write(_add, "a", 1),
            base.write(_add_and_fail),
            base.write(_add, "a", 2),
            base.write(_add, "b", 3),
        )
        assert [results[0], results[3]] == [1, 3]
        assert isinstance(results[1], LookupError)
        assert isinstance(results[2], database.Conflict)
        assert await base.read(_names) == ["a", "b"]

    _run(tmp_path, scenario)


def test_caller_that_goes_away_undoes_nothing(tmp_path: pathlib.Path) -> None:
    async def scenario(base: sqlite.SqliteDatabase) -> None:
        gone, other = await _together(
            base, base.write(_add, "a", 1), base.write(_add, "b", 2), leave=1
        )
        assert isinstance(gone, asyncio.CancelledError)
        assert other == 2
        assert await base.read(_names) == ["a", "b"]

    _run(tmp_path, scenario)


def test_who_listens_is_told_after_the_commit_and_of_no_other(
    tmp_path: pathlib.Path,
) -> None:
    def ring(tx: database.Transaction, number: int) -> None:
        _add(tx, "a", number)
        tx.ring()

    async def scenario(base: sqlite.SqliteDatabase) -> None:
        told: list[int] = []
        base.listen(lambda: told.append(threading.get_ident()))
        await base.write(_add, "b", 1)
        with pytest.raises(database.Conflict):
            await base.write(lambda tx: (tx.ring(), _add(tx, "b", 2)))
        assert told == []
        await base.write(ring, 3)
        assert len(told) == 1
        # Once for the whole group.
        await _together(base, base.write(_add, "c", 1), base.write(tell_only))
        assert len(told) == 2

    def tell_only(tx: database.Transaction) -> None:
        tx.ring()

    _run(tmp_path, scenario)


def test_readers_that_come_at_once_need_no_lock(tmp_path: pathlib.Path) -> None:
    async def scenario(base: sqlite.SqliteDatabase) -> None:
        locked = sqlite3.connect(tmp_path / "db", isolation_level=None)
        try:
            locked.execute("BEGIN IMMEDIATE")
            found = await asyncio.gather(*[base.report(_names) for _ in range(20)])
        finally:
            locked.close()
        assert found == [[]] * 20
        assert await base.read(_journal) == "wal"

    _run(tmp_path, scenario)


def _journal(tx: database.Transaction) -> str:
    mode: str = tx.row(sql.statement("PRAGMA journal_mode"))["journal_mode"]
    return mode


def test_a_program_that_fails_before_it_closes_the_database_ends(
    tmp_path: pathlib.Path,
) -> None:
    program = (
        "import pathlib, sys\n"
        "from exordos_mail.send.storage import sqlite\n"
        "sqlite.SqliteDatabase(pathlib.Path(sys.argv[1])).migrate()\n"
        "raise SystemExit(7)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "db"], timeout=60, check=False
    )
    assert ended.returncode == 7
