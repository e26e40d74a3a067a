# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tenants: made and changed by the admin."""

import json
import typing as tp

import msgspec

from exordos_mail.send import callback_auth as callbacks
from exordos_mail.send import clock
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import conflict, invalid_field, not_found
from exordos_mail.send.api.route import Answer, Call
from exordos_mail.send.attachments import failures, url
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.records import secrets_keys, tenants
from exordos_mail.send.service import Service
from exordos_mail.send.storage import database
from exordos_mail.standards import address as standard
from exordos_mail.standards import tenant as rules

URL = tp.Annotated[
    str,
    msgspec.Meta(pattern=f"^{rules.URL_PATTERN}", max_length=rules.URL_MAX),
]


class TenantChangeIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; absent: nothing; null: take it away."""

    name: common.Name | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET
    limits: common.LimitsIO | msgspec.UnsetType = msgspec.UNSET
    #: Messages that are not final, and MiB of them; beyond, a message is refused.
    waiting: common.WaitingIO | msgspec.UnsetType = msgspec.UNSET
    #: Domains that senders may be of; null: any.
    sender_domains: list[str] | msgspec.UnsetType | None = msgspec.UNSET
    callback_url: URL | msgspec.UnsetType | None = msgspec.UNSET
    callback_auth: callbacks.Auth | msgspec.UnsetType = msgspec.UNSET
    attachment_url: URL | msgspec.UnsetType | None = msgspec.UNSET


class TenantIn(TenantChangeIn, kw_only=True):
    """A new tenant."""

    id: common.Id


class TenantOut(msgspec.Struct):
    """A tenant; secrets are never shown."""

    id: str
    name: str
    active: bool
    limits: common.LimitsIO
    waiting: common.WaitingIO
    sender_domains: list[str] | None
    callback_url: str | None
    callback_auth: str
    attachment_url: str | None
    managed: bool
    created_at: str
    updated_at: str


class TenantsOut(msgspec.Struct):
    """Tenants in the order of their ids; `next` is `after` of the next part."""

    tenants: list[TenantOut]
    next: str | None


class RemoveQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Whether messages that are not final go too."""

    force: bool = False


async def add(call: Call) -> Answer:
    """Make a tenant."""
    given: TenantIn = call.body
    row = {**tenants.empty(given.id), **_columns(call, given.id, given)}

    def unit(tx: database.Transaction) -> TenantOut:
        secrets_keys.check(tx, call.service.secrets)
        tenants.add(tx, row, clock.now())
        return _out(tp.cast(database.Row, tenants.get(tx, given.id)))

    try:
        return Answer(201, await call.service.base.write(unit))
    except database.Conflict:
        raise conflict("exists", "there is a tenant of this id") from None


async def page(call: Call) -> Answer:
    """Return a part of the list."""
    query = call.query
    rows = await call.service.base.read(tenants.page, query.after, query.limit)
    next_id = common.next_of(rows, query.limit, "id")
    return Answer(200, TenantsOut([_out(row) for row in rows], next_id))


async def get(call: Call) -> Answer:
    """Return one tenant."""
    row = await call.service.base.read(tenants.get, call.tenant_id)
    if row is None:
        raise not_found("tenant")
    return Answer(200, _out(row))


async def change(call: Call) -> Answer:
    """Change what is given."""
    tenant_id = call.path["tenant"]
    columns = _columns(call, tenant_id, call.body)

    def unit(tx: database.Transaction) -> TenantOut:
        secrets_keys.check(tx, call.service.secrets)
        row = common.own_tenant(tx, tenant_id, lock=True)
        tenants.change(tx, {**row, **columns}, clock.now())
        return _out(tp.cast(database.Row, tenants.get(tx, tenant_id)))

    out = await call.service.base.write(unit)
    call.service.admission.allowed(tenant_id)
    call.service.dispatcher.invalidate(tenant_id)
    return Answer(200, out)


async def remove(call: Call) -> Answer:
    """Remove a tenant with everything of theirs."""
    tenant_id = call.path["tenant"]

    def unit(tx: database.Transaction) -> None:
        common.own_tenant(tx, tenant_id, lock=True)
        count = tenants.unfinished(tx, tenant_id)
        if count and not call.query.force:
            raise conflict("not_empty", f"{count} messages are not final")
        tenants.remove(tx, tenant_id)

    await call.service.base.write(unit)
    await call.service.sources.forget(tenant_id)
    return Answer(204)


def _columns(call: Call, tenant_id: str, given: TenantChangeIn) -> database.Row:
    """Return the columns that a caller gives."""
    row: database.Row = {}
    for name in ("name", "attachment_url"):
        value = getattr(given, name)
        if value is not msgspec.UNSET:
            row[name] = value
    if given.active is not msgspec.UNSET:
        row["active"] = int(given.active)
    if isinstance(given.limits, common.LimitsIO):
        row |= common.limit_columns(given.limits)
    if isinstance(given.waiting, common.WaitingIO):
        row["waiting_messages"] = given.waiting.messages
        row["waiting_mib"] = given.waiting.mib
    if given.sender_domains is None:
        row["sender_domains"] = None
    elif given.sender_domains is not msgspec.UNSET:
        row["sender_domains"] = domains_column(given.sender_domains)
    return row | callback_columns(
        call.service, tenant_id, given.callback_url, given.callback_auth
    )


def callback_columns(
    service: Service,
    tenant_id: str,
    where: str | msgspec.UnsetType | None,
    auth: callbacks.Auth | msgspec.UnsetType,
) -> database.Row:
    """Return the columns of a tenant's webhook that a caller gives.

    Raises:
        Problem: 422, events may not be sent there.
    """
    row: database.Row = {}
    if where is not msgspec.UNSET:
        row["callback_url"] = where
    if not isinstance(auth, msgspec.UnsetType):
        row["callback_auth"] = msgspec.to_builtins(auth)["type"]
        row["callback_secret"] = callbacks.seal(service.secrets, tenant_id, auth)
    check_callback(row.get("callback_url"), service.policy)
    return row


def domains_column(given: list[str]) -> str:
    """Return domains of senders as a row keeps them.

    Raises:
        Problem: 422, one is none.
    """
    try:
        return json.dumps([standard.check_domain(one) for one in given])
    except standard.AddressError as error:
        raise invalid_field("sender_domains", str(error)) from None


def check_callback(given: str | None, policy: Policy) -> None:
    """Check that events may be sent to an address.

    Raises:
        Problem: 422, they may not.
    """
    if given is None:
        return
    try:
        url.parse(given, policy)
    except failures.Failure as error:
        raise invalid_field("callback_url", error.reason) from None


def _out(row: database.Row) -> TenantOut:
    domains = row["sender_domains"]
    return TenantOut(
        id=row["id"],
        name=row["name"],
        active=bool(row["active"]),
        limits=common.limits_out(row),
        waiting=common.WaitingIO(row["waiting_messages"], row["waiting_mib"]),
        sender_domains=None if domains is None else json.loads(domains),
        callback_url=row["callback_url"],
        callback_auth=row["callback_auth"],
        attachment_url=row["attachment_url"],
        managed=bool(row["managed"]),
        created_at=tp.cast(str, common.moment(row["created_at"])),
        updated_at=tp.cast(str, common.moment(row["updated_at"])),
    )
