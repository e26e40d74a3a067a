# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A look into a mailbox: what is new is read, what was read is moved or deleted.

Each mail has its effect and is written down as read in one transaction. It is moved or
deleted after that: killed in between, the next poll does it.
"""

import asyncio
import collections.abc as abc
import logging

from exordos_mail.send import clock
from exordos_mail.send.bounce_mailboxes import polls
from exordos_mail.send.bounce_mailboxes import source as sources
from exordos_mail.send.bounce_mailboxes.effect import Read, Taker, unread
from exordos_mail.send.bounce_mailboxes.fault import Fault
from exordos_mail.send.bounce_mailboxes.polls import AGAIN, DONE, REMOVING
from exordos_mail.send.bounce_mailboxes.progress import Progress
from exordos_mail.send.bounce_mailboxes.source import Listed, MailSession, MailSource
from exordos_mail.send.storage import database
from exordos_mail.standards import bounce_mailbox as rules

log = logging.getLogger(__name__)

#: Seconds after which no further mail is begun: others want their turn.
TURN_SECONDS = 120.0
#: Mails that are asked for together, and the octets up to which they are.
_BATCH, _SMALL = 20, 256 * 1024
#: Polls in a row that may fail at one mail.
_STUCK_MAX = 3


class MailboxPoll:
    """One poll, or several on one connection."""

    def __init__(
        self,
        base: database.Units,
        held: polls.HeldMailbox,
        session: MailSession,
        source: MailSource,
        large: asyncio.Semaphore,
        taker: Taker,
    ) -> None:
        """Make it.

        Args:
            large: held while a large mail is in memory.
            taker: has mails take effect.
        """
        self._base, self._held, self._session = base, held, session
        self._source, self._large, self._taker = source, large, taker
        self._tenant_id = held.mailbox.tenant_id
        self._progress = Progress(
            is_imap=source.protocol == rules.IMAP,
            removes=source.after != rules.KEEP,
            last_uid=held.last_uid,
        )
        #: The mail that the server was asked for.
        self.asked_for: str | None = None
        #: Some mail was got.
        self._has_got = False

    async def open(self) -> None:
        """Open the folder; if its numbers are new, all is read again.

        Raises:
            Fault, Lost: it cannot be read, or not by us.
        """
        opened = await self._session.open(self._progress.removes)
        validity = opened.uidvalidity
        if validity is not None and validity != self._held.uidvalidity:
            await self._base.write(polls.begin_folder, self._held, validity)
            self._progress.last_uid = 0
        self._progress.marks = await self._base.report(polls.marks, self._held)

    async def run(self) -> bool:
        """Read what is new; return whether there is more.

        Raises:
            Fault, Lost: it cannot be read, or not by us.
        """
        progress = self._progress
        listed = await self._session.listed(progress.last_uid)
        if not progress.is_imap:
            there = {one.uid for one in listed}
            progress.gone = [uid for uid in progress.marks if uid not in there]
        await self._flush()
        again = self._again(listed)
        new = [one for one in listed if one.uid not in progress.marks]
        progress.begin(new)
        is_over = await self._read(self._ordered([*again, *new]))
        await self._flush()
        await self._remove()
        return is_over or len(listed) == sources.LISTED_MAX

    def _again(self, listed: abc.Sequence[Listed]) -> list[Listed]:
        """Return the mails that are to be read once more."""
        uids = set(self._progress.of_state(AGAIN))
        if not self._progress.is_imap:
            return [one for one in listed if one.uid in uids]
        # Its size is not asked for once more.
        size = sources.MAIL_MAX // 2
        return [Listed(uid, int(uid), size) for uid in sorted(uids, key=int)]

    def _is_stuck(self, one: Listed) -> bool:
        held = self._held
        return one.uid == held.stuck_uid and held.stuck_times >= _STUCK_MAX

    def _ordered(self, ones: abc.Sequence[Listed]) -> abc.Iterator[list[Listed]]:
        """Yield mails that are asked for together, in the order in which they are.

        One at which polls have failed comes after others: if these can be got, the
        fault is not the server's, but the mail's.
        """
        stuck = [one for one in ones if self._is_stuck(one)]
        others = [one for one in ones if not self._is_stuck(one)]
        yield from _batches(others[:_BATCH])
        yield from ([one] for one in stuck)
        yield from _batches(others[_BATCH:])

    async def _read(self, batches: abc.Iterable[list[Listed]]) -> bool:
        """Read mails; return whether the turn was over before."""
        loop = asyncio.get_running_loop()
        end = loop.time() + TURN_SECONDS
        for batch in batches:
            if loop.time() > end:
                return True
            wanted = [one for one in batch if self._may_be_read(one)]
            if wanted and wanted[0].size > _SMALL:
                async with self._large:
                    await self._fetch(wanted)
            elif wanted:
                await self._fetch(wanted)
            if self._progress.is_long:
                await self._flush()
        return False

    def _may_be_read(self, one: Listed) -> bool:
        """Tell whether the server is asked for a mail; if not, it is done with."""
        is_bad = self._has_got and self._is_stuck(one)
        if one.size <= sources.MAIL_MAX and not is_bad:
            return True
        self._progress.note(one, unread(), clock.now())
        return False

    async def _fetch(self, batch: abc.Sequence[Listed]) -> None:
        try:
            await self._fetched(batch)
        except Fault:
            # What was read before counts.
            await self._flush()
            raise
        await self._flush()

    async def _fetched(self, batch: abc.Sequence[Listed]) -> None:
        left = {one.uid: one for one in batch}
        self.asked_for = next(iter(left))
        async for one, octets in self._session.fetched(batch):
            del left[one.uid]
            # While it is read nobody waits for the server.
            self.asked_for = None
            if octets is None:
                self._progress.miss(one)
            else:
                self._has_got = True
                await self._take(one, octets)
            self.asked_for = next(iter(left), None)

    async def _take(self, one: Listed, octets: bytes) -> None:
        found = await self._taker.read(self._tenant_id, octets)
        if found.said is not None:
            try:
                await self._effect(one, found)
                return
            except (database.BadValue, database.Conflict):
                extra = {"tenant": self._tenant_id}
                log.exception("a mail of a bounce mailbox", extra=extra)
                found = unread()
        self._progress.note(one, found, clock.now())

    async def _effect(self, one: Listed, found: Read) -> None:
        """Write what a mail says, and that it was read, in one transaction."""

        def unit(
            tx: database.Transaction,
        ) -> tuple[Progress, abc.Sequence[object]]:
            polls.check(tx, self._held)
            now = clock.now()
            read, taken = self._taker.take(tx, self._tenant_id, found, now)
            # Of this transaction: it may be undone, and tried again.
            progress = self._progress.copy()
            progress.note(one, read, now)
            polls.go_on(tx, self._held, progress.last_uid, progress, now)
            return progress, taken

        self._progress, taken = await self._base.write(unit)
        self._progress.written(clock.now())
        self._taker.told(self._tenant_id, taken)

    async def _flush(self) -> None:
        """Write what is not written yet."""
        progress, now = self._progress, clock.now()

        def unit(tx: database.Transaction) -> None:
            polls.check(tx, self._held)
            polls.go_on(tx, self._held, progress.last_uid, progress, now)

        await self._base.write(unit)
        progress.written(now)

    async def _remove(self) -> None:
        """Move or delete what was read, now or before."""
        progress = self._progress
        uids = progress.of_state(REMOVING)
        if not uids:
            return
        if progress.removes:
            await self._session.remove(uids)
        if progress.is_imap:
            progress.gone = uids
        elif not progress.removes:
            progress.states = dict.fromkeys(uids, DONE)
        await self._flush()


def _batches(ones: abc.Sequence[Listed]) -> abc.Iterator[list[Listed]]:
    """Yield mails in their order, small ones together."""
    batch: list[Listed] = []
    for one in ones:
        if batch and (one.size > _SMALL or len(batch) == _BATCH):
            yield batch
            batch = []
        batch.append(one)
        if one.size > _SMALL:
            yield batch
            batch = []
    if batch:
        yield batch
