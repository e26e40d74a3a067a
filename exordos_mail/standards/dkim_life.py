# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The life of a domain's DKIM keys: what is to happen next, as a pure function.

A key is made, its record published, seen by every authoritative server, and only then
used to sign. The key before it signs no more from that moment on, but its record stays
until nobody can need it: mail that it has signed waits in queues, and a node may hear
late of the new key. Times are in UTC without a zone, from one clock that may be an hour
off, to either side, and may jump.
"""

import collections.abc as abc
import dataclasses
import datetime
import typing as tp

MADE = "made"
PUBLISHED = "published"
SEEN = "seen"
SIGNING = "signing"
RETIRING = "retiring"
RETIRED = "retired"
REVOKED = "revoked"
STATES = (MADE, PUBLISHED, SEEN, SIGNING, RETIRING, RETIRED, REVOKED)
#: Of a key that has signed nothing yet and is to sign.
COMING = (MADE, PUBLISHED, SEEN)
#: Of a key whose record is to be in the DNS; that of a revoked one has an empty `p=`.
RECORDED = (PUBLISHED, SEEN, SIGNING, RETIRING, REVOKED)
#: Of a key whose private half is not needed any more.
OVER = (RETIRED, REVOKED)

#: Time to live of the records that we advise and publish.
TTL = datetime.timedelta(hours=1)
#: How long mail may wait in the queue of a node: exim's rule is `F,4d,6h`.
QUEUE_LIFE = datetime.timedelta(days=4)
#: How long a record stays at the least after its key has signed for the last time:
#: mail also waits in the queues of others (RFC 5321 section 4.5.4.1: 4-5 days).
STAY_LEAST = datetime.timedelta(days=7)
#: One hour off when a time was noted, and one hour off to the other side now.
SLACK = datetime.timedelta(hours=2)
#: How soon to ask again whether the nodes have left a key.
ASK_NODES_AGAIN = datetime.timedelta(minutes=10)

_Delta = datetime.timedelta


@dataclasses.dataclass(frozen=True)
class KnownKey:
    """What is known of one key.

    Attributes:
        number: of two keys of a domain the later one has the larger.
        algorithm: one of `dkim.ALGORITHMS`.
        state: one of STATES.
        since: when it came into this state.
        paired: its key pair is there; a key that was merely asked for has none.
        ttl: largest time to live of its record.
        seen_since: since when every authoritative server shows its record.
        left: the nodes have applied a configuration without it.
        unused_since: when that was noted.
        own: the user has brought it.
        fits: its selector is one that a key would get today.
        fixed: its selector is one of the few that are used again.
        reused: another key had its selector before.
    """

    number: int
    algorithm: str
    state: str
    since: datetime.datetime
    paired: bool = True
    ttl: _Delta = TTL
    seen_since: datetime.datetime | None = None
    left: bool = False
    unused_since: datetime.datetime | None = None
    own: bool = False
    fits: bool = True
    fixed: bool = False
    reused: bool = False


@dataclasses.dataclass(frozen=True)
class LifeFacts:
    """What is known besides the keys.

    Attributes:
        now: the time.
        algorithms: of the keys that the domain is to have.
        checked: somebody asks the DNS; else a key signs as soon as it is made.
        period: how long a key signs before the next one is made; None: until asked.
        room: there is a selector for one more key.
    """

    now: datetime.datetime
    algorithms: tuple[str, ...]
    checked: bool = True
    period: _Delta | None = None
    room: bool = True


@dataclasses.dataclass(frozen=True)
class Make:
    """A new key is asked for."""

    algorithm: str


@dataclasses.dataclass(frozen=True)
class Pair:
    """The key gets its key pair."""

    number: int


@dataclasses.dataclass(frozen=True)
class Move:
    """The key comes into a state: now, also where it is the one that it has."""

    number: int
    state: str


@dataclasses.dataclass(frozen=True)
class Unused:
    """From now on the nodes are known not to use the key."""

    number: int


Step = Make | Pair | Move | Unused


class Plan(tp.NamedTuple):
    """What to do now, all of it or nothing, and when time alone brings more."""

    steps: tuple[Step, ...]
    due: datetime.datetime | None


def stay(ttl: _Delta) -> _Delta:
    """Return how long the record of a key stays after its last signature."""
    return max(STAY_LEAST, QUEUE_LIFE, ttl) + SLACK


def plan(keys: abc.Collection[KnownKey], facts: LifeFacts) -> Plan:
    """Return the next steps of a domain's keys; none: all is as it should be.

    Each rule leaves the keys in a state that is good for any time, so it does not
    matter what becomes of the process between two plans.
    """
    for rule in (_clock_went_back, _one_is_coming, _not_wanted, _moved, _wanted):
        steps = tuple(rule(keys, facts))
        if steps:
            return Plan(steps, facts.now)
    times = [one for one in _times(keys, facts) if one > facts.now]
    return Plan((), min(times, default=None))


# --- rules, the first that has a step is followed -------------------------------------


def _clock_went_back(
    keys: abc.Collection[KnownKey], facts: LifeFacts
) -> abc.Iterator[Step]:
    """Begin a wait anew whose beginning lies ahead: the clock was wrong, or is."""
    latest = facts.now + SLACK
    for key in keys:
        if key.state in (SEEN, SIGNING, REVOKED) and key.since > latest:
            yield Move(key.number, key.state)
        if key.unused_since is not None and key.unused_since > latest:
            yield Unused(key.number)


def _one_is_coming(
    keys: abc.Collection[KnownKey], facts: LifeFacts
) -> abc.Iterator[Step]:
    """Of several keys that are to sign, follow the latest: two rotations are one."""
    for algorithm in {key.algorithm for key in keys}:
        for key in _coming(keys, algorithm)[:-1]:
            yield Move(key.number, RETIRED)


def _not_wanted(keys: abc.Collection[KnownKey], facts: LifeFacts) -> abc.Iterator[Step]:
    """Take out of use what the domain is not to have, but not what the user brought."""
    for key in keys:
        if key.own or key.algorithm in facts.algorithms:
            continue
        if key.state in COMING:
            yield Move(key.number, RETIRED)
        elif key.state == SIGNING:
            yield Move(key.number, RETIRING)


def _moved(keys: abc.Collection[KnownKey], facts: LifeFacts) -> abc.Iterator[Step]:
    """Move the first key that can be moved, and what it takes the place of."""
    for key in sorted(keys, key=lambda one: one.number):
        step = _step(key, facts)
        if step is None:
            continue
        yield step
        if step == Move(key.number, SIGNING):
            for old in keys:
                if old.algorithm == key.algorithm and old.state == SIGNING:
                    yield Move(old.number, RETIRING)
        return


def _wanted(keys: abc.Collection[KnownKey], facts: LifeFacts) -> abc.Iterator[Step]:
    """Begin a key where one is missing, too old, or has a selector of another kind."""
    if not facts.room:
        return
    for algorithm in facts.algorithms:
        if _coming(keys, algorithm):
            continue
        signing = [k for k in keys if (k.algorithm, k.state) == (algorithm, SIGNING)]
        if all(_is_to_go(one, facts) for one in signing):
            yield Make(algorithm)
            return


# --- a single key ---------------------------------------------------------------------


def _step(key: KnownKey, facts: LifeFacts) -> Step | None:
    if key.state == MADE:
        return Move(key.number, PUBLISHED) if key.paired else Pair(key.number)
    if key.state in (PUBLISHED, SEEN) and not facts.checked:
        return Move(key.number, SIGNING)
    if key.state == PUBLISHED and key.seen_since is not None:
        return Move(key.number, SEEN)
    if key.state == SEEN and key.seen_since is None:
        return Move(key.number, PUBLISHED)
    if key.state == SEEN and not key.reused:
        return Move(key.number, SIGNING)
    if key.state == RETIRING and key.left and key.unused_since is None:
        return Unused(key.number)
    ends = _ends(key)
    if ends is None or ends[0] > facts.now:
        return None
    return Move(key.number, ends[1])


def _ends(key: KnownKey) -> tuple[datetime.datetime, str] | None:
    """Return when time alone brings the key into which state."""
    if key.state == SEEN and key.seen_since is not None and key.reused:
        # Caches may still have what the selector stood for before.
        return key.since + key.ttl + SLACK, SIGNING
    if key.state == RETIRING and key.unused_since is not None:
        return key.unused_since + stay(key.ttl), RETIRED
    if key.state == REVOKED and key.fixed:
        return key.since + key.ttl + SLACK, RETIRED
    return None


def _coming(keys: abc.Collection[KnownKey], algorithm: str) -> list[KnownKey]:
    found = [k for k in keys if k.algorithm == algorithm and k.state in COMING]
    return sorted(found, key=lambda one: one.number)


def _is_to_go(key: KnownKey, facts: LifeFacts) -> bool:
    # Without checks nobody could tell when a new key may sign.
    old = facts.checked and facts.period is not None
    too_old = old and key.since + tp.cast(_Delta, facts.period) <= facts.now
    return too_old or not (key.fits or key.own)


def _times(
    keys: abc.Collection[KnownKey], facts: LifeFacts
) -> abc.Iterator[datetime.datetime]:
    for key in keys:
        ends = _ends(key)
        if ends is not None:
            yield ends[0]
        if key.state == RETIRING and key.unused_since is None:
            yield facts.now + ASK_NODES_AGAIN
        if key.state == SIGNING and facts.checked and facts.period is not None:
            yield key.since + facts.period
