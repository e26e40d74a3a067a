# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Limits per minute, hour and day that survive a restart.

A window slides in steps: the claims of each step are one row of `usage`, and a
step counts as long as any part of it is in the window, so that a limit is
never exceeded.
"""

import dataclasses
import typing as tp

from exordos_mail.send.storage import database, sql

_SECOND = 1000


@dataclasses.dataclass(frozen=True)
class Span:
    """A window and its step, in milliseconds."""

    name: str
    length: int
    step: int


SPANS = (
    Span("minute", 60 * _SECOND, _SECOND),
    Span("hour", 3600 * _SECOND, 60 * _SECOND),
    Span("day", 86400 * _SECOND, 900 * _SECOND),
)


@dataclasses.dataclass(frozen=True)
class Limit:
    """How many messages a scope may send in a span."""

    scope: str
    span: Span
    count: int


@dataclasses.dataclass(frozen=True)
class Allowance:
    """How many messages may be claimed now, and when to ask again."""

    count: int
    #: Milliseconds since 1970; of use when `count` is 0.
    again_at: int


# Steps of a window, oldest first.  A step that begins in the future was written
# before the clock was set back: it is not counted, or mail would stand still.
_STEPS = sql.statement("""
SELECT start_at, claimed FROM usage
WHERE scope = :scope AND span = :span AND start_at > :after AND start_at <= :now
ORDER BY start_at
""")
_ADD = sql.statement("""
INSERT INTO usage (scope, span, start_at, claimed)
VALUES (:scope, :span, :start_at, :count)
ON CONFLICT (scope, span, start_at)
DO UPDATE SET claimed = usage.claimed + excluded.claimed
""")
_FORGET = sql.statement("DELETE FROM usage WHERE start_at < :before")


def of(scope: str, row: object, whose: str = "") -> list[Limit]:
    """Return the limits of a scope: a row's limit_minute, limit_hour and limit_day.

    Args:
        whose: what stands before these names.
    """
    found = [(span, getattr(row, f"{whose}limit_{span.name}")) for span in SPANS]
    return [Limit(scope, span, count) for span, count in found if count is not None]


def allowance(
    tx: database.Transaction, limits: list[Limit], wanted: int, now: int
) -> Allowance:
    """Return how many of `wanted` messages every limit allows at this moment.

    The caller holds the lock that keeps two claims of a scope apart.
    """
    found = Allowance(wanted, now)
    for limit in limits:
        steps = tx.rows(
            _STEPS,
            scope=limit.scope,
            span=limit.span.name,
            after=now - limit.span.length - limit.span.step,
            now=now,
        )
        room = max(limit.count - sum(step["claimed"] for step in steps), 0)
        if room < found.count:
            found = Allowance(room, found.again_at)
        if room == 0:
            first = steps[0]["start_at"] if steps else now
            again = first + limit.span.step + limit.span.length
            found = Allowance(0, max(found.again_at, again))
    return found


def count(
    tx: database.Transaction, limits: list[Limit], claimed: int, now: int
) -> None:
    """Write down that `claimed` messages were claimed."""
    for limit in limits:
        tx.run(
            _ADD,
            scope=limit.scope,
            span=limit.span.name,
            start_at=now - now % limit.span.step,
            count=claimed,
        )


def forget(tx: database.Transaction, now: int) -> int:
    """Remove the steps that are in no window any more; return how many."""
    longest: tp.Final = SPANS[-1]
    return tx.run(_FORGET, before=now - longest.length - 2 * longest.step)
