#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
