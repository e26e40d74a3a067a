# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The reader: polls all mailboxes when they are due."""

import asyncio
import dataclasses
import logging

from exordos_mail.send import backoff, clock, ids, vault
from exordos_mail.send.attachments.connect import Guard
from exordos_mail.send.bounce_mailboxes import opening, polls
from exordos_mail.send.bounce_mailboxes.effect import Taker
from exordos_mail.send.bounce_mailboxes.fault import Fault
from exordos_mail.send.bounce_mailboxes.poll import MailboxPoll
from exordos_mail.send.bounce_mailboxes.records import BounceMailboxRow
from exordos_mail.send.bounce_mailboxes.source import MailSession, Opened
from exordos_mail.send.bounce_mailboxes.wire import MailWire
from exordos_mail.send.delivery.worker import Worker
from exordos_mail.send.storage import database
from exordos_mail.send.storage.bell import Bell, heard

log = logging.getLogger(__name__)

#: Seconds between two looks for what other processes wrote, or left when they died.
LOOK = 5.0
#: Mailboxes that are read at a time; of one tenant; of those that failed the last time,
#: because they may hang; and connections on which servers tell that mail has come.
_ACTIVE, _OF_TENANT, _SUSPECTS, _IDLE = 16, 2, 8, 64
#: Mails beyond 256 KiB that are in memory at a time.
_LARGE = 2
#: Tests at a time.
_TESTS = 8
#: Seconds for a poll at the most, and between two looks at the database while a server
#: tells of no mail.
_POLL_SECONDS, _IDLE_SECONDS = 600.0, 30.0
#: Seconds at least between two polls on such a connection.
_CALM = 1.0
#: Seconds after failures that may go by themselves, and after others: a server may lock
#: out who comes often with a wrong password.
_PASSING = backoff.Backoff((30, 60, 300, 900, 1800, 3600))
_LASTING = backoff.Backoff((900, 3600))

#: Tenant and id of a mailbox.
Key = tuple[str, str]


@dataclasses.dataclass
class _Task:
    """A mailbox that is being read."""

    task: "asyncio.Task[None]"
    #: It failed the last time.
    is_suspect: bool
    #: It waits for the server to tell of mail.
    is_idle: bool = False


