# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is left of an event when its address is erased."""

import json

import pytest

from exordos_mail.send.bounces import report, taking
from exordos_mail.send.queue import erasing, erasure
from exordos_mail.send.storage import sql
from tests.unit.send import memory_database
from tests.unit.send.memory_database import accepted

NOW = 1_800_000_000_000
SUBJECT = erasing.Subject("t", "ann@example.net", "erased-0@erased.invalid")


@pytest.mark.parametrize(
    ("recipient", "details", "left", "kept"),
    [
        (
            "Ann@Example.net",
            {"code": 550, "reply": "no ann here", "cause": "x", "server": "mx:25"},
            SUBJECT.pseudonym,
            {"code": 550, "server": "mx:25"},
        ),
        ("bob@example.net", {"reply": "fine"}, "bob@example.net", {"reply": "fine"}),
        (
            None,
            {"reply": "<ANN@example.NET> complains", "class": "x"},
            None,
            {"class": "x"},
        ),
        ("bob@example.net", {"to": ["ann@example.net"]}, "bob@example.net", {}),
        (None, {}, None, {}),
    ],
)
def test_an_event_without_the_address(
    recipient: str | None,
    details: dict[str, object],
    left: str | None,
    kept: dict[str, object],
) -> None:
    found = erasing.event(SUBJECT, recipient, json.dumps(details))
    assert (found[0], json.loads(found[1])) == (left, kept)
    # Done again it is the same.
    assert erasing.event(SUBJECT, *found) == found


def test_an_event_of_others_keeps_its_octets() -> None:
    text = '{"reply":  "fine"}'
    assert erasing.event(SUBJECT, "bob@example.net", text)[1] == text


def test_an_erasure_ends_when_what_it_waits_for_has_ended() -> None:
    with memory_database.transaction() as tx:
        one = accepted(tx, NOW, to=["ann@example.net", "bob@example.net"])
        found = erasure.begin(tx, "default", "ann@example.net", "admin", NOW)
        assert (found.waiting, found.ended_at) == (1, None)
        assert not erasure.settle(tx, NOW)
        assert erasure.settle(tx, found.due_at)
        tx.run(sql.statement("UPDATE recipients SET state = 'sent' WHERE position = 1"))
        tx.run(
            sql.statement("UPDATE messages SET state = 'partial', final_at = 1"),
        )
        later = found.due_at + 60_000
        while erasure.settle(tx, later):
            pass
        done = erasure.get(tx, "default", found.id)
        assert done is not None
        assert (done.ended_at, done.address, done.messages) == (later, "", 1)
        assert erasure.forget(tx, later) == 0
        assert erasure.forget(tx, later + 31 * 24 * 3600 * 1000) == 1
        assert one


def test_two_erasures_of_one_address_are_one() -> None:
    with memory_database.transaction() as tx:
        accepted(tx, NOW, to=["ann@example.net", "bob@example.net"])
        first = erasure.begin(tx, "default", "ann@example.net", "admin", NOW)
        second = erasure.begin(tx, "default", "ann@example.net", "admin", NOW + 1)
        assert first.id == second.id
        row = tx.row(sql.statement("SELECT count(*) AS n FROM erasures"))
        assert row == {"n": 1}


@pytest.mark.parametrize("addresses", [["ann@example.net"], []])
@pytest.mark.parametrize("action", [report.FAILED, report.COMPLAINED])
def test_what_is_told_later_of_an_erased_address_is_not_written(
    addresses: list[str], action: str
) -> None:
    with memory_database.transaction() as tx:
        one = accepted(tx, NOW, to="ann@example.net")
        tx.run(sql.statement("UPDATE recipients SET state = 'sent'"))
        tx.run(sql.statement("UPDATE messages SET state = 'sent', final_at = 1"))
        finding = report.Finding(
            addresses=addresses, action=action, code=550, text="no <ann@example.net>"
        )
        for is_erased in (False, True):
            if is_erased:
                erasure.begin(tx, "default", "ann@example.net", "admin", NOW)
            told = taking.Message(tx, "default", one, NOW, is_proved=True)
            taken = told.take(finding)
            assert (taken.event is None) == is_erased
            assert (told.happened == []) == is_erased
