# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From a claimed message to the bytes that are sent."""

import asyncio

from exordos_mail.send import attachments
from exordos_mail.send.content import message, render
from exordos_mail.send.delivery.sources import Sources
from exordos_mail.send.queue import contents
from exordos_mail.send.queue.job import Job
from exordos_mail.send.storage import database

#: Bytes from which rendering goes to a thread, so that nobody waits for it.
_LARGE = 256 * 1024


class Preparation:
    """Reads contents, loads attachments and renders."""

    def __init__(self, base: database.Database, sources: Sources) -> None:
        self._base = base
        self._sources = sources

    async def prepare(self, job: Job) -> bytes:
        """Return a message's RFC 5322 bytes.

        Raises:
            TemporaryFailure, PermanentFailure: an attachment is missing.
        """
        body = job.body
        if body is None:
            body = await self._base.read(contents.get, job.id)
        content = message.unpack(body)
        attached: list[attachments.Content] = []
        if content.attachments:
            attached = await self._sources.load(job.lane.tenant_id, content)
        if len(body) + sum(len(part.data) for part in attached) < _LARGE:
            return render.render(content, job.id, job.created_at, attached)
        return await asyncio.to_thread(
            render.render, content, job.id, job.created_at, attached
        )
