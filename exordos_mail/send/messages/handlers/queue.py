# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The queue as its operator works on it."""

import msgspec

from exordos_mail.send.api import common
from exordos_mail.send.api.route import Access, Call, Logged, route
from exordos_mail.send.messages import records as messages
from exordos_mail.send.messages.handlers import messages as messages_api
from exordos_mail.send.storage import database


class WokenOut(msgspec.Struct):
    """The dispatcher looks at every lane now."""

    woken: bool


class QueuedMessageOut(messages_api.MessageSummaryOut, kw_only=True):
    """A message of some tenant."""

    tenant: str


class QueueOut(msgspec.Struct):
    """The newest first; `next` is `before` of the following part."""

    messages: list[QueuedMessageOut]
    next: str | None


@route("GET", "/v1/queue/messages", Access.ADMIN)
async def page(call: Call, query: messages_api.MessagesQuery) -> QueueOut:
    """List messages of all tenants, the newest first."""
    wanted = messages_api.wanted(query)

    def unit(tx: database.Transaction) -> QueueOut:
        rows = messages.page_of_all(tx, query.before, query.limit, wanted)
        return QueueOut(_summaries(tx, rows), common.next_of(rows, query.limit, "id"))

    return await call.base.read(unit)


def _summaries(
    tx: database.Transaction, rows: list[messages.MessageRow]
) -> list[QueuedMessageOut]:
    shown = {
        tenant_id: messages_api.Shown(
            tx, tenant_id, [row for row in rows if row.tenant_id == tenant_id]
        )
        for tenant_id in {row.tenant_id for row in rows}
    }
    return [
        shown[row.tenant_id].summary(QueuedMessageOut, row, tenant=row.tenant_id)
        for row in rows
    ]


@route("POST", "/v1/queue/run-now", Access.ADMIN, 202, log=Logged.ONCE)
async def run_now(call: Call) -> WokenOut:
    """Look at the queue now."""
    call.service.dispatcher.wake_all()
    return WokenOut(True)
