# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Relays of a tenant."""

import ipaddress
import typing as tp

import msgspec

from exordos_mail.schema import relay
from exordos_mail.send import clock
from exordos_mail.send.api import common, members
from exordos_mail.send.api.problem import conflict, invalid_field, not_found
from exordos_mail.send.api.route import Answer, Call
from exordos_mail.send.attachments import url
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.records import relays, secrets_keys
from exordos_mail.send.storage import database
from exordos_mail.standards import relay as rules
from exordos_mail.standards import rule

_FIELDS = relay.FIELDS
_Changes: tp.Any = members.changes(_FIELDS)
_Shown: tp.Any = members.shown(_FIELDS)


class RelayChangeIn(_Changes, msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; absent: nothing; null: take it away."""

    limits: common.LimitsIO | msgspec.UnsetType = msgspec.UNSET


class RelayIn(RelayChangeIn, kw_only=True):
    """A new relay; `default` is used by messages that name none."""

    id: common.Id
    host: members.Host


class RelayOut(_Shown, msgspec.Struct, kw_only=True):
    """A relay without its password."""

    has_password: bool
    limits: common.LimitsIO
    managed: bool
    created_at: str
    updated_at: str


class RelaysOut(msgspec.Struct):
    """Relays in the order of their ids; `next` is `after` of the next part."""

    relays: list[RelayOut]
    next: str | None


async def add(call: Call) -> Answer:
    """Make a relay."""
    given: RelayIn = call.body
    row = {
        **relays.empty(call.tenant_id, given.id, given.host),
        **_columns(call, given.id, given),
    }
    if given.tls is msgspec.UNSET:
        row["tls"] = rules.tls_of(row["port"])
    if given.port is msgspec.UNSET:
        row["port"] = rules.PORTS[row["tls"]]
    check(row, call.service.policy)

    def unit(tx: database.Transaction) -> RelayOut:
        secrets_keys.check(tx, call.service.secrets)
        common.own_tenant(tx, call.tenant_id)
        relays.add(tx, row, clock.now())
        return _out(_existing(tx, call.tenant_id, given.id))

    try:
        return Answer(201, await call.service.base.write(unit))
    except database.Conflict:
        raise conflict("exists", "there is a relay of this id") from None


async def page(call: Call) -> Answer:
    """Return a part of the list."""
    query = call.query
    rows = await call.service.base.read(
        relays.page, call.tenant_id, query.after, query.limit
    )
    next_id = common.next_of(rows, query.limit, "id")
    return Answer(200, RelaysOut([_out(row) for row in rows], next_id))


async def get(call: Call) -> Answer:
    """Return one relay."""
    return Answer(
        200,
        _out(
            await call.service.base.read(_existing, call.tenant_id, call.path["relay"])
        ),
    )


async def change(call: Call) -> Answer:
    """Change what is given."""
    relay_id = call.path["relay"]
    columns = _columns(call, relay_id, call.body)

    def unit(tx: database.Transaction) -> RelayOut:
        secrets_keys.check(tx, call.service.secrets)
        row = {**_writable(tx, call.tenant_id, relay_id), **columns}
        check(row, call.service.policy)
        relays.change(tx, row, clock.now())
        return _out(_existing(tx, call.tenant_id, relay_id))

    out = await call.service.base.write(unit)
    call.service.dispatcher.invalidate(call.tenant_id, relay_id)
    return Answer(200, out)


async def remove(call: Call) -> Answer:
    """Remove a relay that no message waits for."""
    relay_id = call.path["relay"]

    def unit(tx: database.Transaction) -> None:
        _writable(tx, call.tenant_id, relay_id)
        count = relays.unfinished(tx, call.tenant_id, relay_id)
        if count:
            raise conflict("not_empty", f"{count} messages wait for this relay")
        relays.remove(tx, call.tenant_id, relay_id)

    await call.service.base.write(unit)
    call.service.dispatcher.invalidate(call.tenant_id, relay_id)
    return Answer(204)


def _existing(tx: database.Transaction, tenant_id: str, relay_id: str) -> database.Row:
    row = relays.get(tx, tenant_id, relay_id)
    if row is None:
        raise not_found("relay")
    return row


def _writable(tx: database.Transaction, tenant_id: str, relay_id: str) -> database.Row:
    row = relays.get(tx, tenant_id, relay_id, lock=True)
    if row is None:
        raise not_found("relay")
    if row["managed"]:
        raise common.managed()
    return row


def _columns(call: Call, relay_id: str, given: RelayChangeIn) -> database.Row:
    """Return the columns that a caller gives."""
    row: database.Row = members.given(_FIELDS, given)
    if not call.principal.is_admin:
        if row.get("public_only") == 0:
            raise invalid_field("public_only", "only the admin can take it away")
        if "host" in row or "port" in row:
            row["public_only"] = 1
    if isinstance(given.limits, common.LimitsIO):
        row |= common.limit_columns(given.limits)
    if given.password is None:
        row["password"] = None
    elif isinstance(given.password, str):
        name = relays.secret_row(call.tenant_id, relay_id)
        row["password"] = call.service.secrets.seal(given.password, name)
    return row


def check(row: database.Row, policy: Policy) -> None:
    """Check what one column of a relay says about another.

    Raises:
        Problem: 422, they do not go together.
    """
    try:
        rules.check_host(row["host"])
    except rule.RuleError as error:
        raise invalid_field("host", str(error)) from None
    literal = url.address(row["host"])
    if row["public_only"] and literal is not None and not policy.permits(literal):
        raise invalid_field("host", "not a public address")
    if (row["username"] is None) != (row["password"] is None):
        raise invalid_field("password", rules.PAIR_RULE)
    if not rules.fits(row["port"], row["tls"]):
        raise invalid_field("tls", rules.PORT_RULE)
    if row["username"] is None or row["tls"] != "none" or _is_loopback(row["host"]):
        return
    raise invalid_field("tls", rules.TLS_RULE)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _out(row: database.Row) -> RelayOut:
    return RelayOut(
        **members.out(_FIELDS, row),
        id=row["id"],
        has_password=row["password"] is not None,
        limits=common.limits_out(row),
        managed=bool(row["managed"]),
        created_at=tp.cast(str, common.moment(row["created_at"])),
        updated_at=tp.cast(str, common.moment(row["updated_at"])),
    )
