#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""API keys of a tenant."""

import typing as tp

import msgspec

from exordos_mail.send import clock, ids
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import Problem, invalid_field, not_found
from exordos_mail.send.api.route import Answer, Call
from exordos_mail.send.records import keys
from exordos_mail.send.storage import database

Scopes = tp.Annotated[
    list[tp.Literal["send", "read", "manage"]],
    msgspec.Meta(min_length=1, max_length=3),
]


class KeyIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A new key."""

    name: common.Name
    scopes: Scopes
    #: RFC 3339 text or seconds since 1970; absent: it does not expire.
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


class NewKeyOut(KeyOut, kw_only=True):
    """A new key; `key` is shown here and never again."""

    key: str


class PageOut(msgspec.Struct):
    """Keys in the order they were made; `next` is `after` of the next part."""

    keys: list[KeyOut]
    next: str | None


async def add(call: Call) -> Answer:
    """Make a key; a key's own scopes bound what it may give."""
    given: KeyIn = call.body
    if not call.principal.scopes.issuperset(given.scopes):
        raise Problem(403, "forbidden", "a key gives no scope that it has not")
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
        common.own_tenant(tx, call.tenant_id)
        keys.add(tx, row)
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
    return Answer(200, PageOut(listed, common.next_of(rows, query.limit, "id")))


async def revoke(call: Call) -> Answer:
    """Put a key out of force for good."""
    key_id = call.path["key"]

    def unit(tx: database.Transaction) -> bool:
        row = keys.get(tx, call.tenant_id, key_id)
        if row is not None and row["managed"]:
            raise common.managed()
        return keys.revoke(tx, call.tenant_id, key_id, clock.now())

    if not await call.service.base.write(unit):
        raise not_found("key in force")
    return Answer(204)


def _members(row: database.Row) -> dict[str, tp.Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "scopes": row["scopes"].split(),
        "managed": bool(row["managed"]),
        **{
            name: common.moment(row[name])
            for name in ("created_at", "expires_at", "revoked_at")
        },
    }
