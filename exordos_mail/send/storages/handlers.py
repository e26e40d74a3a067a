# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Named storages of a tenant."""

import typing as tp

import msgspec

from exordos_mail.send import clock, members, vault
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import invalid_field, not_found
from exordos_mail.send.api.route import Access, Call, route
from exordos_mail.send.attachments import storages as places
from exordos_mail.send.storage import database, secrets_keys
from exordos_mail.send.storages import records as storages


class StorageIn(msgspec.Struct, forbid_unknown_fields=True):
    """A storage; `config` is kept encrypted and never returned."""

    protocol: tp.Literal["local", "s3", "gcs", "azure"]
    config: dict[str, tp.Any]


class StorageOut(msgspec.Struct):
    """A storage without its config."""

    name: str
    protocol: str
    created_at: str
    updated_at: str


class StoragesOut(msgspec.Struct):
    """Storages in the order of their names; `next` is `after` of the next part."""

    storages: list[StorageOut]
    next: str | None


@route("PUT", "/v1/storages/{storage}", Access.MANAGE)
async def put(call: Call, given: StorageIn) -> StorageOut:
    """Make or change a storage."""
    name = call.path["storage"]
    try:
        places.parse(name, given.protocol, given.config, call.service.sources.policy)
    except places.StorageError as error:
        raise invalid_field("config", str(error)) from None
    sealed = call.service.secrets.seal(
        msgspec.json.encode(given.config).decode(),
        vault.row_name("storage", call.tenant_id, name),
    )

    def unit(tx: database.Transaction) -> storages.StorageRow:
        secrets_keys.check(tx, call.service.secrets)
        storages.put(tx, call.tenant_id, name, given.protocol, sealed, clock.now())
        return tp.cast(storages.StorageRow, storages.get(tx, call.tenant_id, name))

    try:
        return members.out(StorageOut, await call.base.write(unit))
    except database.Conflict:
        raise not_found("tenant") from None


@route("GET", "/v1/storages/{storage}", Access.READ)
async def get(call: Call) -> StorageOut:
    """Read a storage."""
    row = await call.base.read(storages.get, call.tenant_id, call.path["storage"])
    if row is None:
        raise not_found("storage")
    return members.out(StorageOut, row)


@route("GET", "/v1/storages", Access.READ)
async def page(call: Call, query: common.PageQuery) -> StoragesOut:
    """List storages of attachments."""
    rows, following = await common.part(storages.page, call, query, "name")
    return StoragesOut([members.out(StorageOut, row) for row in rows], following)


@route("DELETE", "/v1/storages/{storage}", Access.MANAGE)
async def remove(call: Call) -> None:
    """Remove a storage."""
    removed = await call.base.write(
        storages.remove, call.tenant_id, call.path["storage"]
    )
    if not removed:
        raise not_found("storage")
