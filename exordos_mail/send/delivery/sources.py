# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From stored contents to bytes: attachments, with what their tenants have for them."""

import asyncio
import json
import pathlib

from exordos_mail.send import attachments, callback_auth, clock, vault
from exordos_mail.send.attachments import storages
from exordos_mail.send.content import message, render
from exordos_mail.send.queue import contents
from exordos_mail.send.queue.job import Job
from exordos_mail.send.storage import database, sql
from exordos_mail.send.unsubscribe import links as links_lib
from exordos_mail.send.unsubscribe.links import Links, Subscription

#: A secret was sealed with a key that this process has not.
_WRONG_KEY = "wrong_key"
#: Bytes from which rendering goes to a thread, so that nobody waits for it.
_LARGE = 256 * 1024
_TENANT = sql.statement("""
SELECT id, attachment_url, callback_secret FROM tenants WHERE id = :tenant_id
""")
_STORAGES = sql.statement("""
SELECT name, protocol, config FROM storages WHERE tenant_id = :tenant_id
""")


class Sources:
    """Judges attachments at acceptance, and makes messages for delivery."""

    def __init__(
        self,
        base: database.Database,
        secrets: vault.Vault,
        policy: attachments.Policy,
        directory: pathlib.Path,
        links: Links,
    ) -> None:
        """Make it.

        Args:
            policy: what the operator allows.
            directory: where attachments are cached.
            links: for messages that ask for one.
        """
        self.policy = policy
        self._base = base
        self._links = links
        self._secrets = secrets
        self._cache = attachments.Cache(directory)
        self._fetcher = attachments.Fetcher(policy, self._cache)

    async def check(self, tenant_id: str, content: message.Content) -> None:
        """Judge a message's attachments, without a network.

        Raises:
            PermanentFailure: one can never be had.
        """
        try:
            context = await self._context(tenant_id)
        except attachments.TemporaryFailure:
            # It cannot be judged now; the delivery will wait for it.
            return
        await asyncio.to_thread(
            attachments.check, content.attachments, context, self.policy
        )

    async def prepare(self, job: Job) -> bytes:
        """Return a message's RFC 5322 bytes.

        Raises:
            TemporaryFailure, PermanentFailure: an attachment is missing.
        """
        body = job.body
        if body is None:
            body = await self._base.read(contents.get, job.id)
        content = message.unpack(body)
        attached: list[attachments.Attachment] = []
        if content.attachments:
            attached = await self.load(job.lane.tenant_id, content)
        link = self._link(job, content)
        given = (content, job.id, job.created_at, attached, link)
        if len(body) + sum(len(part.data) for part in attached) < _LARGE:
            return render.render(*given)
        return await asyncio.to_thread(render.render, *given)

    def _link(self, job: Job, content: message.Content) -> str | None:
        """Return the link by which the only recipient unsubscribes."""
        if content.unsubscribe is None:
            return None
        recipient = job.recipients[0][1]
        found = Subscription(job.lane.tenant_id, job.id, recipient)
        return links_lib.url(content.unsubscribe, self._links.token(found))

    async def load(
        self, tenant_id: str, content: message.Content
    ) -> list[attachments.Attachment]:
        """Return a message's attachments."""
        context = await self._context(tenant_id)
        return await self._fetcher.fetch_all(content.attachments, context)

    async def sweep(self) -> None:
        """Drop what has been cached for too long."""
        await self._cache.sweep()

    async def forget(self, tenant_id: str) -> None:
        """Drop what is cached of a tenant that is removed."""
        await self._cache.forget(tenant_id)

    async def _context(self, tenant_id: str) -> attachments.Context:
        tenant, stored = await self._base.read(_rows, tenant_id)
        return attachments.Context(
            tenant=tenant_id,
            endpoint=self._endpoint(tenant),
            storages=tuple(
                place
                for row in stored
                if (place := self._storage(tenant_id, row)) is not None
            ),
        )

    def _endpoint(self, tenant: database.Row | None) -> attachments.Endpoint | None:
        if tenant is None or tenant["attachment_url"] is None:
            return None
        stored = tenant["callback_secret"]
        try:
            held = callback_auth.unseal(self._secrets, tenant["id"], stored)
        except callback_auth.UnusableAuth:
            # Never asked without what it knows us by.
            raise attachments.TemporaryFailure(_WRONG_KEY) from None
        return attachments.Endpoint(
            url=tenant["attachment_url"], auth=_auth(held, clock.now())
        )

    def _storage(self, tenant_id: str, row: database.Row) -> storages.Storage | None:
        try:
            opened = self._secrets.open(
                row["config"], vault.row_name("storage", tenant_id, row["name"])
            )
        except vault.WrongKey:
            return storages.Storage(row["name"], storages.Away(_WRONG_KEY))
        try:
            return storages.parse(
                row["name"], row["protocol"], json.loads(opened), self.policy
            )
        except storages.DriverMissing as error:
            return storages.Storage(row["name"], storages.Away(str(error)))
        except storages.StorageError:
            # No longer allowed: a reference to it says that there is none.
            return None


def _auth(
    held: callback_auth.Held, now: int
) -> attachments.Auth | attachments.Signature:
    """Return how an endpoint knows us: as the webhook does."""
    auth = held.auth
    if isinstance(auth, callback_auth.BasicAuth):
        return attachments.Auth("basic", user=auth.username, password=auth.password)
    if isinstance(auth, callback_auth.BearerAuth):
        return attachments.Auth("bearer", token=auth.token)
    if isinstance(auth, callback_auth.SignatureAuth):
        return attachments.Signature(held.signing(auth, now))
    return attachments.Auth()


def _rows(
    tx: database.Transaction, tenant_id: str
) -> tuple[database.Row | None, list[database.Row]]:
    found = tx.row(_TENANT, tenant_id=tenant_id)
    return found, tx.rows(_STORAGES, tenant_id=tenant_id)
