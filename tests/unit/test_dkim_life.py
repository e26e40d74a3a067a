# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The life of DKIM keys: single rules, and long lives in virtual time."""

import dataclasses
import datetime
import typing as tp

from hypothesis import given, settings, strategies
import pytest

from exordos_mail.standards import dkim, dkim_life
from exordos_mail.standards.dkim_life import (
    KnownKey,
    LifeFacts,
    Make,
    Move,
    Pair,
    Unused,
)

DAY, HOUR = datetime.timedelta(days=1), datetime.timedelta(hours=1)
NOW = datetime.datetime(2026, 1, 31, 12)
RSA, ED25519 = dkim.ALGORITHMS


def _key(state: str, number: int = 1, age: datetime.timedelta = DAY, **more: tp.Any):
    return KnownKey(number, RSA, state, NOW - age, **more)


def _facts(**more: tp.Any) -> LifeFacts:
    return LifeFacts(**{"now": NOW, "algorithms": (RSA,), **more})


def _steps(*keys: KnownKey, **facts: tp.Any):
    return dkim_life.plan(keys, _facts(**facts)).steps


def test_a_domain_without_keys_gets_one_after_the_other() -> None:
    assert _steps(algorithms=dkim.ALGORITHMS) == (Make(RSA),)
    assert _steps(_key("signing"), algorithms=dkim.ALGORITHMS) == (Make(ED25519),)


def test_a_new_key_is_paired_then_published_then_waits_for_the_dns() -> None:
    assert _steps(_key("made", paired=False)) == (Pair(1),)
    assert _steps(_key("made")) == (Move(1, "published"),)
    waiting = dkim_life.plan([_key("published")], _facts())
    assert waiting == ((), None)
    assert _steps(_key("published", seen_since=NOW)) == (Move(1, "seen"),)
    assert _steps(_key("seen", seen_since=NOW)) == (Move(1, "signing"),)


def test_a_record_that_vanishes_before_the_key_signs_has_to_be_seen_again() -> None:
    assert _steps(_key("seen", seen_since=None)) == (Move(1, "published"),)


def test_without_checks_a_key_signs_at_once() -> None:
    assert _steps(_key("published"), checked=False) == (Move(1, "signing"),)


def test_the_old_key_retires_in_the_step_in_which_the_new_one_signs() -> None:
    old, new = _key("signing"), _key("seen", 2, seen_since=NOW)
    assert _steps(old, new) == (Move(2, "signing"), Move(1, "retiring"))


def test_the_stay_begins_when_the_nodes_have_left_the_key() -> None:
    signing = _key("signing", 2)
    deaf = _key("retiring", age=30 * DAY)
    assert dkim_life.plan([deaf, signing], _facts()) == (
        (),
        NOW + dkim_life.ASK_NODES_AGAIN,
    )
    left = dataclasses.replace(deaf, left=True)
    assert _steps(left, signing) == (Unused(1),)


@pytest.mark.parametrize(
    ("ttl", "stay"), [(HOUR, 7 * DAY + 2 * HOUR), (30 * DAY, 30 * DAY + 2 * HOUR)]
)
def test_an_old_record_stays_a_week_or_its_time_to_live(ttl, stay) -> None:
    def retiring(unused: datetime.timedelta) -> KnownKey:
        return _key("retiring", left=True, ttl=ttl, unused_since=NOW - unused)

    signing, second = _key("signing", 2), datetime.timedelta(seconds=1)
    early = dkim_life.plan([retiring(stay - second), signing], _facts())
    assert early == ((), NOW + second)
    assert _steps(retiring(stay), signing) == (Move(1, "retired"),)


def test_a_selector_that_was_used_before_waits_for_the_caches() -> None:
    new = _key("seen", age=HOUR, seen_since=NOW - HOUR, reused=True)
    assert dkim_life.plan([new], _facts()) == ((), NOW + 2 * HOUR)
    old = dataclasses.replace(new, since=NOW - 3 * HOUR)
    assert _steps(old) == (Move(1, "signing"),)


def test_of_two_rotations_the_later_key_is_followed() -> None:
    first, second = _key("seen", 2, seen_since=NOW), _key("made", 3)
    assert _steps(_key("signing"), first, second) == (Move(2, "retired"),)


