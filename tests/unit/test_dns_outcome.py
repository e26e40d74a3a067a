# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a check changes of what was known: hysteresis, ownership, pace."""

import datetime
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dns import outcome
from exordos_mail.standards.dns.record import Record
from exordos_mail.standards.dns.verdict import Verdict

DOMAIN = sys_uuid.UUID("4d657461-0000-0000-0000-000000000002")
RECORD = Record("example.com", "TXT", "v=spf1 a:m.example.com ~all", "spf", True)
NOW = datetime.datetime(2026, 1, 31, 12)
HOUR = datetime.timedelta(hours=1)


def row(state: str) -> outcome.Row:
    return outcome.row(DOMAIN, RECORD, Verdict(state, RECORD.value, (state,), "Do."))


@pytest.mark.parametrize("state", ["unreachable", "waiting"])
def test_what_may_pass_takes_an_ok_away_at_the_second_look(state: str) -> None:
    first = outcome.settled(row("ok"), row(state))
    assert (first.state, first.doubts, first.found) == ("ok", 1, ("ok",))
    second = outcome.settled(first, row(state))
    assert (second.state, second.doubts) == (state, 0)
    assert outcome.settled(first, row("ok")).doubts == 0


@pytest.mark.parametrize("state", ["missing", "wrong", "insecure", "ok"])
def test_what_servers_say_counts_at_once(state: str) -> None:
    assert outcome.settled(row("ok"), row(state)).state == state
    assert outcome.settled(None, row(state)).state == state
    assert outcome.settled(row("missing"), row("unreachable")).state == "unreachable"


def test_a_record_keeps_its_identity_while_its_value_is_the_same() -> None:
    assert row("ok").uuid == row("wrong").uuid
    other = Record("example.com", "TXT", "v=spf1 -all", "spf", True)
    assert outcome.row(DOMAIN, other, None).uuid != row("ok").uuid


def test_only_a_changed_state_is_a_change() -> None:
    before = {row("ok").uuid: row("ok")}
    assert outcome.changes(before, [row("ok")]) == []
    assert outcome.changes({}, [row("ok")]) == []
    assert outcome.changes(before, [row("wrong")]) == [(row("ok"), row("wrong"))]


def test_a_proof_lapses_after_a_day_and_comes_back_at_once() -> None:
    own = outcome.ownership
    assert own("unproven", None, "missing", NOW) == ("unproven", None)
    assert own("unproven", None, "ok", NOW) == ("proven", None)
    assert own("proven", None, "missing", NOW) == ("proven", NOW)
    assert own("proven", NOW, "missing", NOW + 23 * HOUR)[0] == "proven"
    assert own("proven", NOW, "wrong", NOW + 24 * HOUR)[0] == "lapsed"
    assert own("lapsed", NOW, "ok", NOW) == ("proven", None)


@pytest.mark.parametrize("proof", ["unreachable", "waiting", ""])
def test_servers_that_say_nothing_take_no_ownership_away(proof: str) -> None:
    late = NOW + 99 * HOUR
    assert outcome.ownership("proven", NOW, proof, late) == ("proven", NOW)


def test_checks_become_rarer_with_the_time_since_the_last_change() -> None:
    assert outcome.pause(0, False, 0.5) == pytest.approx(3)
    assert outcome.pause(400, False, 0.5) == pytest.approx(100)
    assert outcome.pause(10**9, False, 0.5) == pytest.approx(6 * 3600)
    assert outcome.pause(10**9, True, 0.5) == pytest.approx(30)
    spread = {outcome.pause(400, False) for _ in range(20)}
    assert len(spread) > 1
    assert 90 <= min(spread) <= max(spread) <= 110
