# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The life of a domain's MTA-STS policy (RFC 8461): pure, with the time as an argument.

    off → testing → enforce       testing comes first, for days without failures
    testing, enforce → leaving    mode `none`, until nobody can hold an older policy
    leaving → off | testing

What senders have been told binds them for its max_age: a host that has left the policy
stays in it for so long, and so does a policy that is to go (section 8.3). So the record
of a policy is published only when the policy is served (section 8.2), and it goes last.
"""

import dataclasses
import datetime
import typing as tp

from exordos_mail.standards import mta_sts

Stage = tp.Literal["off", "testing", "enforce", "leaving"]

_DAY = 86_400
#: How long senders keep a policy, in seconds. One that is tried is soon forgotten.
MAX_AGES: tp.Mapping[str, int] = {
    "testing": _DAY,
    "enforce": 14 * _DAY,
    "leaving": _DAY,
}
_MODES = {
    "testing": mta_sts.TESTING,
    "enforce": mta_sts.ENFORCE,
    "leaving": mta_sts.NONE,
}


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is wanted of a domain now.

    Attributes:
        mode: off, testing or enforce.
        hostname: where its mail goes.
        receives: whether its mail comes here; if not, there is nothing to secure.
        testing: how long testing lasts without failures.
    """

    mode: str
    hostname: str
    receives: bool
    testing: datetime.timedelta

    @property
    def is_off(self) -> bool:
        """Whether there should be no policy."""
        return self.mode == "off" or not self.receives


@dataclasses.dataclass(frozen=True)
class Life:
    """Where a policy is in its life. Moments are UTC.

    Attributes:
        since: when the stage began.
        binds_until: until when somebody may hold a policy of an older stage or text.
        hostname: the host of the policy; "" before there is one.
        former: older hosts, and until when they stay.
        seen_at: since when all name servers have shown the record; None: not now.
        failed_at: the last failure that somebody has reported.
    """

    stage: Stage = "off"
    since: datetime.datetime = datetime.datetime.min
    binds_until: datetime.datetime = datetime.datetime.min
    hostname: str = ""
    former: tp.Mapping[str, datetime.datetime] = dataclasses.field(default_factory=dict)
    seen_at: datetime.datetime | None = None
    failed_at: datetime.datetime | None = None

    @property
    def policy(self) -> mta_sts.Policy | None:
        """The policy that is served; None: none."""
        if self.stage == "off":
            return None
        hosts = (self.hostname, *sorted(self.former))
        return mta_sts.Policy(_MODES[self.stage], hosts, MAX_AGES[self.stage])

    def enforces_at(self, wish: Wish) -> datetime.datetime | None:
        """Return when testing has lasted long enough; None: nobody sees the record."""
        if self.seen_at is None:
            return None
        moments = [self.since, self.seen_at]
        if self.failed_at is not None:
            moments.append(self.failed_at)
        return max(moments) + wish.testing

    def due(self, wish: Wish) -> datetime.datetime | None:
        """Return when time alone changes something; None: never."""
        moments = list(self.former.values())
        if self.stage == "leaving":
            moments.append(self.binds_until)
        if self.stage == "testing" and wish.mode == "enforce":
            at = self.enforces_at(wish)
            moments += [at] if at is not None else []
        return min(moments, default=None)


def step(life: Life, wish: Wish, now: datetime.datetime) -> Life:
    """Return the life as it is now; of a life that needs no change the same."""
    stage = _stage(life, wish, now)
    if stage == "off":
        return Life() if life.stage != "off" else life
    hosts = _with_host(life, wish, now) if not wish.is_off else life
    kept = {name: until for name, until in hosts.former.items() if until > now}
    life = hosts if kept == hosts.former else dataclasses.replace(hosts, former=kept)
    if stage == life.stage:
        return life
    return dataclasses.replace(
        life, stage=stage, since=now, binds_until=_binding(life, now)
    )


def _stage(life: Life, wish: Wish, now: datetime.datetime) -> Stage:
    if wish.is_off:
        if life.stage == "off":
            return "off"
        # What was served last binds from now on.
        is_over = life.stage == "leaving" and life.binds_until <= now
        return "off" if is_over else "leaving"
    if life.stage == "testing" and wish.mode == "enforce":
        at = life.enforces_at(wish)
        return "enforce" if at is not None and at <= now else "testing"
    if life.stage == "enforce" and wish.mode == "enforce":
        return "enforce"
    return "testing"


def _with_host(life: Life, wish: Wish, now: datetime.datetime) -> Life:
    """Return the life with today's host, the one before it staying for a while."""
    if life.hostname == wish.hostname:
        return life
    former = dict(life.former)
    former.pop(wish.hostname, None)
    if life.hostname:
        former[life.hostname] = _binding(life, now)
    return dataclasses.replace(life, hostname=wish.hostname, former=former)


def _binding(life: Life, now: datetime.datetime) -> datetime.datetime:
    """Return until when somebody may hold what was served up to now."""
    if life.stage == "off":
        return life.binds_until
    age = datetime.timedelta(seconds=MAX_AGES[life.stage])
    return max(life.binds_until, now + age)
