# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Every statement that changes a state goes where the state table says, on SQLite."""

import collections.abc as abc
import importlib
import itertools
import pathlib
import re
import typing as tp

import pytest

from exordos_mail import send
from exordos_mail.send import backoff, seed
from exordos_mail.send.content import check, request
from exordos_mail.send.messages import records as messages
from exordos_mail.send.queue import (
    accept,
    claim,
    erasure,
    removal,
    settle,
    states,
    suppressions,
    sweep,
    upkeep,
)
from exordos_mail.send.queue.job import Job, Lane, Outcome, Result
from exordos_mail.send.storage import sql
from exordos_mail.send.storage.sqlite_connection import SqliteTransaction
from exordos_mail.send.suspensions import records as suspensions
from tests.unit.send import memory_database

_LANE = Lane("default", "default")
_NOW = 1_800_000_000_000
#: After the message has expired.
_LATE = _NOW + 61_000
_RESULTS = (states.SENT, states.FAILED, states.DEFERRED)
_Step = tuple[str, str]
#: A unit of work on the message with this id.
_Work = tp.Callable[[SqliteTransaction, str], tp.Any]
_CHANGES = re.compile(r"UPDATE\s+(messages|recipients)\s+SET\s[^;]*?\bstate\s*=")


class _Recorder(SqliteTransaction):
    """Remembers which statements were run."""

    seen: tp.ClassVar[set[sql.Statement]] = set()

    def rows(self, statement: sql.Statement, **parameters: object) -> list[tp.Any]:
        self.seen.add(statement)
        return super().rows(statement, **parameters)

    def run(self, statement: sql.Statement, **parameters: object) -> int:
        self.seen.add(statement)
        return super().run(statement, **parameters)

    def run_many(
        self, statement: sql.Statement, rows: abc.Iterable[abc.Sequence[tp.Any]]
    ) -> None:
        given = list(rows)
        if given:
            self.seen.add(statement)
        super().run_many(statement, given)


_NOTE = """
CREATE TRIGGER {table}_steps AFTER UPDATE OF state ON {table}
WHEN old.state <> new.state
BEGIN INSERT INTO steps VALUES ('{table}', old.state, new.state); END
"""


def _world() -> _Recorder:
    connection = memory_database.empty()._connection
    connection.execute("CREATE TABLE steps (of_table TEXT, old TEXT, new TEXT)")
    for table in ("messages", "recipients"):
        connection.execute(_NOTE.format(table=table))
    found = _Recorder(connection)
    seed.seed(found, ("127.0.0.1", 25))
    return found


def _message(tx: SqliteTransaction, state: str, reached: bool) -> str:
    """Return a message in a state; `reached`: one of its recipients has got it."""
    given = request.MessageIn(
        from_="a@example.com",
        to=["b@example.net", "c@example.net"],
        text="x",
        batch="b",
        expires_at=_NOW / 1000 + 60,
    )
    draft = check.check(given, _NOW)
    verdict = accept.accept(tx, "default", [draft], True, "admin", _NOW)[0]
    assert isinstance(verdict, accept.Accepted)
    worker = "'me'" if state == states.SENDING else "NULL"
    final = "1" if state in states.FINAL else "NULL"
    tx._connection.execute(
        f"UPDATE messages SET state = '{state}', worker_id = {worker},"  # noqa: S608
        f" final_at = {final} WHERE id = '{verdict.id}'"
    )
    ended = states.SENT if reached else states.FAILED
    which = "position = 0" if reached else "1 = 0"
    if state in states.FINAL:
        which = "1 = 1"
    tx._connection.execute(
        f"UPDATE recipients SET state = '{ended}' WHERE {which}"  # noqa: S608
    )
    tx._connection.execute("DELETE FROM steps")
    return verdict.id


def _job(tx: SqliteTransaction, message_id: str) -> Job:
    found = [
        (position, row.address)
        for position, row in enumerate(messages.recipients(tx, message_id))
        if row.state == states.RECIPIENT_WAITING
    ]
    return Job(_LANE, message_id, "", 2, 1, 0, 0, _LATE, found, b"")


def _settled(*kinds: str, now: int = _NOW) -> _Work:
    def work(tx: SqliteTransaction, message_id: str) -> None:
        job = _job(tx, message_id)
        results = [
            Result(at, to, kind)
            for (at, to), kind in zip(
                reversed(job.recipients), reversed(kinds), strict=False
            )
        ]
        outcome = Outcome(job, results, "server:25", "me")
        settle.settle(tx, "default", [outcome], backoff.Backoff((1.0,)), now)

    return work


def _claimed(now: int = _NOW, orphaned: int = 0, limit: str = "") -> _Work:
    def work(tx: SqliteTransaction, message_id: str) -> None:
        tx._connection.execute("UPDATE messages SET orphaned = ?", (orphaned,))
        if limit:
            tx._connection.execute(
                "UPDATE relays SET limit_minute = 0, over_limit = ?", (limit,)
            )
        claim.claim(tx, _LANE, "me", 10, 3, now)

    return work


def _suppressed(tx: SqliteTransaction, message_id: str) -> None:
    for name in "bc":
        address = f"{name}@example.net"
        suppressions.add(tx, "default", address, "x", suppressions.MANUAL, _NOW)
    settle.withhold(tx, [_job(tx, message_id)], "me", _NOW)


def _at_rest_only(work: _Work) -> _Work:
    def tried(tx: SqliteTransaction, message_id: str) -> None:
        try:
            work(tx, message_id)
        except messages.NotAtRest:
            return

    return tried


