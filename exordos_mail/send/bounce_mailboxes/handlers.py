# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bounce mailboxes of a tenant."""

import typing as tp

import msgspec

from exordos_mail.schema import bounce_mailbox as schema
from exordos_mail.schema import limits
from exordos_mail.send import clock, members
from exordos_mail.send.api import common
from exordos_mail.send.api.problem import conflict, not_found
from exordos_mail.send.api.route import Access, Call, Logged, route
from exordos_mail.send.bounce_mailboxes import polls, records, writing
from exordos_mail.send.bounce_mailboxes.fault import Fault
from exordos_mail.send.storage import database, secrets_keys
from exordos_mail.send.tenants import records as tenants

_Changes: tp.Any = members.changes(schema.FIELDS)
_Shown: tp.Any = members.shown(schema.FIELDS)


class BounceMailboxChangeIn(
    _Changes, msgspec.Struct, forbid_unknown_fields=True, kw_only=True
):
    """What to change; absent: nothing; null: take it away."""


class BounceMailboxIn(BounceMailboxChangeIn, kw_only=True):
    """A new bounce mailbox."""

    id: common.Id
    host: members.Host
    username: members.Credential
    password: members.Credential


class BounceMailboxOut(_Shown, msgspec.Struct, kw_only=True):
    """A bounce mailbox without its password, and how far it is read."""

    #: waiting: not read yet; active; failing; off.
    state: str
    #: A poll is under way.
    reading: bool
    has_password: bool
    #: When the last poll began, when one last went well, and when the next one is.
    attempted_at: str | None
    polled_at: str | None
    next_poll_at: str | None
    failures: int
    last_error: str | None
    bounces: int
    complaints: int
    others: int
    unread: int
    events: int
    created_at: str
    updated_at: str


class BounceMailboxesOut(msgspec.Struct):
    """Mailboxes in the order of their ids; `next` is `after` of the next part."""

    bounce_mailboxes: list[BounceMailboxOut]
    next: str | None


class MailboxTestOut(msgspec.Struct):
    """What a test has found."""

    #: The mailbox can be read, and mail be moved or deleted as it is set.
    works: bool
    #: Why not.
    reason: str | None
    #: Mails in the folder.
    messages: int | None


@route("POST", "/v1/bounce-mailboxes", Access.MANAGE, 201)
async def add(call: Call, given: BounceMailboxIn) -> BounceMailboxOut:
    """Make a bounce mailbox; it is read at once."""
    columns = writing.of_new(writing.columns(call, given.id, given))
    row = records.BounceMailboxRow(tenant_id=call.tenant_id, id=given.id, **columns)
    writing.check(row, call.service.policy)

    def unit(tx: database.Transaction) -> BounceMailboxOut:
        secrets_keys.check(tx, call.service.secrets)
        if tenants.get(tx, call.tenant_id, lock=True) is None:
            raise not_found("tenant")
        most = limits.BOUNCE_MAILBOXES_MAX
        if records.count(tx, call.tenant_id) >= most:
            raise conflict("too_many", f"a tenant has at most {most} bounce mailboxes")
        now = clock.now()
        records.add(tx, row, now)
        polls.add(tx, call.tenant_id, given.id, now)
        return _shown(tx, call.tenant_id, given.id)

    try:
        made = await call.base.write(unit)
    except database.Conflict:
        raise conflict("exists", "there is a bounce mailbox of this id") from None
    call.service.mailboxes.asked(call.tenant_id, given.id)
    return made


@route("GET", "/v1/bounce-mailboxes", Access.READ)
async def page(call: Call, query: common.PageQuery) -> BounceMailboxesOut:
    """List bounce mailboxes."""
    rows, following = await common.part(records.page, call, query, "id")
    return BounceMailboxesOut([_out(row) for row in rows], following)


@route("GET", "/v1/bounce-mailboxes/{mailbox}", Access.READ)
async def get(call: Call) -> BounceMailboxOut:
    """Read a bounce mailbox."""
    return await call.base.read(_shown, call.tenant_id, call.path["mailbox"])


