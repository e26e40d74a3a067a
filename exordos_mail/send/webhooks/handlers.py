# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A tenant's webhook: where it stands, replay, test, switching it off and on."""

import typing as tp

import msgspec

from exordos_mail.send import callback_auth, clock, ids, members
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import (
    Problem,
    conflict,
    invalid_field,
    not_found,
)
from exordos_mail.send.api.route import Access, Call, Logged, route
from exordos_mail.send.storage import database, secrets_keys
from exordos_mail.send.tenants import records as tenants
from exordos_mail.send.tenants.handlers import (
    CallbackChangeIn,
    callback_columns,
    own_tenant,
)
from exordos_mail.send.webhooks import operations
from exordos_mail.send.webhooks.answer import Kind
from exordos_mail.send.webhooks.batch import Trial

_Seq = tp.Annotated[int, msgspec.Meta(ge=1, le=2**62)]


class WebhookOut(msgspec.Struct):
    """Where events go, and how far the receiver has come."""

    url: str | None
    #: active, failing, paused, disabled; none: the tenant has no callback_url.
    state: str
    #: Numbers of the last event that the receiver has taken, and of the last one.
    cursor: int
    last: int
    #: The lag: events that wait, and seconds since the first of them.
    waiting: int
    lag_seconds: float
    #: Attempts that failed in a row, and why the last one did.
    failures: int
    last_error: str | None
    next_attempt_at: str | None
    delivered_at: str | None
    disabled_at: str | None
    #: gone: the receiver answered 410; failing: no success for days; asked: by API.
    disabled_reason: str | None


class RotateQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Seconds for which the former secret signs beside the new one."""

    overlap: tp.Annotated[int, msgspec.Meta(ge=0, le=30 * 86400)] = 86400


class SecretOut(msgspec.Struct):
    """A new secret; it is shown here and never again."""

    secret: str
    #: Until when the former one signs too.
    former_until: str


class TestOut(msgspec.Struct):
    """What a receiver made of a test."""

    #: It answered 2xx.
    taken: bool
    #: Why it was not taken.
    reason: str | None


class ReplayIn(msgspec.Struct, forbid_unknown_fields=True):
    """Where to begin again; exactly one of the two."""

    #: Number of the first event to send; above the cursor, it leaves events out.
    from_seq: _Seq | None = None
    #: A moment.
    from_time: str | float | None = None


@route("GET", "/v1/webhook", Access.READ)
async def get(call: Call) -> WebhookOut:
    """Get the webhook's status."""
    return _answer(await call.base.read(operations.status, call.tenant_id))


@route("PATCH", "/v1/webhook", Access.MANAGE)
async def change(call: Call, given: CallbackChangeIn) -> WebhookOut:
    """Change where events go, and how the receiver knows them."""

    def unit(tx: database.Transaction) -> operations.Status | None:
        secrets_keys.check(tx, call.service.secrets)
        row = own_tenant(tx, call.tenant_id, lock=True)
        columns = callback_columns(call.service, row, given)
        tenants.change(tx, msgspec.structs.replace(row, **columns), clock.now())
        return operations.status(tx, call.tenant_id)

    return _answer(await call.base.write(unit))


@route("POST", "/v1/webhook/rotate", Access.MANAGE, log=Logged.ONCE)
async def rotate(call: Call, query: RotateQuery) -> SecretOut:
    """Make a new secret for signatures; it is shown once."""
    now = clock.now()
    until = now + query.overlap * 1000
    secret = callback_auth.new_secret()
    secrets = call.service.secrets

    def unit(tx: database.Transaction) -> None:
        secrets_keys.check(tx, secrets)
        row = own_tenant(tx, call.tenant_id, lock=True)
        if row.callback_auth != "signature":
            raise conflict(
                "not_signed", "the webhook has no secret: its auth is no signature"
            )
        held = callback_auth.unseal(secrets, call.tenant_id, row.callback_secret)
        new = callback_auth.rotated(held, secret, until)
        sealed = callback_auth.seal_held(secrets, call.tenant_id, new)
        tenants.change(tx, msgspec.structs.replace(row, callback_secret=sealed), now)

    try:
        await call.base.write(unit)
    except callback_auth.UnusableAuth as error:
        raise conflict("unreadable", str(error)) from None
    return SecretOut(secret, clock.text(until))


@route("POST", "/v1/webhook/replay", Access.MANAGE, log=Logged.ONCE)
async def replay(call: Call, given: ReplayIn) -> WebhookOut:
    """Replay events from a sequence number or time."""
    if (given.from_seq is None) == (given.from_time is None):
        raise invalid_field("from_seq", "give one of from_seq and from_time")
    moment = common.milliseconds("from_time", given.from_time)
    write = call.base.write
    try:
        if moment is not None:
            found = await write(operations.replay_since, call.tenant_id, moment)
        else:
            seq = tp.cast(int, given.from_seq)
            found = await write(operations.replay, call.tenant_id, seq)
    except operations.OutOfRange as error:
        raise invalid_field("from_seq", f"the last event is {error}") from None
    return _answer(found)


@route("POST", "/v1/webhook/resume", Access.MANAGE, log=Logged.ONCE)
async def resume(call: Call) -> WebhookOut:
    """Switch the webhook on again, or end a pause."""
    return _answer(await call.base.write(operations.resume, call.tenant_id))


@route("POST", "/v1/webhook/disable", Access.MANAGE, log=Logged.ONCE)
async def disable(call: Call) -> WebhookOut:
    """Switch the webhook off."""

    def unit(tx: database.Transaction) -> operations.Status | None:
        found = operations.disable(tx, call.tenant_id, clock.now())
        if found is not None and found.url is None:
            raise _none()
        return found

    return _answer(await call.base.write(unit))


@route("POST", "/v1/webhook/test", Access.MANAGE, log=Logged.ONCE)
async def test(call: Call) -> TestOut:
    """Send the receiver a request without events, and tell what it answers."""
    row = await call.base.read(tenants.get, call.tenant_id)
    if row is None:
        raise not_found("tenant")
    if row.callback_url is None:
        raise _none()
    now = clock.now()
    verdict = await call.service.webhooks.test(
        Trial(
            tenant_id=call.tenant_id,
            id=ids.generator.one(now),
            at=now,
            url=row.callback_url,
            secret=row.callback_secret,
        )
    )
    return TestOut(verdict.kind is Kind.TAKEN, verdict.reason or None)


def _none() -> Problem:
    return conflict("no_webhook", "the tenant has no callback_url")


def _answer(found: operations.Status | None) -> WebhookOut:
    if found is None:
        raise not_found("tenant")
    now = clock.now()
    return members.out(
        WebhookOut,
        found,
        state=_state(found, now),
        lag_seconds=found.age(now) / 1000,
        next_attempt_at=common.moment(found.due_at if found.due_at > now else None),
    )


def _state(found: operations.Status, now: int) -> str:
    if found.url is None:
        return "none"
    if found.disabled_at is not None:
        return "disabled"
    if found.failures:
        return "failing"
    return "paused" if found.due_at > now else "active"
