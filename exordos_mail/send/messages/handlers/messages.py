# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Messages: send, read, cancel, reschedule, remove."""

import typing as tp

import msgspec

from exordos_mail.send import clock, members
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import (
    conflict,
    invalid_field,
    not_found,
)
from exordos_mail.send.api.route import Access, Call, Logged, route
from exordos_mail.send.content import check, values
from exordos_mail.send.content import labels as label
from exordos_mail.send.events import records as events
from exordos_mail.send.messages import records as messages
from exordos_mail.send.queue import filters, labels, states, upkeep, waiting
from exordos_mail.send.queue.job import Lane
from exordos_mail.send.storage import database

#: Sorts after every id.
_END = "~"
_PRIORITIES = {number: name for name, number in values.PRIORITIES.items()}


class RecipientOut(msgspec.Struct):
    """One recipient and what became of the message there."""

    address: str
    state: str
    code: int | None
    enhanced: str | None
    reply: str | None
    #: What became of it after it was sent (states.OUTCOMES); null: nothing is known.
    outcome: str | None
    updated_at: str


class MessageSummaryOut(msgspec.Struct, kw_only=True):
    """A message in a list."""

    id: str
    state: str
    relay: str
    batch: str | None
    priority: str
    sender: str
    subject: str
    due_at: str
    expires_at: str
    attempts: int
    created_at: str
    updated_at: str
    final_at: str | None
    #: What it waits for (queue/waiting.py), and until when if that is known; null:
    #: it is being sent, or is final.
    waits_for: str | None
    waits_until: str | None
    #: What the caller wrote on it.
    reference: str | None
    tags: list[str]
    metadata: dict[str, str]
    #: It was accepted with a test key: it is never handed to a server.
    test: bool


class MessageOut(MessageSummaryOut, kw_only=True):
    """A message with its recipients and its events in their order."""

    recipients: list[RecipientOut]
    events: list[events.EventOut]


class MessagesOut(msgspec.Struct):
    """The newest first; `next` is `before` of the following part."""

    messages: list[MessageSummaryOut]
    next: str | None


class CountsOut(msgspec.Struct):
    """How many messages are in each state."""

    states: dict[str, int]
    #: Not final.
    unfinished: int


class RemovedOut(msgspec.Struct):
    """How many messages were removed."""

    removed: int


class MessagesQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Filters; absent: any."""

    before: str = _END
    limit: common.Limit = 100
    state: tp.Annotated[str, msgspec.Meta(pattern=rf"^({'|'.join(states.ALL)}|)\Z")] = (
        ""
    )
    batch: str = ""
    relay: str = ""
    recipient: str = ""
    reference: common.OneLine = ""
    tag: common.OneLine = ""


class CountsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Counts of one batch only."""

    batch: str = ""


class CleanUpQuery(msgspec.Struct, forbid_unknown_fields=True):
    """How long ago a message became final, in seconds, to be removed."""

    older_than: tp.Annotated[int, msgspec.Meta(ge=0, le=10**10)]


