# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a message waits for, as its owner is told."""

import collections.abc as abc
import typing as tp

from exordos_mail.send.queue import claim, limits, pause, states
from exordos_mail.send.queue.job import Lane
from exordos_mail.send.storage import database


class Waiting(tp.Protocol):
    """What there is to know of a message."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def relay_id(self) -> str: ...  # noqa: D102
    @property
    def state(self) -> str: ...  # noqa: D102
    @property
    def due_at(self) -> int: ...  # noqa: D102


class Why(tp.NamedTuple):
    """What a message waits for, and until when if that is known."""

    reason: str | None = None
    #: Milliseconds since 1970.
    until: int | None = None


#: What `reason` may be.
REASONS = {
    "time": "its time has not come: `send_at`",
    "retry": "its last attempt was deferred, and the next one is due later",
    "suspension": "its batch, or everything of its tenant, is suspended",
    "pause": "the whole service is paused",
    "tenant_inactive": "its tenant is switched off",
    "rate_limit": "a limit of its tenant or its relay allows none now",
    "turn": "it is due, and waits for the messages before it or for a connection",
}


def of(
    tx: database.Transaction,
    tenant_id: str,
    rows: abc.Iterable[Waiting],
    now: int,
) -> dict[str, Why]:
    """Return what each of a tenant's messages waits for, by its id."""
    lanes: dict[str, Why] = {}
    found: dict[str, Why] = {}
    for row in rows:
        found[row.id] = _own(row, now)
        if found[row.id].reason is None and row.state in states.WAITING:
            relay_id = row.relay_id
            if relay_id not in lanes:
                lanes[relay_id] = _of_lane(tx, Lane(tenant_id, relay_id), now)
            found[row.id] = lanes[relay_id]
    return found


def _own(row: Waiting, now: int) -> Why:
    """Return what a message waits for by itself."""
    if row.state == states.SUSPENDED:
        return Why("suspension")
    if row.state not in states.WAITING or row.due_at <= now:
        return Why()
    return Why("retry" if row.state == states.DEFERRED else "time", row.due_at)


def _of_lane(tx: database.Transaction, lane: Lane, now: int) -> Why:
    """Return what every due message of a lane waits for."""
    if pause.since(tx) is not None:
        return Why("pause")
    relay = claim.relay(tx, lane)
    if relay is None:
        return Why("tenant_inactive")
    allowed = limits.allowance(tx, relay.limits, 1, now)
    return Why("turn") if allowed.count else Why("rate_limit", allowed.again_at)
