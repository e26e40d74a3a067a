# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the suppression list says of a message whose turn has come.

The list is asked with the claim. A message may wait for a connection after that, and
an address may get on the list meanwhile.
"""

import dataclasses
import time

from exordos_mail.send import clock
from exordos_mail.send.content import address
from exordos_mail.send.delivery.results import insist
from exordos_mail.send.metrics import counters
from exordos_mail.send.queue import settle, states, suppressions
from exordos_mail.send.queue.job import Job
from exordos_mail.send.storage import database

#: Seconds after which a claim is too old to trust what the list said: another
#: process may have changed it.
_STALE = 1.0


class Withholding:
    """Asks again when the answer of the claim may not hold any more."""

    def __init__(self, base: database.Database) -> None:
        self._base = base
        #: When this process last put an address on a tenant's list; steady clock.
        self._listed: dict[str, float] = {}

    def listed(self, tenant_id: str) -> None:
        """Know that a tenant's list has grown: earlier claims ask again."""
        self._listed[tenant_id] = time.monotonic()

    async def ask(self, job: Job, worker_id: str) -> Job:
        """Return a message with the recipients that it still goes to.

        What the list holds back is written before this returns, however long the
        database is away.
        """
        if job.override or not self._is_old(job):
            return job
        tenant_id = job.lane.tenant_id
        wanted = [address.normal(to) for _, to in job.recipients]
        listed = await insist(
            self._base.read,
            lambda tx: suppressions.among(tx, tenant_id, wanted, clock.now()),
        )
        if not listed:
            return job
        kept = await insist(
            self._base.write,
            lambda tx: settle.withhold(tx, [job], worker_id, clock.now()),
        )
        left = kept[0] if kept else dataclasses.replace(job, recipients=[])
        held = len(job.recipients) - len(left.recipients)
        counters.settled(job, {states.SUPPRESSED: held}, clock.now())
        return left

    def _is_old(self, job: Job) -> bool:
        if job.claimed_at <= self._listed.get(job.lane.tenant_id, 0.0):
            return True
        return time.monotonic() - job.claimed_at > _STALE
