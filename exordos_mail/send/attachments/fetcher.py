# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Getting the bytes."""

import asyncio
import dataclasses
import ssl
import typing as tp
import weakref

from exordos_mail.send.attachments import checksum, sources
from exordos_mail.send.attachments.cache import Cache
from exordos_mail.send.attachments.connect import Resolver, SystemResolver
from exordos_mail.send.attachments.context import Context
from exordos_mail.send.attachments.failures import (
    Failure,
    PermanentFailure,
    TemporaryFailure,
)
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.attachments.reference import Reference
from exordos_mail.send.attachments.single_flight import SingleFlight
from exordos_mail.send.attachments.web import Request, Web


@dataclasses.dataclass(frozen=True)
class Attachment:
    """An attachment with its bytes."""

    filename: str
    content_type: str
    data: bytes = dataclasses.field(repr=False)
    content_id: str | None = None


class Fetcher:
    """Gets attachments; one for a process and its event loop.

    Args:
        policy: what the operator allows.
        cache: None: nothing is kept.
        concurrency: reads of one tenant at a time. Tenants do not wait for each
            other: how many read at once is for the caller to bound.
        resolve: gives the addresses of a host; by default the system does.
        tls: for https; by default the usual authorities are trusted.
    """

    def __init__(
        self,
        policy: Policy,
        cache: Cache | None = None,
        concurrency: int = 3,
        resolve: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._cache = cache
        self._concurrency = concurrency
        self._web = Web(policy, resolve or SystemResolver(), tls)
        self._single_flight: SingleFlight[bytes] = SingleFlight()
        #: One per tenant, for as long as somebody holds it.
        self._slots: weakref.WeakValueDictionary[str, asyncio.Semaphore] = (
            weakref.WeakValueDictionary()
        )

    async def fetch_all(
        self, references: tp.Sequence[Reference], context: Context
    ) -> list[Attachment]:
        """Return a message's attachments, in their order.

        One after the other, so that what is in memory stays bounded.

        Raises:
            PermanentFailure, TemporaryFailure: one cannot be had; `position` is
                its index.
        """
        limits = context.limits
        if len(references) > limits.count:
            raise PermanentFailure(f"more than {limits.count} attachments")
        try:
            return await asyncio.wait_for(
                self._all(references, context), limits.total_seconds
            )
        except asyncio.TimeoutError:
            raise TemporaryFailure("the attachments take too long") from None

    async def _all(
        self, references: tp.Sequence[Reference], context: Context
    ) -> list[Attachment]:
        found: list[Attachment] = []
        room = context.limits.total_bytes
        for position, reference in enumerate(references):
            try:
                content = await self.fetch(reference, context)
            except Failure as failure:
                raise failure.at(position) from None
            room -= len(content.data)
            if room < 0:
                raise PermanentFailure(
                    f"together larger than {context.limits.total_bytes} bytes"
                ).at(position)
            found.append(content)
        return found

    async def fetch(self, reference: Reference, context: Context) -> Attachment:
        """Return one attachment.

        Raises:
            PermanentFailure, TemporaryFailure: it cannot be had.
        """
        # In a thread: decoding and digests of megabytes would hold up the loop.
        source = await asyncio.to_thread(
            sources.resolve, reference, context, self._policy
        )
        if isinstance(source.origin, bytes):
            data = await asyncio.to_thread(
                checksum.verify, source.origin, source.checksums
            )
        else:
            data = await self._single_flight.join(
                (context, source.origin, source.checksums),
                lambda: self._cached(source, context),
            )
        return Attachment(source.filename, source.content_type, data, source.content_id)

    async def _cached(self, source: sources.Source, context: Context) -> bytes:
        cache, key = self._cache, next(iter(source.checksums), None)
        if cache is not None and key is not None:
            data = await cache.get(context.tenant, key)
            if data is not None and len(data) <= context.limits.each_bytes:
                return data
        data = await self._timed(source, context)
        await asyncio.to_thread(checksum.verify, data, source.checksums)
        if cache is not None and key is not None:
            await cache.put(context.tenant, key, data)
        return data

    async def _timed(self, source: sources.Source, context: Context) -> bytes:
        slot = self._slots.setdefault(
            context.tenant, asyncio.Semaphore(self._concurrency)
        )
        async with slot:
            try:
                return await asyncio.wait_for(
                    self._read(source, context), context.limits.each_seconds
                )
            except asyncio.TimeoutError:
                raise TemporaryFailure("the source takes too long") from None

    async def _read(self, source: sources.Source, context: Context) -> bytes:
        origin = source.origin
        if isinstance(origin, Request):
            return await self._web.read(origin, context.limits)
        if isinstance(origin, sources.Stored):
            return await origin.storage.place.read(
                origin.path, context.limits.each_bytes
            )
        return origin

    async def close(self) -> None:
        """End every connection."""
        await self._web.close()
