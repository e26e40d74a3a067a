# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The life of an MTA-STS policy, day by day."""

import dataclasses
import datetime

import pytest

from exordos_mail.controlplane.policies import life as life_lib

_START = datetime.datetime(2026, 1, 1)
_OLD, _NEW = "old.example.net", "new.example.net"
_ENFORCE = life_lib.Wish("enforce", _OLD, True, datetime.timedelta(days=14))
_TESTING = dataclasses.replace(_ENFORCE, mode="testing")
_OFF = dataclasses.replace(_ENFORCE, mode="off")
_MOVED = dataclasses.replace(_ENFORCE, hostname=_NEW)


def _day(number: float) -> datetime.datetime:
    return _START + datetime.timedelta(days=number)


def _walk(life: life_lib.Life, *steps: tuple[float, life_lib.Wish]) -> life_lib.Life:
    for day, wish in steps:
        life = life_lib.step(life, wish, _day(day))
    return life


def _seen(life: life_lib.Life, day: float) -> life_lib.Life:
    return dataclasses.replace(life, seen_at=_day(day))


def _enforced() -> life_lib.Life:
    life = _seen(_walk(life_lib.Life(), (0, _ENFORCE)), 0)
    return _walk(life, (14, _ENFORCE))


def test_testing_comes_first_and_lasts():
    life = _seen(_walk(life_lib.Life(), (0, _ENFORCE)), 2)
    assert (life.stage, life.due(_ENFORCE)) == ("testing", _day(16))
    assert _walk(life, (15.99, _ENFORCE)) == life
    enforced = _walk(life, (16, _ENFORCE))
    assert (enforced.stage, enforced.since) == ("enforce", _day(16))
    assert enforced.policy.text == (
        "version: STSv1\r\nmode: enforce\r\nmx: old.example.net\r\nmax_age: 1209600\r\n"
    )
    assert enforced.due(_ENFORCE) is None


def test_record_that_nobody_shows_is_never_enforced():
    life = _walk(life_lib.Life(), (0, _ENFORCE), (400, _ENFORCE))
    assert (life.stage, life.due(_ENFORCE)) == ("testing", None)


def test_failure_holds_enforcement_back():
    life = _seen(_walk(life_lib.Life(), (0, _ENFORCE)), 0)
    failed = dataclasses.replace(life, failed_at=_day(13))
    assert _walk(failed, (14, _ENFORCE)).stage == "testing"
    assert failed.due(_ENFORCE) == _day(27)
    assert _walk(failed, (27, _ENFORCE)).stage == "enforce"


def test_testing_alone_is_never_enforced():
    life = _seen(_walk(life_lib.Life(), (0, _TESTING)), 0)
    assert _walk(life, (400, _TESTING)).stage == "testing"
    assert life.due(_TESTING) is None
    # Its days count when more is wanted.
    assert _walk(life, (400, _ENFORCE)).stage == "enforce"


def test_enforcement_can_be_taken_back_at_once():
    assert _walk(_enforced(), (20, _TESTING)).stage == "testing"


def test_former_host_stays_as_long_as_somebody_may_hold_the_old_policy():
    moved = _walk(_enforced(), (20, _MOVED))
    assert moved.policy.mx == (_NEW, _OLD)
    assert moved.due(_MOVED) == _day(34)
    assert _walk(moved, (33.9, _MOVED)) == moved
    later = _walk(moved, (34, _MOVED))
    assert later.policy.mx == (_NEW,)
    assert later.policy.id != moved.policy.id
    assert later.stage == "enforce"


def test_host_that_comes_back_is_named_once():
    life = _walk(_enforced(), (20, _MOVED), (21, _ENFORCE))
    assert life.policy.mx == (_OLD, _NEW)
    assert _walk(life, (35, _ENFORCE)).policy.mx == (_OLD,)


def test_host_of_a_policy_that_was_enforced_stays_when_only_tested_now():
    life = _walk(
        _enforced(), (20, _TESTING), (21, dataclasses.replace(_TESTING, hostname=_NEW))
    )
    assert life.former == {_OLD: _day(34)}


@pytest.mark.parametrize("receives", [True, False])
def test_policy_that_goes_says_so_first(receives):
    gone = dataclasses.replace(
        _ENFORCE, mode="off" if receives else "enforce", receives=receives
    )
    leaving = _walk(_enforced(), (20, gone))
    assert leaving.policy.text == (
        "version: STSv1\r\nmode: none\r\nmx: old.example.net\r\nmax_age: 86400\r\n"
    )
    assert leaving.due(gone) == _day(34)
    assert _walk(leaving, (33.9, gone)) == leaving
    assert _walk(leaving, (34, gone)) == life_lib.Life()


def test_tested_policy_goes_sooner():
    leaving = _walk(life_lib.Life(), (0, _TESTING), (20, _OFF))
    assert leaving.due(_OFF) == _day(21)


def test_policy_that_goes_can_come_back_and_begins_anew():
    life = _walk(_enforced(), (20, _OFF), (21, _ENFORCE))
    assert (life.stage, life.since) == ("testing", _day(21))
    # What was enforced binds still.
    assert life.binds_until == _day(34)
    assert _walk(life, (22, _OFF)).due(_OFF) == _day(34)


def test_nothing_becomes_of_nothing():
    life = life_lib.Life()
    assert _walk(life, (0, _OFF)) is life
    assert life.policy is None


def test_clock_that_goes_back_ends_nothing():
    enforced = _enforced()
    assert _walk(enforced, (-400, _ENFORCE)) == enforced
    moved = _walk(enforced, (20, _MOVED))
    assert _walk(moved, (1, _MOVED)) == moved
