# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""What happens at the very moment of a limit, on a real SQLite database in memory."""

import dataclasses
import typing as tp

import msgspec
import pytest

from exordos_mail.send import backoff
from exordos_mail.send.content import check, request
from exordos_mail.send.events import records as events
from exordos_mail.send.messages import records as messages
from exordos_mail.send.queue import accept, claim, removal, settle, upkeep
from exordos_mail.send.queue.job import Job, Lane, Outcome, deferred
from exordos_mail.send.storage import sql, sqlite
from exordos_mail.send.tenants import records as tenants
from exordos_mail.send.webhooks import answer, cursor
from exordos_mail.send.webhooks.settings import WebhookSettings
from tests.unit.send import memory_database

_LANE = Lane("default", "default")
#: Milliseconds since 1970.
NOW = 1_800_000_000_000


@dataclasses.dataclass(frozen=True)
class _At(backoff.Backoff):
    """The next attempt is at a moment that the test names."""

    delays: tuple[float, ...] = (1,)
    at: int = 0

    def due_at(
        self, failures: int, now: int, chance: tp.Callable[[], float] = lambda: 0
    ) -> int:
        return self.at


@pytest.fixture
def tx() -> tp.Iterator[sqlite.SqliteTransaction]:
    with memory_database.transaction() as found:
        yield found


def _accept(tx: sqlite.SqliteTransaction, **more: tp.Any) -> str:
    given = request.MessageIn(
        from_="a@example.com", to="b@example.net", text="x", **more
    )
    draft = check.check(given, NOW)
    verdict = accept.accept(tx, "default", [draft], True, "admin", NOW)[0]
    assert isinstance(verdict, accept.Accepted)
    return verdict.id


def _claim(tx: sqlite.SqliteTransaction, now: int) -> list[Job]:
    return claim.claim(tx, _LANE, "me", 10, 3, now).jobs


def test_claim_takes_what_is_due_and_nothing_before(
    tx: sqlite.SqliteTransaction,
) -> None:
    message_id = _accept(tx, send_at=NOW / 1000 + 60)
    due = NOW + 60_000
    assert _claim(tx, due - 1) == []
    assert claim.ready(tx, due - 1) == {}
    assert list(claim.ready(tx, due)) == [_LANE]
    assert [job.id for job in _claim(tx, due)] == [message_id]


@pytest.mark.parametrize(
    ("before", "state"), [(1, "deferred"), (0, "expired"), (-1, "expired")]
)
def test_attempt_at_the_moment_of_expiry_is_not_waited_for(
    tx: sqlite.SqliteTransaction, before: int, state: str
) -> None:
    message_id = _accept(tx, expires_at=NOW / 1000 + 60)
    (job,) = _claim(tx, NOW)
    outcome = Outcome(job, deferred(job, "timeout"), "server:25", "me")
    schedule = _At(at=job.expires_at - before)
    (count,) = settle.settle(tx, "default", [outcome], schedule, NOW)
    assert dict(count) == {state: 1}
    row = messages.get(tx, "default", message_id)
    assert row is not None
    assert row.state == state
    assert events.after(tx, "default", 0, 100)[-1].type == state


@pytest.mark.parametrize("send_at", [None, NOW / 1000 + 60])
def test_message_that_expires_when_it_begins_is_refused(send_at: float | None) -> None:
    begin = NOW / 1000 if send_at is None else send_at

    def draft(expires_at: float) -> tp.Any:
        return check.check(
            request.MessageIn(
                from_="a@example.com",
                to="b@example.net",
                text="x",
                send_at=send_at,
                expires_at=expires_at,
            ),
            NOW,
        )

    with pytest.raises(check.Invalid) as caught:
        draft(begin)
    assert [error.field for error in caught.value.errors] == ["expires_at"]
    assert draft(begin + 0.001).expires_at == int(begin * 1000) + 1


@pytest.mark.parametrize(("early", "disabled"), [(1, False), (0, True)])
def test_webhook_gives_up_after_its_time(
    tx: sqlite.SqliteTransaction, early: int, disabled: bool
) -> None:
    given_up = WebhookSettings(give_up=60_000, delays=_At(at=0), wait=0)
    tenant = tenants.get(tx, "default")
    assert tenant is not None
    url = "https://example.net/"
    tenants.change(tx, msgspec.structs.replace(tenant, callback_url=url), NOW)
    _accept(tx)
    tx.run(
        sql.statement(
            "INSERT INTO workers (id, host, pid, pid_started, beat)"
            " VALUES ('me', 'here', 1, 1, 0)"
        )
    )
    failed = answer.WebhookVerdict(answer.Kind.FAILED, "500")
    for now in (NOW + 1000, NOW + 61_000 - early):
        batch = cursor.take(tx, "default", "me", given_up, now)
        assert batch is not None
        cursor.settle(tx, batch, failed, "me", given_up, now)
    found = cursor.take(tx, "default", "me", given_up, NOW + 62_000)
    assert (found is None) == disabled
    last = events.after(tx, "default", 0, 100)[-1]
    assert (last.type == "webhook_disabled") == disabled


@pytest.mark.parametrize(
    "statement",
    [claim._TAKE_MOST, claim._TAKE_SUSPECT, upkeep._OVERDUE, removal._CANCEL],
)
def test_who_takes_rows_does_not_wait_for_who_has_taken_them(
    statement: sql.Statement,
) -> None:
    # Two workers would wait for each other, or take the same rows. SQLite has one
    # writer and needs no such words; PostgreSQL itself is asked in tests/integration.
    taking, _, rest = statement.postgresql.partition("UPDATE messages")
    assert rest
    assert taking.rstrip().endswith("FOR UPDATE OF m SKIP LOCKED\n)")
