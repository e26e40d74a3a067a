# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Events for those who fetch them."""

import asyncio
import typing as tp

import msgspec

from exordos_mail.send.api import common
from exordos_mail.send.api.route import Access, Call, route
from exordos_mail.send.events import records as events
from exordos_mail.send.storage.bell import heard

#: Seconds between two looks for what no bell of this process tells of, while a caller
#: waits: what other processes on the same database wrote.
_LOOK = 1.0
#: Seconds between two looks at the least.
_PAUSE = 0.25


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

    events: list[events.EventOut]
    next: int


@route("GET", "/v1/events", Access.READ)
async def page(call: Call, query: EventsQuery) -> EventsOut:
    """Fetch events in their order."""
    start = query.after
    if query.last is not None:
        newest = await call.base.read(events.last, call.tenant_id)
        start = max(newest - query.last, 0)
    clock = asyncio.get_running_loop().time
    deadline = clock() + query.wait
    while True:
        ringing, looked_at = call.service.bell.next, clock()
        rows = await call.base.read(events.after, call.tenant_id, start, query.limit)
        left = deadline - clock()
        if rows or left <= 0 or call.service.stopping.is_set():
            break
        if await heard(ringing, min(_LOOK, left)):
            # It may ring for others' events, hundreds of times a second.
            await asyncio.sleep(max(looked_at + _PAUSE - clock(), 0))
    following = rows[-1].seq if rows else start
    return EventsOut([events.event_out(row) for row in rows], following)
