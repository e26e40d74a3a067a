# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Metrics, for Prometheus to fetch."""

import asyncio
import logging

import prometheus_client

from exordos_mail.send import clock
from exordos_mail.send.api.route import Access, Call, Plain, route
from exordos_mail.send.metrics import exposition, gauges
from exordos_mail.send.storage import database

log = logging.getLogger(__name__)


@route("GET", "/metrics", Access.METRICS)
async def show(call: Call) -> Plain:
    """Metrics in the text format of Prometheus."""
    standing = None
    try:
        standing = await call.base.read(gauges.read, clock.now())
    except database.DatabaseUnavailable as error:
        log.error("metrics without the database: %s", error)
    families = gauges.families(standing, call.service.worker.beat_age)
    # In a thread: with many tenants it is a long text.
    text = await asyncio.to_thread(exposition.text, families)
    return Plain(text, prometheus_client.CONTENT_TYPE_LATEST)
