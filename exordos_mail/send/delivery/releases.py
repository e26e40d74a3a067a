# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Claims that go back to the queue, because no attempt was made."""

import asyncio

from exordos_mail.send import clock
from exordos_mail.send.delivery.results import insist
from exordos_mail.send.delivery.worker import Worker
from exordos_mail.send.queue import upkeep
from exordos_mail.send.storage import database


class Releases:
    """Writes them while the lanes go on."""

    def __init__(self, base: database.Database, worker: Worker) -> None:
        self._base = base
        self._worker = worker
        self._tasks: set[asyncio.Task[None]] = set()

    def release(self, ids: list[str], reason: str) -> None:
        """Return messages, by their ids, to the queue."""
        if not ids:
            return
        worker_id = self._worker.id
        task = asyncio.create_task(
            insist(
                self._base.write,
                lambda tx: upkeep.release_some(tx, worker_id, ids, reason, clock.now()),
            )
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait until what was begun is written."""
        await asyncio.gather(*self._tasks)
