# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Metrics, for Prometheus to fetch."""

import asyncio
import logging

import prometheus_client

from exordos_mail.send import clock
from exordos_mail.send.api.route import Answer, Call
from exordos_mail.send.metrics import exposition, gauges
from exordos_mail.send.storage import database

log = logging.getLogger(__name__)


async def show(call: Call) -> Answer:
    """Return every metric; without those of the database when it is away."""
    standing = None
    try:
        standing = await call.service.base.read(gauges.read, clock.now())
    except database.DatabaseUnavailable as error:
        log.error("metrics without the database: %s", error)
    families = gauges.families(standing, call.service.worker.beat_age)
    # In a thread: with many tenants it is a long text.
    text = await asyncio.to_thread(exposition.text, families)
    return Answer(200, text, media_type=prometheus_client.CONTENT_TYPE_LATEST)
