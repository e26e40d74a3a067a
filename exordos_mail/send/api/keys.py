# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""API keys of a tenant."""

import typing as tp

import msgspec

from exordos_mail.send import clock, ids
from exordos_mail.send.api import auth, common
from exordos_mail.send.api.problem import Problem, invalid_field, not_found
from exordos_mail.send.api.route import Answer, Call
from exordos_mail.send.records import keys, tenants
from exordos_mail.send.storage import database

Scopes = tp.Annotated[
    list[tp.Literal["send", "read", "manage"]],
    msgspec.Meta(min_length=1, max_length=3),
]


class KeyIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A new key."""

    name: common.Name
    scopes: Scopes
    #: RFC 3339 text or seconds since 1970; absent: it does not expire, or when the
    #: key does that makes it. A key makes none that expires later.
    expires_at: str | float | None = None


class KeyOut(msgspec.Struct, kw_only=True):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    managed: bool
    #: Id of the key that has made it, and that it is revoked with; null: the admin.
    made_by: str | None


class NewKeyOut(KeyOut, kw_only=True):
    """A new key; `key` is shown here and never again."""

    key: str


class KeysOut(msgspec.Struct):
    """Keys in the order they were made; `next` is `after` of the next part."""

    keys: list[KeyOut]
    next: str | None


async def add(call: Call) -> Answer:
    """Make a key; a key cannot give scopes or time that it does not have itself."""
    given: KeyIn = call.body
    if not call.principal.scopes.issuperset(given.scopes):
        raise Problem(403, "forbidden", "a key cannot grant a scope it does not have")
    now = clock.now()
    expires_at = common.future("expires_at", given.expires_at, now)
    if not given.name.isprintable():
        raise invalid_field("name", "printable characters only")
    key, key_id = keys.new(), ids.generator.one(now)
    row = keys.row(
        tenant_id=call.tenant_id,
        key_id=key_id,
        name=given.name,
        key_digest=keys.digest(key),
        scopes=given.scopes,
        created_at=now,
        expires_at=expires_at,
    )

    def unit(tx: database.Transaction) -> database.Row:
        # Locked: the key that asks could be revoked at this moment.
        common.own_tenant(tx, call.tenant_id, lock=True)
        keys.add(tx, row | _bounded(tx, call, expires_at, now))
        return tp.cast(database.Row, keys.get(tx, call.tenant_id, key_id))

    try:
        added = await call.service.base.write(unit)
    except database.Conflict:
        raise not_found("tenant") from None
    return Answer(201, NewKeyOut(**_members(added), key=key))


async def page(call: Call) -> Answer:
    """Return a part of the list."""
    query = call.query
    rows = await call.service.base.read(
        keys.page, call.tenant_id, query.after, query.limit
    )
    listed = [KeyOut(**_members(row)) for row in rows]
    return Answer(200, KeysOut(listed, common.next_of(rows, query.limit, "id")))


async def revoke(call: Call) -> Answer:
    """Revoke a key for good, and all keys that it has made."""
    key_id = call.path["key"]

    def unit(tx: database.Transaction) -> bool:
        tenants.get(tx, call.tenant_id, lock=True)
        row = keys.get(tx, call.tenant_id, key_id)
        if row is not None and row["managed"]:
            raise common.managed()
        return keys.revoke(tx, call.tenant_id, key_id, clock.now())

    if not await call.service.base.write(unit):
        raise not_found("active key")
    return Answer(204)


def _bounded(
    tx: database.Transaction, call: Call, expires_at: int | None, now: int
) -> database.Row:
    """Return the columns by which a key depends on the one that makes it.

    Raises:
        Problem: 401, that one is not active any more; 422, it expires before.
    """
    made_by = call.principal.key_id
    if made_by is None:
        return {}
    maker = keys.active(tx, call.tenant_id, made_by, now)
    if maker is None:
        raise auth.unauthenticated()
    last = maker["expires_at"]
    if last is not None and expires_at is not None and expires_at > last:
        text = f"not after {common.moment(last)}, when the key expires that makes it"
        raise invalid_field("expires_at", text)
    return {
        "made_by": made_by,
        "expires_at": last if expires_at is None else expires_at,
    }


def _members(row: database.Row) -> dict[str, tp.Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "scopes": row["scopes"].split(),
        "managed": bool(row["managed"]),
        "made_by": row["made_by"],
        **{
            name: common.moment(row[name])
            for name in ("created_at", "expires_at", "revoked_at")
        },
    }