def test_a_period_begins_a_rotation_and_only_one() -> None:
    old = _key("signing", age=30 * DAY)
    assert _steps(old) == ()
    assert _steps(old, period=30 * DAY) == (Make(RSA),)
    assert _steps(old, period=31 * DAY) == ()
    assert _steps(old, _key("published", 2), period=30 * DAY) == ()
    assert _steps(old, period=30 * DAY, room=False) == ()
    assert _steps(old, period=30 * DAY, checked=False) == ()


def test_a_revoked_key_is_replaced_at_once() -> None:
    assert _steps(_key("revoked")) == (Make(RSA),)
    assert _steps(_key("revoked"), _key("published", 2)) == ()


def test_a_revoked_selector_is_used_again_when_no_cache_has_it() -> None:
    signing = _key("signing", 2)
    young, old = _key("revoked", age=HOUR, fixed=True), _key("revoked", fixed=True)
    assert _steps(young, signing) == ()
    assert _steps(old, signing) == (Move(1, "retired"),)
    assert _steps(_key("revoked"), signing) == ()


def test_what_is_not_wanted_goes_but_for_what_the_user_brought() -> None:
    def keys(**more: tp.Any) -> list[KnownKey]:
        made = [_key("signing", **more), _key("published", 2, **more)]
        return [dataclasses.replace(one, algorithm=ED25519) for one in made]

    assert set(_steps(*keys(), _key("signing", 3))) == {
        Move(1, "retiring"),
        Move(2, "retired"),
    }
    assert _steps(*keys(own=True), _key("signing", 3)) == ()


def test_a_selector_of_the_other_kind_is_a_reason_to_rotate() -> None:
    assert _steps(_key("signing", fits=False)) == (Make(RSA),)
    assert _steps(_key("signing", fits=False, own=True)) == ()


@pytest.mark.parametrize("state", ["seen", "signing", "revoked"])
def test_a_state_from_the_future_begins_now(state) -> None:
    ahead = _key(state, age=-365 * DAY, seen_since=NOW, reused=True, fixed=True)
    coming = _key("signing", 2)
    assert _steps(ahead, coming)[0] == Move(1, state)


def test_a_stay_from_the_future_begins_now() -> None:
    ahead = _key("retiring", left=True, unused_since=NOW + 365 * DAY)
    assert _steps(ahead, _key("signing", 2)) == (Unused(1),)


# --- long lives -----------------------------------------------------------------------


class Life:
    """A domain, its DNS and its nodes in virtual time; the clock may lie."""

    def __init__(self) -> None:
        self.true = NOW
        self.off = datetime.timedelta()
        self.keys: dict[int, KnownKey] = {}
        self.applied: set[int] = set()  # what the nodes sign with
        self.last_signed: dict[int, datetime.datetime] = {}
        self.period: datetime.timedelta | None = None

    def pass_(self, most: int | None = None) -> None:
        """Let the service work, and be killed after so many transactions."""
        done = 0
        while most is None or done < most:
            facts = LifeFacts(self.true + self.off, dkim.ALGORITHMS, True, self.period)
            steps = dkim_life.plan(self._known(), facts).steps
            if not steps:
                return
            for step in steps:
                self._do(step, facts.now)
            self.check()
            done += 1
            assert done < 100, "it never comes to rest"

    def _known(self) -> list[KnownKey]:
        return [
            dataclasses.replace(one, left=n not in self.applied)
            for n, one in self.keys.items()
        ]

    def _do(self, step: dkim_life.Step, now: datetime.datetime) -> None:
        if isinstance(step, Make):
            self.ask(step.algorithm)
            return
        key = self.keys[step.number]
        if isinstance(step, Pair):
            key = dataclasses.replace(key, paired=True)
        elif isinstance(step, Unused):
            key = dataclasses.replace(key, unused_since=now)
        else:
            if step.state == "signing":
                assert key.seen_since is not None, "signs with what nobody can check"
            if step.state == "retired":
                self._may_go(key)
            key = dataclasses.replace(key, state=step.state, since=now)
        self.keys[key.number] = key

    def _may_go(self, key: KnownKey) -> None:
        assert key.number not in self.applied, "its record goes while a node signs"
        last = self.last_signed.get(key.number)
        assert last is None or self.true - last >= 7 * DAY, "mail is on its way"

    def ask(self, algorithm: str) -> None:
        number = len(self.keys) + 1
        now = self.true + self.off
        self.keys[number] = KnownKey(number, algorithm, "made", now, paired=False)

    def rotate(self, algorithm: str) -> None:
        """Ask for a rotation as the model does: not while a key is coming."""
        of_it = [one for one in self.keys.values() if one.algorithm == algorithm]
        if not any(one.state in dkim_life.COMING for one in of_it):
            self.ask(algorithm)

    def see(self) -> None:
        for n, key in self.keys.items():
            if key.state == "published":
                self.keys[n] = dataclasses.replace(key, seen_since=NOW)

    def lose(self) -> None:
        for n, key in self.keys.items():
            if key.state in ("published", "seen"):
                self.keys[n] = dataclasses.replace(key, seen_since=None)

    def apply(self) -> None:
        self.applied = {n for n, one in self.keys.items() if one.state == "signing"}

    def sleep(self, time: datetime.timedelta) -> None:
        self.true += time
        for number in self.applied:
            self.last_signed[number] = self.true

    def revoke(self, which: int) -> None:
        live = [one for one in self.keys.values() if one.state not in dkim_life.OVER]
        if live:
            key = live[which % len(live)]
            now = self.true + self.off
            self.keys[key.number] = dataclasses.replace(key, state="revoked", since=now)

    def check(self) -> None:
        for algorithm in dkim.ALGORITHMS:
            states = [k.state for k in self.keys.values() if k.algorithm == algorithm]
            assert states.count("signing") <= 1

    def signers(self) -> dict[str, int]:
        return {k.algorithm: n for n, k in self.keys.items() if k.state == "signing"}