@route("PATCH", "/v1/bounce-mailboxes/{mailbox}", Access.MANAGE)
async def change(call: Call, given: BounceMailboxChangeIn) -> BounceMailboxOut:
    """Change a bounce mailbox; it is read at once."""
    mailbox_id = call.path["mailbox"]
    columns = writing.columns(call, mailbox_id, given)

    def unit(tx: database.Transaction) -> BounceMailboxOut:
        secrets_keys.check(tx, call.service.secrets)
        before = _existing(tx, call.tenant_id, mailbox_id, lock=True)
        row = msgspec.structs.replace(before, **columns)
        writing.check(row, call.service.policy)
        writing.check_password(before, row)
        now = clock.now()
        records.change(tx, row, now)
        is_other = writing.place(before) != writing.place(row)
        polls.changed(tx, call.tenant_id, mailbox_id, is_other, now)
        return _shown(tx, call.tenant_id, mailbox_id)

    found = await call.base.write(unit)
    call.service.mailboxes.changed(call.tenant_id, mailbox_id)
    return found


@route("DELETE", "/v1/bounce-mailboxes/{mailbox}", Access.MANAGE)
async def remove(call: Call) -> None:
    """Remove a bounce mailbox; the mail in it stays."""
    mailbox_id = call.path["mailbox"]

    def unit(tx: database.Transaction) -> None:
        # First the row that a poll locks first.
        polls.changed(tx, call.tenant_id, mailbox_id, False, clock.now())
        if not records.remove(tx, call.tenant_id, mailbox_id):
            raise not_found("bounce mailbox")

    await call.base.write(unit)
    call.service.mailboxes.changed(call.tenant_id, mailbox_id)


@route("POST", "/v1/bounce-mailboxes/{mailbox}/poll", Access.MANAGE, log=Logged.ONCE)
async def poll(call: Call) -> BounceMailboxOut:
    """Read a bounce mailbox now, also one that has failed."""
    mailbox_id = call.path["mailbox"]

    def unit(tx: database.Transaction) -> BounceMailboxOut:
        if not _existing(tx, call.tenant_id, mailbox_id).active:
            raise conflict("off", "the bounce mailbox is not active: make it so first")
        polls.asked(tx, call.tenant_id, mailbox_id, clock.now())
        return _shown(tx, call.tenant_id, mailbox_id)

    found = await call.base.write(unit)
    call.service.mailboxes.asked(call.tenant_id, mailbox_id)
    return found


@route("POST", "/v1/bounce-mailboxes/{mailbox}/test", Access.MANAGE, log=Logged.ONCE)
async def test(call: Call) -> MailboxTestOut:
    """Log in, open the folder and count its mails; nothing is changed."""
    row = await call.base.read(_existing, call.tenant_id, call.path["mailbox"])
    try:
        opened = await call.service.mailboxes.test(row)
    except Fault as fault:
        return MailboxTestOut(False, str(fault), None)
    return MailboxTestOut(True, None, opened.messages)


def _existing(
    tx: database.Transaction, tenant_id: str, mailbox_id: str, lock: bool = False
) -> records.BounceMailboxRow:
    row = records.get(tx, tenant_id, mailbox_id, lock=lock)
    if row is None:
        raise not_found("bounce mailbox")
    return row


def _shown(
    tx: database.Transaction, tenant_id: str, mailbox_id: str
) -> BounceMailboxOut:
    row = records.shown(tx, tenant_id, mailbox_id)
    if row is None:
        raise not_found("bounce mailbox")
    return _out(row)


def _out(row: records.ShownRow) -> BounceMailboxOut:
    return members.out(
        BounceMailboxOut,
        row,
        state=_state(row),
        reading=row.poll_id is not None,
        has_password=row.password is not None,
        next_poll_at=common.moment(row.due_at) if row.active else None,
    )


def _state(row: records.ShownRow) -> str:
    if not row.active:
        return "off"
    if row.failures:
        return "failing"
    return "waiting" if row.polled_at is None else "active"
