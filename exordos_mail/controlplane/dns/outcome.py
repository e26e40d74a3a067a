# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a check changes of what was known: pure decisions over time.

A server that does not answer once is no news; a proof of ownership that is gone for an
hour takes nothing away from anybody.
"""

import dataclasses
import datetime
import random
import typing as tp
import uuid as sys_uuid

from exordos_mail.standards.dns.record import Record
from exordos_mail.standards.dns.verdict import Verdict

#: Seconds between two checks: a quarter of the time since the last change.
PAUSE_MIN, PAUSE_MAX, PAUSE_PART = 3.0, 6 * 3600.0, 4.0
#: With somebody in doubt, the next check comes this soon.
PAUSE_DOUBT = 30.0

#: What may pass by itself, and how often in a row it is seen before it counts.
_PASSING, DOUBTS = frozenset(("unreachable", "waiting")), 2

#: How long a proof may be gone before the ownership lapses.
LAPSE = datetime.timedelta(hours=24)


@dataclasses.dataclass(frozen=True)
class Row:
    """What is kept of a record.

    Attributes:
        uuid: made of domain, name, type and value.
        state, expected, found, fix: see `verdict.Verdict`.
        doubts: how often in a row a passing state was seen instead.
    """

    uuid: sys_uuid.UUID
    record: Record
    state: str = "waiting"
    expected: str = ""
    found: tuple[str, ...] = ()
    fix: str = ""
    doubts: int = 0


def row(domain: sys_uuid.UUID, record: Record, found: Verdict | None) -> Row:
    """Return what is kept of a record; `found` is None before it was looked at."""
    key = f"{record.name} {record.type} {record.value}"
    uuid = sys_uuid.uuid5(domain, key)
    if found is None:
        return Row(uuid, record, expected=record.value)
    return Row(uuid, record, found.state, found.expected, found.found, found.fix)


def settled(before: Row | None, now: Row) -> Row:
    """Return what counts of a new observation: a passing one counts when it lasts."""
    if before is None or before.state != "ok" or now.state not in _PASSING:
        return now
    if before.doubts + 1 >= DOUBTS:
        return now
    return dataclasses.replace(before, doubts=before.doubts + 1)


def ownership(
    before: str,
    since: datetime.datetime | None,
    proof: str,
    now: datetime.datetime,
) -> tuple[str, datetime.datetime | None]:
    """Return whether a domain is proven, and since when its proof is gone.

    Args:
        before: unproven, proven or lapsed.
        since: since when the proof is not seen.
        proof: state of its record; "": it was not looked at.
        now: the time.
    """
    if proof == "ok":
        return "proven", None
    if proof in ("", *_PASSING) or before != "proven":
        return before, since
    since = since or now
    return ("lapsed" if now - since >= LAPSE else before), since


def pause(age: float, in_doubt: bool, chance: float | None = None) -> float:
    """Return the seconds until the next check.

    Args:
        age: seconds since something changed.
        in_doubt: whether a passing state is waited for.
        chance: 0 to 1, so that domains of one moment spread; None: at random.
    """
    spread = random.random() if chance is None else chance  # noqa: S311 no secret
    found = min(max(age / PAUSE_PART, PAUSE_MIN), PAUSE_MAX)
    if in_doubt:
        found = min(found, PAUSE_DOUBT)
    return found * (0.9 + 0.2 * spread)


def changes(
    before: tp.Mapping[sys_uuid.UUID, Row], now: tp.Iterable[Row]
) -> list[tuple[Row, Row]]:
    """Return the rows whose state has changed, as it was and as it is."""
    return [
        (before[one.uuid], one)
        for one in now
        if one.uuid in before and before[one.uuid].state != one.state
    ]
