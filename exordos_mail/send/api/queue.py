# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The queue as its operator works on it."""

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.api import common
from exordos_mail.send.api import messages as messages_api
from exordos_mail.send.api.route import Answer, Call
from exordos_mail.send.queue import waiting
from exordos_mail.send.records import messages
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


async def page(call: Call) -> Answer:
    """Return a part of the list of all tenants' messages."""
    query = call.query
    wanted = messages_api.wanted(query)

    def unit(
        tx: database.Transaction,
    ) -> tuple[list[database.Row], list[QueuedMessageOut]]:
        rows = messages.page_of_all(tx, query.before, query.limit, wanted)
        return rows, _summaries(tx, rows)

    rows, listed = await call.service.base.read(unit)
    return Answer(200, QueueOut(listed, common.next_of(rows, query.limit, "id")))


def _summaries(
    tx: database.Transaction, rows: list[database.Row]
) -> list[QueuedMessageOut]:
    now = clock.now()
    why: dict[str, waiting.Why] = {}
    for tenant_id in {row["tenant_id"] for row in rows}:
        own = [row for row in rows if row["tenant_id"] == tenant_id]
        why |= waiting.of(tx, tenant_id, own, now)
    return [
        QueuedMessageOut(
            tenant=row["tenant_id"], **messages_api.summary(row, why[row["id"]])
        )
        for row in rows
    ]


async def run_now(call: Call) -> Answer:
    """Look at every lane now instead of within a second."""
    call.service.dispatcher.wake_all()
    return Answer(202, WokenOut(True))
