# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Acceptance on a real database: once for a key, and never half of a batch."""

import collections.abc as abc
import typing as tp

import pytest

from exordos_mail.send.content import check, message, request
from exordos_mail.send.queue import accept, idempotency
from exordos_mail.send.queue.bounds import Bounds, TooMuch
from exordos_mail.send.storage import sql, sqlite
from tests.unit.send import memory_database
from tests.unit.send.memory_database import LANE

NOW = 1_800_000_000_000
_COUNT = sql.statement("SELECT count(*) AS found FROM messages")


@pytest.fixture
def tx() -> abc.Iterator[sqlite.SqliteTransaction]:
    with memory_database.transaction() as found:
        yield found


def _draft(**more: tp.Any) -> message.Draft:
    given = {"from_": "a@example.com", "to": "b@example.net", "text": "x", **more}
    return check.check(request.MessageIn(**given), NOW)


def _accept(
    tx: sqlite.SqliteTransaction,
    *drafts: message.Draft,
    atomic: bool = True,
    now: int = NOW,
    bounds: Bounds | None = None,
) -> list[accept.Verdict]:
    more = {} if bounds is None else {"bounds": bounds}
    return accept.accept(tx, LANE.tenant_id, drafts, atomic, "admin", now, **more)


def _stored(tx: sqlite.SqliteTransaction) -> int:
    row = tx.row(_COUNT)
    return int(row["found"])


def test_key_that_comes_again_is_answered_the_same(
    tx: sqlite.SqliteTransaction,
) -> None:
    (first,) = _accept(tx, _draft(idempotency_key="k", subject="one"))
    (again,) = _accept(tx, _draft(idempotency_key="k", subject="one"))
    assert isinstance(first, accept.Accepted) and isinstance(again, accept.Repeated)
    assert (first.id, _stored(tx)) == (again.id, 1)
    (other,) = _accept(tx, _draft(idempotency_key="k", subject="two"), atomic=False)
    assert isinstance(other, accept.Refused)
    assert (other.code, other.field) == ("idempotency_key_reused", "idempotency_key")
    assert _stored(tx) == 1


def test_key_is_forgotten_after_its_time(tx: sqlite.SqliteTransaction) -> None:
    draft = _draft(idempotency_key="k")
    ids = set()
    for later in (0, idempotency.LIFETIME - 1, idempotency.LIFETIME):
        (found,) = _accept(tx, draft, now=NOW + later)
        assert isinstance(found, accept.Accepted)
        ids.add(found.id)
    assert (len(ids), _stored(tx)) == (2, 2)


def test_same_message_twice_in_a_batch_is_one(tx: sqlite.SqliteTransaction) -> None:
    first, second = _accept(tx, *[_draft(idempotency_key="k")] * 2)
    assert isinstance(first, accept.Accepted) and isinstance(second, accept.Repeated)
    assert (first.id, _stored(tx)) == (second.id, 1)


@pytest.mark.parametrize("atomic", [True, False])
def test_batch_with_a_refused_message(
    tx: sqlite.SqliteTransaction, atomic: bool
) -> None:
    drafts = _draft(), _draft(relay="nothing"), _draft()
    if atomic:
        with pytest.raises(accept.BatchRefused) as caught:
            _accept(tx, *drafts)
        assert {at: one.code for at, one in caught.value.verdicts.items()} == {
            1: "unknown_relay"
        }
        assert _stored(tx) == 0
        return
    found = _accept(tx, *drafts, atomic=False)
    assert [type(one) for one in found] == [
        accept.Accepted,
        accept.Refused,
        accept.Accepted,
    ]
    assert _stored(tx) == 2


@pytest.mark.parametrize(("most", "taken"), [(3, True), (2, False)])
def test_tenant_has_no_more_waiting_than_it_may(
    tx: sqlite.SqliteTransaction, most: int, taken: bool
) -> None:
    _accept(tx, _draft())
    bounds = Bounds(messages=most)
    if taken:
        assert len(_accept(tx, _draft(), _draft(), bounds=bounds)) == 2
        return
    with pytest.raises(TooMuch):
        _accept(tx, _draft(), _draft(), bounds=bounds)


def test_unknown_tenant(tx: sqlite.SqliteTransaction) -> None:
    with pytest.raises(accept.UnknownTenant):
        accept.accept(tx, "nobody", [_draft()], True, "admin", NOW)
