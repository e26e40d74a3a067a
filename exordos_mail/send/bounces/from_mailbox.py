# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a mail of a bounce mailbox comes to: the same as one that is handed in."""

import asyncio
import collections.abc as abc
import dataclasses
import logging
import typing as tp

from exordos_mail.send.bounce_mailboxes.effect import Counts, Read, unread
from exordos_mail.send.bounces import reading, report, taking
from exordos_mail.send.queue import events
from exordos_mail.send.storage import database

log = logging.getLogger(__name__)


class BounceTaker:
    """Reads mails, and writes events and suppressions (effect.Taker)."""

    def __init__(self, listed: tp.Callable[[str], None]) -> None:
        """Make it.

        Args:
            listed: called with a tenant whose list of suppressions is longer now.
        """
        self._listed = listed

    async def read(self, tenant_id: str, octets: bytes) -> Read:
        """Return what a mail is; one that is none, or that we fail at, is unread."""
        try:
            # In a thread: a large one takes some hundredths of a second.
            said = await asyncio.to_thread(reading.read, octets)
        except report.NotMail:
            return unread()
        except Exception:
            # The others have to be read.
            log.exception("a mail of a bounce mailbox", extra={"tenant": tenant_id})
            return unread()
        counts = Counts(
            bounces=int(said.kind == report.BOUNCE),
            complaints=int(said.kind == report.COMPLAINT),
            others=int(said.kind not in (report.BOUNCE, report.COMPLAINT)),
        )
        is_automatic = said.kind != report.OTHER
        return Read(counts, is_automatic, said=said if said.findings else None)

    def take(
        self, tx: database.Transaction, tenant_id: str, one: Read, now: int
    ) -> tuple[Read, abc.Sequence[taking.Taken]]:
        """Write what a mail says; return it with its events counted, and what for."""
        taken = taking.take(tx, tenant_id, one.said, events.SERVICE, now)
        written = sum(found.event is not None for found in taken)
        counts = dataclasses.replace(one.counts, events=written)
        is_early = any(found.why == taking.WAITING for found in taken)
        return one._replace(counts=counts, is_early=is_early), taken

    def told(self, tenant_id: str, taken: abc.Sequence[taking.Taken]) -> None:
        """Know that what `take` has returned is committed."""
        taking.count(tenant_id, taken)
        if any(one.suppressed for one in taken):
            self._listed(tenant_id)
