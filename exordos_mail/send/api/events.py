# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Events for those who fetch them."""

import asyncio
import time
import typing as tp

import msgspec

from exordos_mail.send.api import common
from exordos_mail.send.api.route import Answer, Call
from exordos_mail.send.records import event_out, events

#: Seconds between two looks while a caller waits.
_LOOK = 0.25


class EventsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Where to begin, how many, and how many seconds to wait for the first.

    `last`, instead of `after`: with the last so many.
    """

    after: tp.Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0
    last: tp.Annotated[int, msgspec.Meta(ge=0, le=500)] | None = None
    limit: common.Limit = 100
    wait: tp.Annotated[float, msgspec.Meta(ge=0, le=30)] = 0


class EventsOut(msgspec.Struct):
    """Events in their order; `next` is `after` of the next call."""

    events: list[event_out.EventOut]
    next: int


async def page(call: Call) -> Answer:
    """Return a tenant's events after a number; none is missed or doubled."""
    query = call.query
    start = query.after
    if query.last is not None:
        newest = await call.service.base.read(events.last, call.tenant_id)
        start = max(newest - query.last, 0)
    deadline = time.monotonic() + query.wait
    while True:
        rows = await call.service.base.read(
            events.after, call.tenant_id, start, query.limit
        )
        left = deadline - time.monotonic()
        if rows or left <= 0 or call.service.stopping.is_set():
            break
        await asyncio.sleep(min(_LOOK, left))
    following = rows[-1]["seq"] if rows else start
    return Answer(200, EventsOut([event_out.event_out(row) for row in rows], following))
