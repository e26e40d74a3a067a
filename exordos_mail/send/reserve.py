# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A part of the disk that no tenant alone can fill.

While less than the reserve is free, each tenant may store a share of it, so that
the others can still send. Only SQLite's disk is ours to look at.
"""

import pathlib
import shutil

from exordos_mail.send.queue.bounds import MIB, TooMuch
from exordos_mail.send.storage import database, sql

#: MiB of the reserve, unless the service is set otherwise.
MEBIBYTES = 512
#: Of a small disk the reserve is no more than this part.
_OF_DISK = 10
#: A tenant's share is this part of the reserve.
_SHARES = 16
#: Octets of a call beside its body: rows of the log, events, indexes.
_CALL = 2048
# Room inside of the file is as good as room beside it.
_FREE_PAGES = sql.statement("PRAGMA freelist_count")
_PAGE_SIZE = sql.statement("PRAGMA page_size")


class Reserve:
    """Looks at the disk, and remembers who has stored what while it is short."""

    def __init__(self, directory: pathlib.Path | None, kept: int = MEBIBYTES) -> None:
        """Make it.

        Args:
            directory: where the database is; None: on another machine's disk.
            kept: MiB of the reserve.
        """
        self._directory = directory
        self._kept = kept * MIB
        #: Octets by tenant since the disk is short.
        self._stored: dict[str, int] = {}
        #: Octets that a tenant may store while the disk is short; None: it is not.
        self.share: int | None = None

    async def take(self, base: database.Units, tenant_id: str, octets: int) -> None:
        """Let a tenant store something.

        Raises:
            TooMuch: the disk is short, and the tenant has had its share.
        """
        self.share = await self._share(base)
        if self.share is None:
            self._stored.clear()
            return
        stored = self._stored.get(tenant_id, 0) + octets + _CALL
        if stored > self.share:
            raise TooMuch(
                "the service's disk is nearly full, and the tenant has had its share"
                " of what is left: try again later"
            )
        self._stored[tenant_id] = stored

    async def _share(self, base: database.Units) -> int | None:
        if self._directory is None:
            return None
        disk = shutil.disk_usage(self._directory)
        kept = min(self._kept, disk.total // _OF_DISK)
        if disk.free >= kept:
            return None
        if disk.free + await base.read(_inside) >= kept:
            return None
        return kept // _SHARES


def _inside(tx: database.Transaction) -> int:
    """Return the octets of SQLite's file that nothing is in."""
    pages, size = tx.row(_FREE_PAGES), tx.row(_PAGE_SIZE)
    if pages is None or size is None:
        return 0
    return int(pages["freelist_count"]) * int(size["page_size"])