def _rescheduled(due_at: int | None) -> _Work:
    return _at_rest_only(
        lambda tx, one: messages.reschedule(
            tx, "default", one, due_at, None, _LATE + 9**9, "admin", _NOW
        )
    )


def _removed(tx: SqliteTransaction, message_id: str) -> None:
    removal.begin(tx, "default", "default")
    removal.settle(tx, _NOW)


_WORKS: dict[str, _Work] = {
    "claim": _claimed(),
    "claim of a suspect": _claimed(orphaned=claim.SUSPECT),
    "claim of poison": _claimed(orphaned=claim.ORPHANED_MAX),
    "claim of what has expired": _claimed(_LATE),
    "claim over the limit": _claimed(limit="reject"),
    "claim that a limit defers": _claimed(limit="defer"),
    **{
        f"settle {kinds}": _settled(*kinds)
        for kinds in itertools.product(_RESULTS, _RESULTS)
    },
    "settle after the expiry": _settled(states.DEFERRED, states.DEFERRED, now=_LATE),
    "withhold": _suppressed,
    "a worker dies": lambda tx, one: upkeep.release(tx, "me", True, _NOW),
    "a claim is released": lambda tx, one: upkeep.release_some(
        tx, "me", [one], "server_unavailable", _NOW
    ),
    "expire": lambda tx, one: upkeep.expire(tx, _LATE),
    "remove the relay": _removed,
    "cancel": _at_rest_only(
        lambda tx, one: messages.cancel(tx, "default", one, "admin", _NOW)
    ),
    "sweep": lambda tx, one: sweep.begin(
        tx, "default", sweep.CANCEL, sweep.Selection(batch="b"), "admin", _NOW
    ),
    "erase": lambda tx, one: erasure.begin(
        tx, "default", "c@example.net", "admin", _NOW
    ),
    "reschedule": _rescheduled(_NOW + 1000),
    "reschedule to now": _rescheduled(_NOW),
    "suspend": lambda tx, one: suspensions.suspend(tx, "default", "b", "admin", _NOW),
    "resume": lambda tx, one: suspensions.resume(tx, "default", "b", "admin", _NOW),
    "resume early": lambda tx, one: suspensions.resume(
        tx, "default", "b", "admin", _NOW - 1
    ),
}


def _steps(
    tx: SqliteTransaction, state: str, reached: bool, held: bool, work: _Work
) -> dict[str, list[_Step]]:
    """Return the steps that a unit of work makes from a state, by the table.

    What a unit has ended it may end in another way before its commit, as soon as it
    knows what the recipients came to: that is one step.
    """
    found: dict[str, list[_Step]] = {"messages": [], "recipients": []}
    tx._connection.execute("BEGIN")
    try:
        one = _message(tx, state, reached)
        if held:
            tx._connection.execute(
                "INSERT INTO suspensions (tenant_id, batch, created_at)"
                " VALUES ('default', 'b', 0)"
            )
        work(tx, one)
        for row in tx._connection.execute("SELECT * FROM steps").fetchall():
            steps, step = found[row["of_table"]], (row["old"], row["new"])
            if row["of_table"] == "messages" and step[0] in states.FINAL and steps:
                step = (steps.pop()[0], step[1])
            steps.append(step)
    finally:
        tx._connection.execute("ROLLBACK")
    return found


@pytest.fixture(scope="module")
def steps() -> dict[str, dict[_Step, str]]:
    """Return every step that is made, and by what, by the table."""
    tx = _world()
    found: dict[str, dict[_Step, str]] = {"messages": {}, "recipients": {}}
    for (name, work), state, reached, held in itertools.product(
        _WORKS.items(), states.ALL, (False, True), (False, True)
    ):
        for table, made in _steps(tx, state, reached, held, work).items():
            for step in made:
                found[table].setdefault(step, f"{name} ({reached=}, {held=})")
    return found


def _pairs(table: abc.Mapping[str, abc.Iterable[str]]) -> set[_Step]:
    return {(old, new) for old, after in table.items() for new in after}


def test_states_change_as_the_table_says(
    steps: dict[str, dict[_Step, str]],
) -> None:
    allowed = _pairs(states.TRANSITIONS)
    made = steps["messages"]
    assert {step: by for step, by in made.items() if step not in allowed} == {}
    assert allowed - made.keys() == set()


def test_states_of_recipients_change_as_the_table_says(
    steps: dict[str, dict[_Step, str]],
) -> None:
    assert set(steps["recipients"]) == _pairs(states.RECIPIENT_TRANSITIONS)


def test_no_statement_that_changes_a_state_is_left_out(
    steps: dict[str, dict[_Step, str]],
) -> None:
    changing = {
        f"{name}.{member}": found
        for name, member, found in _statements()
        if _CHANGES.search(found.sqlite)
    }
    assert len(changing) >= 12
    unseen = [name for name, one in changing.items() if one not in _Recorder.seen]
    assert unseen == []
    text = "".join(
        path.read_text() for path in pathlib.Path(send.__path__[0]).rglob("*.py")
    )
    # Two are made of one text.
    assert len(_CHANGES.findall(text)) == len(changing) - 2


def _statements() -> abc.Iterator[tuple[str, str, sql.Statement]]:
    root = pathlib.Path(send.__path__[0])
    for path in sorted([*root.glob("queue/*.py"), *root.glob("*/records.py")]):
        name = f"exordos_mail.send.{path.parent.name}.{path.stem}"
        for member, found in vars(importlib.import_module(name)).items():
            if isinstance(found, sql.Statement):
                yield name, member, found
