# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Reports: they hold up neither other reading nor the reports of others."""

import asyncio
import pathlib
import threading

from exordos_mail.send.api import routes
from exordos_mail.send.storage import database, sqlite
from exordos_mail.send.storage.reports import Reports, Turns


class _Slow:
    """A unit that is under way until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self, tx: database.Transaction) -> None:
        self.begun.set()
        assert self.go.wait(60)


async def _begun(unit: _Slow) -> None:
    assert await asyncio.to_thread(unit.begun.wait, 60)


def test_a_short_read_waits_for_no_report(tmp_path: pathlib.Path) -> None:
    async def scenario() -> None:
        base = sqlite.SqliteDatabase(tmp_path / "db")
        slow = [_Slow() for _ in range(sqlite.REPORTERS)]
        tasks = [asyncio.create_task(base.report(one)) for one in slow]
        try:
            for one in slow:
                await _begun(one)
            assert await asyncio.wait_for(base.read(lambda tx: 1), 60) == 1
        finally:
            for one in slow:
                one.go.set()
            await asyncio.gather(*tasks)
            await asyncio.to_thread(base.close)

    asyncio.run(scenario())


def test_a_tenant_has_one_report_at_a_time(tmp_path: pathlib.Path) -> None:
    async def scenario() -> None:
        base = sqlite.SqliteDatabase(tmp_path / "db")
        turns = Turns()
        first, second = _Slow(), _Slow()
        mine = [
            asyncio.create_task(Reports(base, turns.of("mine")).read(one))
            for one in (first, second)
        ]
        try:
            await _begun(first)
            # Others have their turn, and after it the second one has not begun.
            other = Reports(base, turns.of("other"))
            for number in range(5):
                assert await asyncio.wait_for(other.read(lambda tx: 1), 60), number
            assert not second.begun.is_set()
            first.go.set()
            await _begun(second)
        finally:
            first.go.set()
            second.go.set()
            await asyncio.gather(*mine)
            await asyncio.to_thread(base.close)

    asyncio.run(scenario())


def test_lists_and_metrics_are_reports_and_what_is_found_by_a_key_is_not() -> None:
    found = {row.path for row in routes.TABLE if row.reports}
    assert {"/v1/messages", "/v1/messages/counts", "/metrics", "/v1/commands"} <= found
    assert not {path for path in found if "{" in path or path.startswith("/health")}
