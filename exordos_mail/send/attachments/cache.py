# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bytes that were fetched before, by tenant and digest.

Small ones are kept in memory, large ones on disk. A key is the tenant and a
checksum that the bytes were seen to have, so a tenant who names the checksum of
another's file gets nothing by it.
"""

import asyncio
import contextlib
import dataclasses
import pathlib

from exordos_mail.send.attachments.checksum import Checksum
from exordos_mail.send.attachments.disk import Disk
from exordos_mail.send.attachments.memory import Memory


@dataclasses.dataclass(frozen=True)
class CacheSettings:
    """Bounds: bytes and seconds."""

    memory_bytes: int = 50 * 1024 * 1024
    memory_seconds: float = 300.0
    #: Up to this size bytes are kept in memory.
    small_bytes: int = 100 * 1024
    disk_bytes: int = 500 * 1024 * 1024
    disk_seconds: float = 3600.0
    #: None: large ones are not kept.
    directory: pathlib.Path | None = None


class Cache:
    """Both levels; for one event loop."""

    def __init__(self, settings: CacheSettings | None = None) -> None:
        self._settings = settings = settings or CacheSettings()
        self._memory = Memory(settings.memory_bytes, settings.memory_seconds)
        self._disk: Disk | None = None
        if settings.directory is not None:
            self._disk = Disk(
                settings.directory, settings.disk_bytes, settings.disk_seconds
            )

    async def get(self, tenant: str, checksum: Checksum) -> bytes | None:
        """Return the tenant's bytes with this checksum, if they are kept."""
        data = self._memory.get((tenant, *checksum))
        if data is None and self._disk is not None:
            data = await asyncio.to_thread(self._disk.get, tenant, checksum)
        return data

    async def put(self, tenant: str, checksum: Checksum, data: bytes) -> None:
        """Keep bytes that have this checksum, if there is room."""
        if len(data) <= self._settings.small_bytes:
            self._memory.put((tenant, *checksum), data)
        elif self._disk is not None:
            # A full disk makes the cache useless, not the mail impossible.
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._disk.put, tenant, checksum, data)

    async def sweep(self) -> None:
        """Drop what is too old; call it now and then."""
        self._memory.sweep()
        if self._disk is not None:
            await asyncio.to_thread(self._disk.sweep)

    async def forget(self, tenant: str) -> None:
        """Drop all of a tenant that is deleted."""
        self._memory.forget(tenant)
        if self._disk is not None:
            await asyncio.to_thread(self._disk.forget, tenant)
