# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Relays of a tenant."""

import ipaddress
import typing as tp

import msgspec

from exordos_mail.schema import relay
from exordos_mail.send import clock, members, vault
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import conflict, invalid_field, managed, not_found
from exordos_mail.send.api.route import Access, Call, route
from exordos_mail.send.attachments import url
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.relays import records as relays
from exordos_mail.send.storage import database, secrets_keys
from exordos_mail.send.tenants.handlers import own_tenant
from exordos_mail.standards import relay as rules
from exordos_mail.standards import rule

_FIELDS = (*relay.FIELDS, *relay.LIMITS)
_Changes: tp.Any = members.changes(_FIELDS)
_Shown: tp.Any = members.shown(_FIELDS)


class RelayChangeIn(_Changes, msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; absent: nothing; null: take it away."""


class RelayIn(RelayChangeIn, kw_only=True):
    """A new relay; `default` is used by messages that name none."""

    id: common.Id
    host: members.Host


class RelayOut(_Shown, msgspec.Struct, kw_only=True):
    """A relay without its password."""

    has_password: bool
    managed: bool
    created_at: str
    updated_at: str


class RelaysOut(msgspec.Struct):
    """Relays in the order of their ids; `next` is `after` of the next part."""

    relays: list[RelayOut]
    next: str | None


@route("POST", "/v1/relays", Access.MANAGE, 201)
async def add(call: Call, given: RelayIn) -> RelayOut:
    """Make a relay."""
    columns = _columns(call, given.id, given)
    if given.tls is msgspec.UNSET and "port" in columns:
        columns["tls"] = rules.tls_of(columns["port"])
    if given.port is msgspec.UNSET and "tls" in columns:
        columns["port"] = rules.PORTS[columns["tls"]]
    row = relays.RelayRow(tenant_id=call.tenant_id, id=given.id, **columns)
    check(row, call.service.policy)

    def unit(tx: database.Transaction) -> RelayOut:
        secrets_keys.check(tx, call.service.secrets)
        own_tenant(tx, call.tenant_id)
        relays.add(tx, row, clock.now())
        return _out(_existing(tx, call.tenant_id, given.id))

    try:
        return await call.base.write(unit)
    except database.Conflict:
        raise conflict("exists", "there is a relay of this id") from None


@route("GET", "/v1/relays", Access.READ)
async def page(call: Call, query: common.PageQuery) -> RelaysOut:
    """List relays."""
    rows, following = await common.part(relays.page, call, query, "id")
    return RelaysOut([_out(row) for row in rows], following)


@route("GET", "/v1/relays/{relay}", Access.READ)
async def get(call: Call) -> RelayOut:
    """Read a relay."""
    relay_id = call.path["relay"]
    return _out(await call.base.read(_existing, call.tenant_id, relay_id))


@route("PATCH", "/v1/relays/{relay}", Access.MANAGE)
async def change(call: Call, given: RelayChangeIn) -> RelayOut:
    """Change a relay."""
    relay_id = call.path["relay"]
    columns = _columns(call, relay_id, given)

    def unit(tx: database.Transaction) -> RelayOut:
        secrets_keys.check(tx, call.service.secrets)
        row = msgspec.structs.replace(
            _writable(tx, call.tenant_id, relay_id), **columns
        )
        check(row, call.service.policy)
        relays.change(tx, row, clock.now())
        return _out(_existing(tx, call.tenant_id, relay_id))

    out = await call.base.write(unit)
    call.service.dispatcher.invalidate(call.tenant_id, relay_id)
    return out


@route("DELETE", "/v1/relays/{relay}", Access.MANAGE)
async def remove(call: Call) -> None:
    """Remove a relay."""
    relay_id = call.path["relay"]

    def unit(tx: database.Transaction) -> None:
        _writable(tx, call.tenant_id, relay_id)
        count = relays.unfinished(tx, call.tenant_id, relay_id)
        if count:
            raise conflict("not_empty", f"{count} messages wait for this relay")
        relays.remove(tx, call.tenant_id, relay_id)

    await call.base.write(unit)
    call.service.dispatcher.invalidate(call.tenant_id, relay_id)


def _existing(
    tx: database.Transaction, tenant_id: str, relay_id: str
) -> relays.RelayRow:
    row = relays.get(tx, tenant_id, relay_id)
    if row is None:
        raise not_found("relay")
    return row


def _writable(
    tx: database.Transaction, tenant_id: str, relay_id: str
) -> relays.RelayRow:
    row = relays.get(tx, tenant_id, relay_id, lock=True)
    if row is None:
        raise not_found("relay")
    if row.managed:
        raise managed()
    return row


def _columns(call: Call, relay_id: str, given: RelayChangeIn) -> database.Row:
    """Return the columns that a caller gives."""
    row = members.given(members.open_names(_FIELDS), given)
    if not call.principal.is_admin:
        if row.get("public_only") is False:
            raise invalid_field("public_only", "only the admin can take it away")
        if "host" in row or "port" in row:
            row["public_only"] = True
    if given.password is None:
        row["password"] = None
    elif isinstance(given.password, str):
        name = vault.row_name("relay", call.tenant_id, relay_id)
        row["password"] = call.service.secrets.seal(given.password, name)
    return row


def check(row: relays.RelayRow, policy: Policy) -> None:
    """Check what one column of a relay says about another.

    Raises:
        Problem: 422, they do not go together.
    """
    try:
        rules.check_host(row.host)
    except rule.RuleError as error:
        raise invalid_field("host", str(error)) from None
    literal = url.address(row.host)
    if row.public_only and literal is not None and not policy.permits(literal):
        raise invalid_field("host", "not a public address")
    if (row.username is None) != (row.password is None):
        raise invalid_field("password", rules.PAIR_RULE)
    if not rules.fits(row.port, row.tls):
        raise invalid_field("tls", rules.PORT_RULE)
    if row.username is None or row.tls != "none" or _is_loopback(row.host):
        return
    raise invalid_field("tls", rules.TLS_RULE)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _out(row: relays.RelayRow) -> RelayOut:
    return members.out(RelayOut, row, has_password=row.password is not None)
