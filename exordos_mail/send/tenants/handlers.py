# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tenants: made and changed by the admin."""

import json
import typing as tp

import msgspec

from exordos_mail.schema import tenant as schema
from exordos_mail.send import callback_auth as callbacks
from exordos_mail.send import clock, members
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import conflict, invalid_field, managed, not_found
from exordos_mail.send.api.route import Access, Call, route
from exordos_mail.send.attachments import failures, url
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.service import Service
from exordos_mail.send.storage import database, secrets_keys
from exordos_mail.send.tenants import records as tenants
from exordos_mail.standards import address as standard

_changed = msgspec.structs.replace

_AUTH = schema.CALLBACK[1:]
#: Members that are the columns of the same name.
_PLAIN = (
    "name",
    "waiting_messages",
    "waiting_mib",
    *(one.name for one in tenants.FIELDS if one.name not in schema.CALLBACK),
)
_Changes: tp.Any = members.changes(schema.FIELDS)
_Callback: tp.Any = members.changes(schema.NOUN.field(name) for name in schema.CALLBACK)
_Shown: tp.Any = members.shown(tenants.FIELDS)
_Waiting = common.Count | msgspec.UnsetType | None


class TenantChangeIn(
    _Changes, msgspec.Struct, forbid_unknown_fields=True, kw_only=True
):
    """What to change; absent: nothing; null: take it away."""

    name: common.Name | msgspec.UnsetType = msgspec.UNSET
    #: Messages that are not final, and MiB of them; beyond, a message is refused.
    waiting_messages: _Waiting = msgspec.UNSET
    waiting_mib: _Waiting = msgspec.UNSET
    #: Domains that senders may be of; null: any.
    sender_domains: list[str] | msgspec.UnsetType | None = msgspec.UNSET


class CallbackChangeIn(
    _Callback, msgspec.Struct, forbid_unknown_fields=True, kw_only=True
):
    """What to change; absent: nothing; null: take it away."""


class TenantIn(TenantChangeIn, kw_only=True):
    """A new tenant."""

    id: common.Id


class TenantOut(_Shown, msgspec.Struct, kw_only=True):
    """A tenant; secrets are never shown."""

    name: str
    waiting_messages: int | None
    waiting_mib: int | None
    sender_domains: list[str] | None
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


@route("POST", "/v1/tenants", Access.ADMIN, 201)
async def add(call: Call, given: TenantIn) -> TenantOut:
    """Make a tenant."""
    new = tenants.new(given.id)
    row = _changed(new, **_columns(call, new, given))

    def unit(tx: database.Transaction) -> TenantOut:
        secrets_keys.check(tx, call.service.secrets)
        tenants.add(tx, row, clock.now())
        return _out(_existing(tx, given.id))

    try:
        return await call.base.write(unit)
    except database.Conflict:
        raise conflict("exists", "there is a tenant of this id") from None


@route("GET", "/v1/tenants", Access.ADMIN)
async def page(call: Call, query: common.PageQuery) -> TenantsOut:
    """List tenants."""
    rows = await call.base.read(tenants.page, query.after, query.limit)
    next_id = common.next_of(rows, query.limit, "id")
    return TenantsOut([_out(row) for row in rows], next_id)


@route("GET", "/v1/tenants/{tenant}", Access.READ)
async def get(call: Call) -> TenantOut:
    """Read a tenant."""
    return _out(await call.base.read(_existing, call.tenant_id))


@route("PATCH", "/v1/tenants/{tenant}", Access.ADMIN)
async def change(call: Call, given: TenantChangeIn) -> TenantOut:
    """Change a tenant."""
    tenant_id = call.path["tenant"]

    def unit(tx: database.Transaction) -> TenantOut:
        secrets_keys.check(tx, call.service.secrets)
        row = own_tenant(tx, tenant_id, lock=True)
        changed = _changed(row, **_columns(call, row, given))
        tenants.change(tx, changed, clock.now())
        return _out(_existing(tx, tenant_id))

    out = await call.base.write(unit)
    call.service.admission.allowed(tenant_id)
    call.service.dispatcher.invalidate(tenant_id)
    return out


@route("DELETE", "/v1/tenants/{tenant}", Access.ADMIN)
async def remove(call: Call, query: RemoveQuery) -> None:
    """Remove a tenant with everything of theirs."""
    tenant_id = call.path["tenant"]

    def unit(tx: database.Transaction) -> None:
        own_tenant(tx, tenant_id, lock=True)
        count = tenants.unfinished(tx, tenant_id)
        if count and not query.force:
            raise conflict("not_empty", f"{count} messages are not final")
        tenants.remove(tx, tenant_id)

    await call.base.write(unit)
    await call.service.sources.forget(tenant_id)


def own_tenant(
    tx: database.Transaction, tenant_id: str, lock: bool = False
) -> tenants.TenantRow:
    """Return a tenant that this API may change.

    Raises:
        Problem: 404, there is none; 409, the control plane writes it.
    """
    found = _existing(tx, tenant_id, lock)
    if found.managed:
        raise managed()
    return found


def _existing(
    tx: database.Transaction, tenant_id: str, lock: bool = False
) -> tenants.TenantRow:
    found = tenants.get(tx, tenant_id, lock=lock)
    if found is None:
        raise not_found("tenant")
    return found


def _columns(
    call: Call, before: tenants.TenantRow, given: TenantChangeIn
) -> database.Row:
    """Return the columns that a caller gives."""
    row = members.given(_PLAIN, given)
    if given.sender_domains is None:
        row["sender_domains"] = None
    elif given.sender_domains is not msgspec.UNSET:
        row["sender_domains"] = domains_column(given.sender_domains)
    return row | callback_columns(call.service, before, given)


def callback_columns(
    service: Service, before: tenants.TenantRow, given: tp.Any
) -> database.Row:
    """Return the columns of a tenant's webhook that a caller gives.

    Args:
        before: the tenant as it was.
        given: has the members of CallbackChangeIn.

    Raises:
        Problem: 422, events may not be sent there, or a part of the authentication
            is wrong; 409, the present secret cannot be read.
    """
    row = members.given(("callback_url",), given)
    check_callback(row.get("callback_url"), service.policy)
    parts = members.given(_AUTH, given)
    if not parts:
        return row
    method = str(parts.get("callback_auth", before.callback_auth))
    username, secret = None, None
    if method == before.callback_auth and len(parts) < len(_AUTH):
        username, secret = _present_parts(service, before)
    try:
        auth = callbacks.of_parts(
            method,
            parts.get("callback_username", username),
            parts.get("callback_secret", secret),
        )
    except callbacks.WrongPart as error:
        raise invalid_field(error.field, str(error)) from None
    sealed = callbacks.seal(service.secrets, before.id, auth)
    return {**row, "callback_auth": method, "callback_secret": sealed}


def _present_parts(
    service: Service, row: tenants.TenantRow
) -> tuple[str | None, str | None]:
    try:
        held = callbacks.unseal(service.secrets, row.id, row.callback_secret)
    except callbacks.UnusableAuth as error:
        raise conflict("unreadable", f"{error}; give all of its parts") from None
    return callbacks.parts_of(held.auth)


def domains_column(given: list[str]) -> str:
    """Return domains of senders as a row keeps them.

    Raises:
        Problem: 422, one is none.
    """
    try:
        return json.dumps([standard.check_domain(one) for one in given])
    except standard.AddressPartError as error:
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


def _out(row: tenants.TenantRow) -> TenantOut:
    domains = row.sender_domains
    return members.out(
        TenantOut, row, sender_domains=None if domains is None else json.loads(domains)
    )