class MailboxReader:
    """Polls, in the name of a worker, until it is stopped."""

    def __init__(
        self,
        base: database.Database,
        worker: Worker,
        secrets: vault.Vault,
        guard: Guard,
        taker: Taker,
    ) -> None:
        """Make it.

        Args:
            guard: judges the addresses of servers.
            taker: has mails take effect.
        """
        self._base, self._worker, self._secrets = base, worker, secrets
        self._guard, self._taker = guard, taker
        self._tasks: dict[Key, _Task] = {}
        self._large = asyncio.Semaphore(_LARGE)
        self._tests = asyncio.Semaphore(_TESTS)
        self._bell = Bell()
        self._look_task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; the worker has entered."""
        self._look_task = asyncio.create_task(
            self._look_for_ever(), name="bounce_mailboxes"
        )

    async def stop(self) -> None:
        """End the polls: what is written is written, and the rest is read later."""
        tasks = [one.task for one in self._tasks.values()]
        if self._look_task is not None:
            tasks.append(self._look_task)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def runs(self) -> bool:
        """Tell whether it looks for mailboxes: an error has not ended it."""
        return self._look_task is not None and not self._look_task.done()

    def changed(self, tenant_id: str, mailbox_id: str) -> None:
        """Know that a mailbox was changed or removed: a poll of it ends."""
        found = self._tasks.get((tenant_id, mailbox_id))
        if found is not None:
            found.task.cancel()
        self._bell.ring()

    def asked(self, tenant_id: str, mailbox_id: str) -> None:
        """Know that somebody wants a mailbox to be read now."""
        found = self._tasks.get((tenant_id, mailbox_id))
        if found is not None and found.is_idle:
            found.task.cancel()
        self._bell.ring()

    async def test(self, row: BounceMailboxRow) -> Opened:
        """Log in, open the folder and count, and change nothing.

        Raises:
            Fault: the mailbox cannot be read.
        """
        async with self._tests:
            return await opening.test(row, self._secrets, self._guard)

    async def _look_for_ever(self) -> None:
        while True:
            pause, ringing = LOOK, self._bell.next
            try:
                pause = await self._look()
            except database.DatabaseUnavailable as error:
                log.error("no bounce mailboxes: the database is unavailable: %s", error)
            except Exception:
                log.exception("looking for bounce mailboxes")
            await heard(ringing, pause)

    async def _look(self) -> float:
        """Begin with every mailbox that is due; return the seconds to the next look."""
        if not self._worker.may_send():
            return LOOK
        now = clock.now()
        rows, again_at = await self._base.read(polls.due, self._worker.id, now)
        for row in rows:
            key = (row["tenant_id"], row["mailbox_id"])
            if key not in self._tasks and self._has_room(key, row["failures"] > 0):
                task = asyncio.create_task(self._serve(key))
                self._tasks[key] = _Task(task, row["failures"] > 0)
        return LOOK if again_at is None else min((again_at - now) / 1000, LOOK)

    def _has_room(self, key: Key, is_suspect: bool) -> bool:
        active = [(who, one) for who, one in self._tasks.items() if not one.is_idle]
        suspects = sum(one.is_suspect for _, one in active)
        return (
            len(active) < _ACTIVE
            and sum(who[0] == key[0] for who, _ in active) < _OF_TENANT
            and not (is_suspect and suspects >= _SUSPECTS)
        )

    async def _serve(self, key: Key) -> None:
        """Read a mailbox once, or for as long as its server tells of mail."""
        held: polls.HeldMailbox | None = None
        poll_id = ids.generator.one(clock.now())
        try:
            now, worker_id = clock.now(), self._worker.id
            held = await self._base.write(polls.take, *key, worker_id, poll_id, now)
            if held is not None:
                await self._poll(key, held)
        except polls.Lost:
            log.info("bounce mailbox %s of tenant %s: changed meanwhile", *key[::-1])
        except database.DatabaseUnavailable as error:
            log.error("bounce mailbox %s of tenant %s: %s", *key[::-1], error)
        except Exception:
            log.exception("bounce mailbox %s of tenant %s", *key[::-1])
            if held is not None:
                await self._failed(held, Fault("an error of the service: see its log"))
        finally:
            del self._tasks[key]
            self._bell.ring()

    async def _poll(self, key: Key, held: polls.HeldMailbox) -> None:
        poll: MailboxPoll | None = None
        wire: MailWire | None = None
        try:
            source = opening.source_of(held.mailbox, self._secrets)
            wire = MailWire(source)
            with wire.deadline(_POLL_SECONDS):
                session = await opening.begin(source, wire, self._guard)
                poll = MailboxPoll(
                    self._base, held, session, source, self._large, self._taker
                )
                await poll.open()
                has_more = await poll.run()
            while not has_more and await self._news(key, held, session):
                with wire.deadline(_POLL_SECONDS):
                    has_more = await poll.run()
            with wire.deadline(_POLL_SECONDS):
                await session.end()
            due_at = clock.now() if has_more else _next(held)
            await self._base.write(polls.well, held, due_at, clock.now(), release=True)
        except Fault as fault:
            await self._failed(held, fault, poll.asked_for if poll else None)
        except asyncio.CancelledError:
            await self._base.write(polls.release, held)
            raise
        finally:
            if wire is not None:
                wire.abort()

    async def _news(
        self, key: Key, held: polls.HeldMailbox, session: MailSession
    ) -> bool:
        """Wait for mail on the connection; False: there is another poll later."""
        idle = sum(one.is_idle for one in self._tasks.values())
        if not held.mailbox.idle or not session.tells or idle >= _IDLE:
            return False
        await self._base.write(
            polls.well, held, _next(held), clock.now(), release=False
        )
        task = self._tasks[key]
        task.is_idle, task.is_suspect = True, False
        try:
            # Also for a server that tells of mail without an end.
            await asyncio.sleep(_CALM)
            while not await session.wait(_IDLE_SECONDS):
                due_at = await self._base.read(polls.due_at, held)
                if due_at is None:
                    raise polls.Lost
                if not self._worker.may_send():
                    return False
                if clock.now() >= due_at:
                    return True
            return True
        finally:
            task.is_idle = False

    async def _failed(
        self, held: polls.HeldMailbox, fault: Fault, asked_for: str | None = None
    ) -> None:
        # At one mail it is tried soon: the others wait.
        passes = fault.passes or asked_for is not None
        delays = _PASSING if passes else _LASTING
        due_at = delays.due_at(held.failures + 1, clock.now())
        mailbox = held.mailbox
        text = str(fault) if asked_for is None else f"{fault} (mail {asked_for})"
        log.warning(
            "bounce mailbox %s of tenant %s: %s; next try in %.0f s",
            mailbox.id,
            mailbox.tenant_id,
            text,
            (due_at - clock.now()) / 1000,
            extra={"tenant": mailbox.tenant_id},
        )
        try:
            await self._base.write(polls.failed, held, text, asked_for, due_at)
        except polls.Lost:
            log.info("bounce mailbox %s: changed meanwhile", mailbox.id)
        except database.DatabaseUnavailable as error:
            log.error("bounce mailbox %s: no record: %s", mailbox.id, error)


def _next(held: polls.HeldMailbox) -> int:
    return clock.now() + held.mailbox.period_seconds * 1000
