# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a lane needs of the rest of the service."""

import asyncio

from exordos_mail.send import backoff, clock, vault
from exordos_mail.send.attachments.connect import Guard
from exordos_mail.send.delivery import attempt
from exordos_mail.send.delivery.capacity import Capacity
from exordos_mail.send.delivery.results import Results, insist
from exordos_mail.send.delivery.withholding import Withholding
from exordos_mail.send.delivery.worker import Worker
from exordos_mail.send.queue import contents, upkeep
from exordos_mail.send.queue.job import Job, Outcome, Result
from exordos_mail.send.records import relays
from exordos_mail.send.smtp.connection import Connection, Server, connect
from exordos_mail.send.smtp.server import CannotOpen
from exordos_mail.send.storage import database

_WRONG_KEY = "the relay's password was sealed with a key that the service has not"


class Outbox:
    """Contents in, results out."""

    def __init__(
        self,
        base: database.Database,
        worker: Worker,
        secrets: vault.Vault,
        attachments: attempt.Attachments,
        schedule: backoff.Backoff,
        guard: Guard,
        capacity: Capacity,
        ehlo_name: str | None = None,
    ) -> None:
        """Make it.

        Args:
            guard: judges the servers of relays that are `public_only`.
            capacity: of all connections of this process.
            ehlo_name: how we introduce ourselves; None: by our address.
        """
        self.capacity = capacity
        self._base = base
        self._worker = worker
        self._secrets = secrets
        self._attachments = attachments
        self._guard = guard
        self._ehlo_name = ehlo_name
        self._results = Results(base, schedule)
        self._withholding = Withholding(base)
        self._tasks: set[asyncio.Task[None]] = set()

    def may_send(self) -> bool:
        """Tell whether our claims are still ours."""
        return self._worker.may_send()

    def server(self, relay: database.Row) -> Server:
        """Return the server of a relay, with its password.

        Raises:
            CannotOpen: the password does not open with this process's key.
        """
        password = None
        if relay["password"] is not None:
            row = relays.secret_row(relay["tenant_id"], relay["id"])
            password = self._opened(relay["password"], row)
        return Server(
            host=relay["host"],
            port=relay["port"],
            tls=relay["tls"],
            tls_verify=bool(relay["tls_verify"]),
            username=relay["username"],
            password=password,
            timeout=relay["timeout_seconds"],
            end_timeout=relay["end_timeout_seconds"],
            public_only=bool(relay["public_only"]),
        )

    def _opened(self, stored: bytes, row: str) -> str:
        try:
            return self._secrets.open(stored, row)
        except vault.WrongKey:
            # Nothing is wrong with the messages: they wait.
            raise CannotOpen("wrong_key", cause=_WRONG_KEY) from None

    async def connect(self, server: Server) -> Connection:
        """Return a new connection (connection.connect)."""
        return await connect(server, self._guard, self._ehlo_name)

    async def prepare(self, one: Job) -> bytes:
        """Return a message's RFC 5322 bytes.

        Raises:
            TemporaryFailure, PermanentFailure: an attachment is missing.
        """
        body = one.body
        if body is None:
            body = await self._base.read(contents.get, one.id)
        return await attempt.prepare(one, body, self._attachments)

    async def sweep(self) -> None:
        """Drop attachments that have been cached for too long."""
        await self._attachments.sweep()

    def listed(self, tenant_id: str) -> None:
        """Know that a tenant's suppression list has grown."""
        self._withholding.listed(tenant_id)

    async def withhold(self, one: Job) -> Job:
        """Return a message with the recipients that are not suppressed meanwhile."""
        return await self._withholding.ask(one, self._worker.id)

    async def settle(self, one: Job, results: list[Result], server: str) -> None:
        """Write the results, however long the database is away."""
        await self._results.write(Outcome(one, results, server, self._worker.id))
        if any(result.hard for result in results):
            self.listed(one.lane.tenant_id)

    def give_back(self, ids: list[str], reason: str) -> None:
        """Return claims to the queue for which no attempt was made."""
        if not ids:
            return
        worker_id = self._worker.id
        task = asyncio.create_task(
            insist(
                self._base.write,
                lambda tx: upkeep.give_back_some(
                    tx, worker_id, ids, reason, clock.now()
                ),
            )
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait until results and what `give_back` has begun are written."""
        await self._results.drain()
        await asyncio.gather(*self._tasks)