_ALGORITHM = strategies.sampled_from(dkim.ALGORITHMS)
_EVENTS = strategies.one_of(
    strategies.tuples(strategies.just("pass_"), strategies.integers(0, 3)),
    strategies.tuples(strategies.just("pass_")),
    strategies.tuples(strategies.just("rotate"), _ALGORITHM),
    strategies.tuples(strategies.just("ask"), _ALGORITHM),
    strategies.tuples(strategies.sampled_from(["see", "see", "lose", "apply"])),
    strategies.tuples(
        strategies.just("sleep"),
        strategies.integers(0, 12 * 24).map(lambda hours: hours * HOUR),
    ),
)
_OFF = strategies.integers(-60, 60).map(lambda n: datetime.timedelta(minutes=n))


@settings(max_examples=300, deadline=None)
@given(strategies.lists(strategies.tuples(_EVENTS, _OFF), max_size=40))
def test_no_life_leaves_mail_that_cannot_be_verified(events) -> None:
    life = Life()
    signed: set[str] = set()
    for (name, *given_), off in events:
        life.off = off
        getattr(life, name)(*given_)
        assert signed <= life.signers().keys(), "the domain ceased to sign"
        signed = set(life.signers())
    _comes_to_rest(life)


@settings(max_examples=100, deadline=None)
@given(
    strategies.lists(
        strategies.one_of(
            _EVENTS,
            strategies.tuples(strategies.just("revoke"), strategies.integers(0)),
        ),
        max_size=40,
    )
)
def test_a_revoked_key_never_comes_back_and_is_replaced(events) -> None:
    life = Life()
    revoked: set[int] = set()
    for name, *given_ in events:
        getattr(life, name)(*given_)
        now = {n for n, one in life.keys.items() if one.state == "revoked"}
        assert revoked <= now
        revoked = now
    _comes_to_rest(life)


def _comes_to_rest(life: Life) -> None:
    """Whatever has happened: with a good DNS and good nodes, all is well in the end."""
    life.off = datetime.timedelta()
    for _ in range(5):
        life.pass_()
        life.see()
        life.pass_()
        life.apply()
        life.sleep(8 * DAY)
    states = [one.state for one in life.keys.values()]
    assert set(life.signers()) == set(dkim.ALGORITHMS)
    assert set(states) <= {"signing", "retired", "revoked"}


@settings(deadline=None)
@given(strategies.integers(-400, 400))
def test_a_clock_that_jumps_for_a_while_does_not_stop_a_rotation(days) -> None:
    life = Life()
    life.period = 30 * DAY
    for off in (0, days, 0):
        life.off = off * DAY
        for _ in range(8):
            life.pass_()
            life.see()
            life.pass_()
            life.apply()
            life.sleep(6 * DAY)
    assert len(life.keys) >= 4
    _comes_to_rest(life)
