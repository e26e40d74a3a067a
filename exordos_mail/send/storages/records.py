# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Named storages of a tenant, where files that messages attach are kept."""

import msgspec

from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import RowTable


class StorageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A storage; moments in milliseconds since 1970."""

    tenant_id: str
    name: str
    protocol: str
    #: Sealed (vault.py).
    config: bytes
    created_at: int = 0
    updated_at: int = 0


_TABLE = RowTable("storages", StorageRow, "tenant_id", "name")
get, page, remove = _TABLE.get, _TABLE.page, _TABLE.remove

_PUT = sql.statement("""
INSERT INTO storages (tenant_id, name, protocol, config, created_at, updated_at)
VALUES (:tenant_id, :name, :protocol, :config, :now, :now)
ON CONFLICT (tenant_id, name) DO UPDATE
SET protocol = excluded.protocol, config = excluded.config,
    updated_at = excluded.updated_at
""")


def put(
    tx: database.Transaction,
    tenant_id: str,
    name: str,
    protocol: str,
    config: bytes,
    now: int,
) -> None:
    """Write a storage, new or not.

    Raises:
        Conflict: there is no such tenant.
    """
    tx.run(
        _PUT, tenant_id=tenant_id, name=name, protocol=protocol, config=config, now=now
    )
