# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Traces: what became of messages, found by what is known of them."""

import re
import typing as tp

import msgspec

from exordos_mail.send.api import common
from exordos_mail.send.api.problem import FieldProblem, invalid, invalid_field
from exordos_mail.send.api.route import Access, Call, Logged, route
from exordos_mail.send.content import address, identity
from exordos_mail.send.events import records as events
from exordos_mail.send.queue import states
from exordos_mail.send.storage import database
from exordos_mail.send.trace import answers, records
from exordos_mail.send.trace.search import END, TraceSearch

#: Tenants that one call looks through.
TENANTS = 20
_STATES = "|".join(dict.fromkeys((*states.ALL, *states.OUTCOMES)))
#: As a header has it: folded it may be long.
_Text = tp.Annotated[str, msgspec.Meta(max_length=998, pattern=r"^[^\x00]*\Z")]
_Limit = tp.Annotated[int, msgspec.Meta(ge=1, le=100)]
_NUMBER = re.compile(r"\d{1,12}(\.\d*)?")
_NOTHING = (
    "say id, message_id, address, from, to, subject or since: what is given leads to no"
    " message by an index"
)


class TraceQuery(
    msgspec.Struct,
    forbid_unknown_fields=True,
    rename={"from_": "from"},
):
    """Which messages: those that all of it is true of; absent: any."""

    before: common.OneLine = END
    limit: _Limit = 20
    id: common.OneLine = ""
    message_id: _Text = ""
    #: Of the sender or of a recipient.
    address: _Text = ""
    subject: _Text = ""
    from_: _Text = ""
    to: _Text = ""
    state: tp.Annotated[str, msgspec.Meta(pattern=rf"^({_STATES}|)\Z")] = ""
    since: str | None = None
    until: str | None = None


class TracesOut(msgspec.Struct):
    """The newest message first; `next` is `before` of the following part.

    A part may have fewer messages than were asked for, or none, and others follow.
    """

    traces: list[answers.TraceOut]
    next: str | None


class TenantTraceOut(answers.TraceOut, kw_only=True):
    """A message of some tenant and its timeline."""

    tenant: str


class AllTracesOut(msgspec.Struct):
    """Tenant by tenant, of each the newest message first."""

    traces: list[TenantTraceOut]
    next: str | None


@route("GET", "/v1/trace", Access.READ)
async def trace(call: Call, query: TraceQuery) -> TracesOut:
    """Show what became of messages, in the order of time."""
    wanted = _wanted(query)

    def unit(tx: database.Transaction) -> TracesOut:
        found = answers.of_tenant(tx, call.tenant_id, wanted, query.before, query.limit)
        return TracesOut(found.traces, found.next)

    return await call.base.read(unit)


@route("GET", "/v1/trace/all", Access.ADMIN, log=Logged.ONCE)
async def trace_all(call: Call, query: TraceQuery) -> AllTracesOut:
    """Show what became of messages of all tenants; the call is in the command log."""
    wanted = _wanted(query)

    def unit(tx: database.Transaction) -> AllTracesOut:
        only = _only_tenant(tx, wanted)
        if only is None:
            return _of_all(tx, wanted, query)
        before = END if query.before == END else query.before.partition("/")[2]
        found = answers.of_tenant(tx, only, wanted, before, query.limit)
        following = None if found.next is None else f"{only}/{found.next}"
        return AllTracesOut(_named(only, found.traces), following)

    return await call.base.read(unit)


def _only_tenant(tx: database.Transaction, wanted: TraceSearch) -> str | None:
    """Return the tenant whose the message has to be; None: it may be anybody's."""
    named = [wanted.id] if wanted.id else identity.own([wanted.message_id])
    tenants = (events.tenant_of(tx, one) for one in named)
    return next((one for one in tenants if one is not None), None)


def _of_all(
    tx: database.Transaction, wanted: TraceSearch, query: TraceQuery
) -> AllTracesOut:
    first, _, before = ("", "", END) if query.before == END else _cursor(query.before)
    found: list[TenantTraceOut] = []
    shown = 0
    # One more than are looked through: where the next part begins.
    tenants = records.tenants(tx, first, TENANTS + 1)
    for number, tenant_id in enumerate(tenants):
        if number == TENANTS or len(found) == query.limit or shown >= answers.ENOUGH:
            return AllTracesOut(found, f"{tenant_id}/{END}")
        cursor = before if tenant_id == first else END
        most = query.limit - len(found)
        part = answers.of_tenant(tx, tenant_id, wanted, cursor, most)
        found += _named(tenant_id, part.traces)
        shown += part.events
        if part.next is not None:
            return AllTracesOut(found, f"{tenant_id}/{part.next}")
    return AllTracesOut(found, None)


def _cursor(text: str) -> tuple[str, str, str]:
    return text.partition("/")


def _named(
    tenant_id: str, traces: tp.Iterable[answers.TraceOut]
) -> list[TenantTraceOut]:
    return [
        TenantTraceOut(tenant=tenant_id, **msgspec.structs.asdict(one))
        for one in traces
    ]


def _wanted(query: TraceQuery) -> TraceSearch:
    """Return which messages are meant.

    Raises:
        Problem: 422, nothing leads to them, or a part of it is none.
    """
    found = TraceSearch(
        id=query.id.lower(),
        message_id=query.message_id.strip(),
        address=_address("address", query.address),
        subject=query.subject.strip(),
        sender=_address("from", query.from_),
        recipient=_address("to", query.to),
        state=query.state,
        since=_moment("since", query.since),
        until=_moment("until", query.until),
    )
    if not found.lead:
        raise invalid([FieldProblem(".", _NOTHING)])
    return found


def _moment(field: str, given: str | None) -> int | None:
    """Return a moment; a parameter has its seconds as a text."""
    is_number = given is not None and _NUMBER.fullmatch(given)
    return common.milliseconds(
        field, float(tp.cast(str, given)) if is_number else given
    )


def _address(field: str, given: str) -> str:
    try:
        return address.check(given) if given else ""
    except address.AddressError as error:
        raise invalid_field(field, str(error)) from None
