# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Every route, with who may call it.

The application, the OpenAPI description and the test of authorisation are made
from this table: a route cannot be there without a rule.
"""

import typing as tp

from exordos_mail.send.api import (
    events,
    health,
    messages,
    metrics,
    openapi,
    queue,
    routes_messages,
    routes_reports,
    routes_tenants,
)
from exordos_mail.send.api.route import Access, Answer, Call, Logged, Route


async def _describe(call: Call) -> Answer:
    """Return the description of this API."""
    return Answer(200, openapi.describe(TABLE))


def _others() -> tp.Iterator[Route]:
    yield Route(
        "GET",
        "/v1/events",
        Access.READ,
        events.page,
        "Fetch events in their order",
        200,
        events.EventsOut,
        query=events.EventsQuery,
    )
    yield Route(
        "POST",
        "/v1/queue/run-now",
        Access.ADMIN,
        queue.run_now,
        "Look at the queue now",
        202,
        queue.WokenOut,
        log=Logged.ONCE,
    )
    yield Route(
        "GET",
        "/v1/queue/messages",
        Access.ADMIN,
        queue.page,
        "List messages of all tenants, the newest first",
        200,
        queue.QueueOut,
        query=messages.MessagesQuery,
    )
    yield Route(
        "GET",
        "/health/live",
        Access.PUBLIC,
        health.live,
        "Whether the process works; if not, restart it",
        200,
        health.HealthOut,
    )
    yield Route(
        "GET",
        "/health/ready",
        Access.PUBLIC,
        health.ready,
        "Whether mail is taken and delivered",
        200,
        health.HealthOut,
    )
    yield Route(
        "GET",
        "/metrics",
        Access.METRICS,
        metrics.show,
        "Metrics in the text format of Prometheus",
        200,
    )
    yield Route(
        "GET",
        "/v1/openapi.json",
        Access.PUBLIC,
        _describe,
        "This description",
        200,
        dict[str, tp.Any],
    )


TABLE: tuple[Route, ...] = (
    *routes_messages.TABLE,
    *routes_tenants.TABLE,
    *routes_reports.TABLE,
    *_others(),
)
