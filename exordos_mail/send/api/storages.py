# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Named storages of a tenant."""

import typing as tp

import msgspec

from exordos_mail.send import clock
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import invalid_field, not_found
from exordos_mail.send.api.route import Answer, Call
from exordos_mail.send.attachments import storages as places
from exordos_mail.send.records import secrets_keys, storages
from exordos_mail.send.storage import database


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


async def put(call: Call) -> Answer:
    """Make or change a storage."""
    given: StorageIn = call.body
    name = call.path["storage"]
    try:
        places.parse(name, given.protocol, given.config, call.service.sources.policy)
    except places.StorageError as error:
        raise invalid_field("config", str(error)) from None
    sealed = call.service.secrets.seal(
        msgspec.json.encode(given.config).decode(),
        storages.secret_row(call.tenant_id, name),
    )

    def unit(tx: database.Transaction) -> database.Row:
        secrets_keys.check(tx, call.service.secrets)
        storages.put(tx, call.tenant_id, name, given.protocol, sealed, clock.now())
        return tp.cast(database.Row, storages.get(tx, call.tenant_id, name))

    try:
        return Answer(200, _out(await call.service.base.write(unit)))
    except database.Conflict:
        raise not_found("tenant") from None


async def get(call: Call) -> Answer:
    """Return one storage."""
    row = await call.service.base.read(
        storages.get, call.tenant_id, call.path["storage"]
    )
    if row is None:
        raise not_found("storage")
    return Answer(200, _out(row))


async def page(call: Call) -> Answer:
    """Return a part of the list."""
    query = call.query
    rows = await call.service.base.read(
        storages.page, call.tenant_id, query.after, query.limit
    )
    following = common.next_of(rows, query.limit, "name")
    return Answer(200, StoragesOut([_out(row) for row in rows], following))


async def remove(call: Call) -> Answer:
    """Remove a storage."""
    removed = await call.service.base.write(
        storages.remove, call.tenant_id, call.path["storage"]
    )
    if not removed:
        raise not_found("storage")
    return Answer(204)


def _out(row: database.Row) -> StorageOut:
    return StorageOut(
        row["name"],
        row["protocol"],
        tp.cast(str, common.moment(row["created_at"])),
        tp.cast(str, common.moment(row["updated_at"])),
    )
