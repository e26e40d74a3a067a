# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""This process as a worker: its row, its beat, and whether it may send."""

import time

from exordos_mail.send import clock, ids
from exordos_mail.send.queue import upkeep, workers
from exordos_mail.send.storage import database

#: Seconds between two beats.
BEAT = 2.0
#: Seconds a beat may stand still before the others take over.
LEASE = 15.0
#: Seconds without a beat of our own after which nothing more is sent: so far
#: below the lease that a message in flight has left before the others begin.
_OWN_LIMIT = LEASE / 2


class Worker:
    """One incarnation after the other: who is declared dead begins anew."""

    def __init__(self, base: database.Database) -> None:
        self._base = base
        self._process = workers.this_process()
        self._beat_at = 0.0
        #: Beats of the others: when each was first seen, by our steady clock.
        self._seen: dict[str, tuple[int, float]] = {}
        self.id = ""
        #: The last beat could not be written.
        self.unwritable = False

    async def enter(self) -> None:
        """Write down a new incarnation."""
        self.id = ids.generator.one(clock.now())
        await self._base.write(workers.enter, self.id, self._process)
        self._beat_at = time.monotonic()

    @property
    def beat_age(self) -> float:
        """Return the seconds since the beat was last moved."""
        return time.monotonic() - self._beat_at

    def may_send(self) -> bool:
        """Return True while our lease is certainly still valid."""
        return self.beat_age < _OWN_LIMIT

    async def beat(self) -> bool:
        """Move the beat; False when a new incarnation was needed."""
        begun = time.monotonic()
        try:
            ours = await self._base.write(workers.beat, self.id)
        except database.DatabaseUnavailable:
            self.unwritable = True
            raise
        self.unwritable = False
        if ours:
            self._beat_at = begun
            return True
        await self.enter()
        return False

    async def reap(self) -> int:
        """Release the claims of dead workers; return how many."""
        now = time.monotonic()
        rows = await self._base.read(workers.every)
        dead = [row["id"] for row in rows if self._is_dead(row, now)]
        self._seen = {
            row["id"]: self._seen[row["id"]] for row in rows if row["id"] in self._seen
        }
        count = 0
        for worker_id in dead:
            count += await self._base.write(
                upkeep.release, worker_id, True, clock.now()
            )
        return count

    async def leave(self) -> None:
        """Release what is claimed and not begun, and forget the row."""
        await self._base.write(upkeep.release, self.id, False, clock.now())

    def _is_dead(self, row: database.Row, now: float) -> bool:
        if row["id"] == self.id:
            return False
        if workers.is_gone(row, self._process):
            return True
        beat, since = self._seen.setdefault(row["id"], (row["beat"], now))
        if beat != row["beat"]:
            self._seen[row["id"]] = (row["beat"], now)
            return False
        return now - since > LEASE
