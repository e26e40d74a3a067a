# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""API keys of a tenant."""

import typing as tp

import msgspec

from exordos_mail.send import clock, ids, members
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import Problem, invalid_field, managed, not_found
from exordos_mail.send.api.route import Access, Call, route
from exordos_mail.send.keys import auth
from exordos_mail.send.keys import records as keys
from exordos_mail.send.storage import database
from exordos_mail.send.tenants import records as tenants
from exordos_mail.send.tenants.handlers import own_tenant
from exordos_mail.standards import api_key

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
    #: true: nothing that is submitted with it is ever sent.
    test: bool = False


class KeyOut(msgspec.Struct, kw_only=True):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    managed: bool
    #: true: nothing that is submitted with it is ever sent.
    test: bool
    #: Id of the key that has made it, and that it is revoked with; null: the admin.
    made_by: str | None


class NewKeyOut(KeyOut, kw_only=True):
    """A new key; `key` is shown here and never again."""

    key: str


class KeysOut(msgspec.Struct):
    """Keys in the order they were made; `next` is `after` of the next part."""

    keys: list[KeyOut]
    next: str | None


@route("POST", "/v1/keys", Access.MANAGE, 201)
async def add(call: Call, given: KeyIn) -> NewKeyOut:
    """Make an API key; it is shown once."""
    if not call.principal.scopes.issuperset(given.scopes):
        raise Problem(403, "forbidden", "a key cannot grant a scope it does not have")
    if call.principal.is_test and not given.test:
        raise Problem(403, "forbidden", "a test key makes test keys only: `test: true`")
    now = clock.now()
    expires_at = common.future("expires_at", given.expires_at, now)
    if not given.name.isprintable():
        raise invalid_field("name", "printable characters only")
    key, key_id = api_key.new(), ids.generator.one(now)
    row = keys.KeyRow(
        id=key_id,
        tenant_id=call.tenant_id,
        name=given.name,
        hash=api_key.digest(key),
        scopes=keys.scopes_of(given.scopes),
        created_at=now,
        expires_at=expires_at,
        made_by=call.principal.key_id,
        test=given.test,
    )

    def unit(tx: database.Transaction) -> keys.KeyRow:
        # Locked: the key that asks could be revoked at this moment.
        own_tenant(tx, call.tenant_id, lock=True)
        bounded = _bounded(tx, row, now)
        keys.add(tx, bounded)
        return bounded

    try:
        added = await call.base.write(unit)
    except database.Conflict:
        raise not_found("tenant") from None
    return _out(NewKeyOut, added, key=key)


@route("GET", "/v1/keys", Access.MANAGE)
async def page(call: Call, query: common.PageQuery) -> KeysOut:
    """List API keys."""
    rows, following = await common.part(keys.page, call, query, "id")
    listed = [_out(KeyOut, row) for row in rows]
    return KeysOut(listed, following)


@route("DELETE", "/v1/keys/{key}", Access.MANAGE)
async def revoke(call: Call) -> None:
    """Revoke a key, and all keys that it has made."""
    key_id = call.path["key"]

    def unit(tx: database.Transaction) -> bool:
        tenants.get(tx, call.tenant_id, lock=True)
        row = keys.get(tx, call.tenant_id, key_id)
        if row is not None and row.managed:
            raise managed()
        return keys.revoke(tx, call.tenant_id, key_id, clock.now())

    if not await call.base.write(unit):
        raise not_found("active key")


def _bounded(tx: database.Transaction, row: keys.KeyRow, now: int) -> keys.KeyRow:
    """Return a key that is in force no longer than the one that makes it.

    Raises:
        Problem: 401, that one is not active any more; 422, it expires before.
    """
    if row.made_by is None:
        return row
    maker = keys.active(tx, row.tenant_id, row.made_by, now)
    if maker is None:
        raise auth.unauthenticated()
    last = maker.expires_at
    if last is not None and row.expires_at is not None and row.expires_at > last:
        text = f"not after {common.moment(last)}, when the key expires that makes it"
        raise invalid_field("expires_at", text)
    if row.expires_at is None:
        return msgspec.structs.replace(row, expires_at=last)
    return row


K = tp.TypeVar("K", bound=KeyOut)


def _out(answer: type[K], row: keys.KeyRow, **more: str) -> K:
    return members.out(answer, row, scopes=row.scopes.split(), **more)
