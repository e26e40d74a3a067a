# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The deliverer: brings every tenant's events to its receiver."""

import asyncio
import logging

from exordos_mail.send import callback_auth, clock, vault
from exordos_mail.send.delivery.worker import Worker
from exordos_mail.send.storage import database
from exordos_mail.send.storage.bell import Bell, heard
from exordos_mail.send.webhooks import answer, cursor
from exordos_mail.send.webhooks.answer import Kind, WebhookVerdict
from exordos_mail.send.webhooks.batch import Batch, Trial
from exordos_mail.send.webhooks.receiver import Receivers, Unreachable
from exordos_mail.send.webhooks.settings import WebhookSettings

log = logging.getLogger(__name__)

#: Seconds between two looks for what no bell of this process tells of: what other
#: processes on the same database wrote, or left when they died.
LOOK = 5.0
#: Seconds that clocks may differ in how long something has waited.
_SLACK = 0.01
#: Receivers that failed the last time are asked so many at a time: they may be
#: thousands, and hang. Those that work never wait.
_SUSPECTS = 64


class Deliverer:
    """Delivers, in the name of a worker, until it is stopped.

    Each tenant has a task of its own, so a receiver that hangs costs its own
    tenant only.
    """

    def __init__(
        self,
        base: database.Database,
        worker: Worker,
        secrets: vault.Vault,
        receivers: Receivers,
        settings: WebhookSettings,
        bell: Bell,
    ) -> None:
        """Make it.

        Args:
            bell: rung when events are committed.
        """
        self._base = base
        self._worker = worker
        self._secrets = secrets
        self._receivers = receivers
        self._settings = settings
        #: By tenant; True: its receiver failed the last time.
        self._running: dict[str, bool] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._bell = bell
        self._look_task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin; the worker has entered."""
        self._look_task = asyncio.create_task(self._look_for_ever(), name="webhooks")

    async def stop(self) -> None:
        """Begin no batch any more and wait for those under way."""
        self._stopping = True
        if self._look_task is not None:
            self._look_task.cancel()
            await asyncio.gather(self._look_task, return_exceptions=True)
        # An exchange is bounded in time, so this is too.
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._receivers.close()

    @property
    def runs(self) -> bool:
        """Tell whether it looks for events: an error has not ended it."""
        return self._look_task is not None and not self._look_task.done()

    async def _look(self) -> float:
        """Begin with every tenant for whom a batch should go now.

        Returns:
            After how many seconds to look again, if the bell does not ring before.
        """
        if not self._worker.may_send():
            return LOOK
        now = clock.now()
        rows, again_at = await self._base.read(
            _due, self._worker.id, self._settings, now
        )
        self._begin(rows)
        return LOOK if again_at is None else min((again_at - now) / 1000, LOOK)

    def _begin(self, rows: list[database.Row]) -> None:
        for row in rows:
            tenant_id, suspect = row["tenant_id"], row["failures"] > 0
            if tenant_id in self._running or self._stopping:
                continue
            if suspect and sum(self._running.values()) >= _SUSPECTS:
                continue
            self._running[tenant_id] = suspect
            task = asyncio.create_task(self._serve(tenant_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def test(self, trial: Trial) -> WebhookVerdict:
        """Ask a receiver once, whatever became of the batches before."""
        return await self._attempt(trial)

    async def _look_for_ever(self) -> None:
        while True:
            pause, ringing = LOOK, self._bell.next
            try:
                pause = await self._look()
            except database.DatabaseUnavailable as error:
                log.error("no webhooks: the database is unavailable: %s", error)
            except Exception:
                log.exception("looking for webhooks")
            if await heard(ringing, pause):
                # Then what was written before it was rung need not wait any longer for
                # others to go with it.
                await asyncio.sleep(self._settings.wait / 1000 + _SLACK)

    async def _serve(self, tenant_id: str) -> None:
        """Send a tenant's batches, one after the other."""
        worker_id = self._worker.id
        done: tuple[Batch, WebhookVerdict] | None = None
        try:
            while True:
                batch = await self._base.write(
                    self._step, tenant_id, worker_id, done, clock.now()
                )
                if batch is None or not self._worker.may_send():
                    break
                done = batch, await self._attempt(batch)
        except database.DatabaseUnavailable as error:
            log.error("webhook of tenant %s: no record: %s", tenant_id, error)
        except Exception:
            # The tenant was removed, or something that we have not foreseen.
            log.exception("webhook of tenant %s", tenant_id)
        finally:
            del self._running[tenant_id]
            # A look may have passed it over, or others for it, and only a new look
            # knows when a batch that failed is due.
            self._bell.ring()

    def _step(
        self,
        tx: database.Transaction,
        tenant_id: str,
        worker_id: str,
        done: tuple[Batch, WebhookVerdict] | None,
        now: int,
    ) -> Batch | None:
        """Write down the last attempt and take the next batch, in one transaction."""
        if done is not None:
            due_at = cursor.settle(tx, *done, worker_id, self._settings, now)
            if due_at is not None:
                _complain(tenant_id, done[1], due_at, now)
                return None
        if self._stopping:
            cursor.release(tx, tenant_id, worker_id)
            return None
        return cursor.take(tx, tenant_id, worker_id, self._settings, now)

    async def _attempt(self, batch: Batch | Trial) -> WebhookVerdict:
        """Send a batch once and return what came of it."""
        now = clock.now()
        try:
            body = batch.body()
            auth = callback_auth.unseal(self._secrets, batch.tenant_id, batch.secret)
            headers = callback_auth.headers(auth, batch.id, body, now)
            found = await self._receivers.post(batch.url, headers, body)
        except callback_auth.AuthOfOtherKey as error:
            return WebhookVerdict(Kind.HELD, str(error))
        except (callback_auth.UnusableAuth, Unreachable) as error:
            return WebhookVerdict(Kind.FAILED, str(error))
        except Exception:
            # Tried again by the schedule, not at once and for ever.
            log.exception("webhook of tenant %s", batch.tenant_id)
            return WebhookVerdict(Kind.FAILED, "an error of the service: see its log")
        return answer.judge(found.status, found.retry_after, found.body, clock.now())


def _due(
    tx: database.Transaction, worker_id: str, settings: WebhookSettings, now: int
) -> tuple[list[database.Row], int | None]:
    due = cursor.due(tx, worker_id, settings, now)
    return due, cursor.next_due(tx, now)


def _complain(tenant_id: str, verdict: WebhookVerdict, due_at: int, now: int) -> None:
    if due_at == 0:
        log.error(
            "webhook of tenant %s: %s: off",
            tenant_id,
            verdict.reason,
            extra={"tenant": tenant_id},
        )
        return
    seconds = (due_at - now) / 1000
    log.warning(
        "webhook of tenant %s: %s; next try in %.0f s",
        tenant_id,
        verdict.reason,
        seconds,
        extra={"tenant": tenant_id},
    )
