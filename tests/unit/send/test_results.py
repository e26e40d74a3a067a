# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Results of attempts, written together to a real SQLite database."""

import asyncio
import pathlib

import pytest

from exordos_mail.send import backoff, clock, seed
from exordos_mail.send.content import check, request
from exordos_mail.send.delivery import results as written
from exordos_mail.send.delivery.results import Results
from exordos_mail.send.events import records as events
from exordos_mail.send.messages import records as messages
from exordos_mail.send.queue import accept, claim
from exordos_mail.send.queue.job import Lane, Outcome, Result
from exordos_mail.send.storage import database, sqlite

_LANE = Lane("default", "default")
_WORKER = "me"
#: Half a character: what no database takes.
_BAD = "\ud800"


def _accept(tx: database.Transaction, count: int) -> None:
    draft = check.check(
        request.MessageIn(from_="a@example.com", to="b@example.net", text="x"),
        clock.now(),
    )
    accept.accept(tx, "default", [draft] * count, True, "admin", clock.now())


def _outcome(job: claim.Job, reply: str) -> Outcome:
    result = Result(0, "b@example.net", "sent", code=250, reply=reply)
    return Outcome(job, [result], "server:25", _WORKER)


def test_result_that_cannot_be_stored_takes_no_other_along(
    tmp_path: pathlib.Path,
) -> None:
    async def scenario() -> None:
        base = sqlite.SqliteDatabase(tmp_path / "db")
        try:
            await asyncio.to_thread(base.migrate)
            await base.write(seed.seed, ("127.0.0.1", 25))
            await base.write(_accept, 4)
            claimed = await base.write(claim.claim, _LANE, _WORKER, 4, 3, clock.now())
            results = Results(base, backoff.parse("30"))
            # The first is on its way when the others come: these go together.
            replies = ("ok", "ok", _BAD, "ok")
            writing = asyncio.gather(
                *(
                    results.write(_outcome(job, reply))
                    for job, reply in zip(claimed.jobs, replies, strict=True)
                ),
                return_exceptions=True,
            )
            ended = await asyncio.wait_for(writing, 30)
            await results.drain()
            assert [type(one) for one in ended] == [
                *(type(None), type(None)),
                *(database.BadValue, type(None)),
            ]
            found = await base.read(messages.counts, "default", "")
            assert (found["sent"], found["sending"]) == (3, 1)
            rows = await base.read(events.after, "default", 4, 100)
            assert [(row.seq, row.type) for row in rows] == [
                (5, "sent"),
                (6, "sent"),
                (7, "sent"),
            ]
        finally:
            await asyncio.to_thread(base.close)

    asyncio.run(scenario())


def test_stop_does_not_wait_for_a_database_that_stays_away(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written, "_PATIENCE", 0.2)

    async def scenario() -> None:
        base = sqlite.SqliteDatabase(tmp_path / "db")
        await asyncio.to_thread(base.close)
        job = claim.Job(
            lane=_LANE,
            id="1",
            sender="a@example.com",
            priority=2,
            attempt=1,
            created_at=0,
            due_at=0,
            expires_at=1,
            recipients=[(0, "b@example.net")],
            body=b"",
        )
        results = Results(base, backoff.parse("30"))
        waiting = asyncio.ensure_future(results.write(_outcome(job, "ok")))
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait_for(results.drain(), 30)

    asyncio.run(scenario())