class MessageChangeIn(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a message that is not sent; absent: nothing."""

    send_at: str | float | None = None
    expires_at: str | float | None = None
    priority: str | int | None = None


@route("GET", "/v1/messages", Access.READ)
async def page(call: Call, query: MessagesQuery) -> MessagesOut:
    """List messages, the newest first."""
    meant = wanted(query)

    def unit(tx: database.Transaction) -> MessagesOut:
        rows = messages.page(tx, call.tenant_id, query.before, query.limit, meant)
        shown = Shown(tx, call.tenant_id, rows)
        return MessagesOut(
            [shown.summary(MessageSummaryOut, row) for row in rows],
            common.next_of(rows, query.limit, "id"),
        )

    return await call.base.read(unit)


def wanted(query: MessagesQuery) -> filters.MessageFilter:
    """Return the filters of a list."""
    return filters.MessageFilter(
        state=query.state,
        batch=query.batch,
        relay_id=query.relay,
        recipient=query.recipient,
        reference=query.reference,
        tag=query.tag,
    )


@route("GET", "/v1/messages/counts", Access.READ)
async def counts(call: Call, query: CountsQuery) -> CountsOut:
    """Count messages by state."""
    found = await call.base.read(messages.counts, call.tenant_id, query.batch)
    unfinished = sum(found[name] for name in (*states.AT_REST, states.SENDING))
    return CountsOut(found, unfinished)


@route("GET", "/v1/messages/{message}", Access.READ)
async def get(call: Call) -> MessageOut:
    """Read a message with its recipients and events."""

    def unit(tx: database.Transaction) -> MessageOut | None:
        row = messages.get(tx, call.tenant_id, call.path["message"])
        return None if row is None else _whole(tx, call.tenant_id, row)

    return _found(await call.base.read(unit))


@route("PATCH", "/v1/messages/{message}", Access.SEND, log=Logged.ONCE)
async def change(call: Call, given: MessageChangeIn) -> MessageOut:
    """Reschedule a message that is not sent."""
    now = clock.now()
    due_at = common.milliseconds("send_at", given.send_at)
    expires_at = common.milliseconds("expires_at", given.expires_at)
    for field, moment in (("send_at", due_at), ("expires_at", expires_at)):
        if moment is not None and not 0 <= moment <= now + check.FUTURE_MAX:
            raise invalid_field(field, "a moment is at most 366 days ahead")
    try:
        priority = (
            None if given.priority is None else values.parse_priority(given.priority)
        )
    except ValueError as error:
        raise invalid_field("priority", str(error)) from None

    def unit(tx: database.Transaction) -> tuple[MessageOut, str] | None:
        row = messages.reschedule(
            tx,
            call.tenant_id,
            call.path["message"],
            due_at,
            priority,
            expires_at,
            call.principal.actor,
            now,
        )
        if row is None:
            return None
        return _whole(tx, call.tenant_id, row), row.relay_id

    try:
        found = await call.base.write(unit)
    except messages.NotAtRest as error:
        raise _too_late(error) from None
    except ValueError as error:
        raise invalid_field("expires_at", str(error)) from None
    if found is None:
        raise not_found("message")
    call.service.dispatcher.wake(Lane(call.tenant_id, found[1]))
    return found[0]


@route(
    "POST", "/v1/messages/{message}/cancel", Access.SEND, log=Logged.ONCE, frees=True
)
async def cancel(call: Call) -> MessageOut:
    """Cancel a message that is not sent."""

    def unit(tx: database.Transaction) -> MessageOut | None:
        row = messages.cancel(
            tx,
            call.tenant_id,
            call.path["message"],
            call.principal.actor,
            clock.now(),
        )
        return None if row is None else _whole(tx, call.tenant_id, row)

    try:
        return _found(await call.base.write(unit))
    except messages.NotAtRest as error:
        raise _too_late(error) from None


@route("DELETE", "/v1/messages/{message}", Access.MANAGE, log=Logged.ONCE)
async def remove(call: Call) -> None:
    """Remove a message that is final."""
    try:
        removed = await call.base.write(
            messages.remove, call.tenant_id, call.path["message"]
        )
    except messages.NotFinal:
        raise conflict(
            "not_final", "something may still happen to it: cancel it first"
        ) from None
    if not removed:
        raise not_found("message")


@route("POST", "/v1/messages/clean-up", Access.MANAGE, log=Logged.ONCE, frees=True)
async def clean_up(call: Call, query: CleanUpQuery) -> RemovedOut:
    """Remove messages that have been final for some time."""
    before = clock.now() - query.older_than * 1000
    removed = 0
    while True:
        part = await call.base.write(upkeep.clean_up, before, call.tenant_id)
        removed += part
        if part < upkeep.CHUNK:
            return RemovedOut(removed)


def _found(found: MessageOut | None) -> MessageOut:
    if found is None:
        raise not_found("message")
    return found


def _too_late(error: messages.NotAtRest) -> Exception:
    return conflict("too_late", f"it is {error.state}: it cannot be changed now")


M = tp.TypeVar("M", bound=MessageSummaryOut)


class Shown:
    """Messages of a tenant with what answers say of them beside their rows."""

    def __init__(
        self,
        tx: database.Transaction,
        tenant_id: str,
        rows: tp.Sequence[messages.MessageRow],
    ) -> None:
        self._why = waiting.of(tx, tenant_id, rows, clock.now())
        self._labels = labels.of(tx, tenant_id, (row.id for row in rows))

    def summary(self, answer: type[M], row: messages.MessageRow, **more: tp.Any) -> M:
        """Return a message as a list shows it, or more of it."""
        why = self._why[row.id]
        return members.out(
            answer,
            row,
            relay=row.relay_id,
            priority=_PRIORITIES[row.priority],
            waits_for=why.reason,
            waits_until=common.moment(why.until),
            **label.members(self.labels(row)),
            **more,
        )

    def labels(self, row: messages.MessageRow) -> label.Labels:
        """Return what the caller wrote on a message."""
        return self._labels.get(row.id, label.NONE)


def _whole(
    tx: database.Transaction, tenant_id: str, row: messages.MessageRow
) -> MessageOut:
    shown = Shown(tx, tenant_id, [row])
    return shown.summary(
        MessageOut,
        row,
        recipients=[
            members.out(RecipientOut, one) for one in messages.recipients(tx, row.id)
        ],
        events=[
            events.event_out(one, shown.labels(row))
            for one in events.of_message(tx, tenant_id, row.id)
        ],
    )
