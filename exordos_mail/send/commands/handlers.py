# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command log: list, export, purge."""

import typing as tp
import urllib.parse

import msgspec

from exordos_mail.send import clock, members
from exordos_mail.send.api import common
from exordos_mail.send.api.principal import ADMIN
from exordos_mail.send.api.problem import not_found
from exordos_mail.send.api.route import Access, Call, Logged, route
from exordos_mail.send.commands import records as commands


class CommandsQuery(common.PageQuery, forbid_unknown_fields=True):
    """Which commands; `since` is included, `until` is not."""

    tenant: str = ""
    actor: str = ""
    method: str = ""
    #: What the path begins with.
    path: str = ""
    since: str | None = None
    until: str | None = None


class CommandOut(msgspec.Struct):
    """A call; secrets are masked, and the content of mail is left out."""

    id: str
    at: str
    actor: str
    tenant: str | None
    method: str
    path: str
    request: msgspec.Raw
    status: int
    result: msgspec.Raw


class CommandsOut(msgspec.Struct):
    """Commands, the oldest first; `next` is `after` of the next part."""

    commands: list[CommandOut]
    next: str | None


class StepOut(msgspec.Struct):
    """A call as `exordos-mail replay` makes it again."""

    method: str
    path: str
    request: msgspec.Raw
    #: What it came to: the id in it stands for the one of the new service.
    result: msgspec.Raw


class ExportOut(msgspec.Struct):
    """What led to the present configuration; `next` is `after` of the next part."""

    commands: list[StepOut]
    next: str | None
    #: Commands from before this moment are missing, so these do not lead to the present
    #: configuration; null: none is missing.
    missing_before: str | None


class PurgeQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Seconds: what is older is removed."""

    older_than: tp.Annotated[int, msgspec.Meta(ge=0, le=2**31)]


class PurgedOut(msgspec.Struct):
    """How many commands were removed."""

    removed: int


@route("GET", "/v1/commands", Access.ADMIN)
async def page(call: Call, query: CommandsQuery) -> CommandsOut:
    """List the calls that may have changed something, the oldest first."""
    rows = await _rows(call, replayable=False)
    found = [_out(row) for row in rows]
    return CommandsOut(found, common.next_of(rows, query.limit, "id"))


@route("GET", "/v1/commands/{command}", Access.ADMIN)
async def get(call: Call) -> CommandOut:
    """Read a command."""
    row = await call.base.read(commands.get, call.path["command"])
    if row is None:
        raise not_found("command")
    return _out(row)


@route("GET", "/v1/commands/export", Access.ADMIN)
async def export(call: Call, query: CommandsQuery) -> ExportOut:
    """List those that lead an empty service to this one's configuration."""
    rows = await _rows(call, replayable=True)
    found = [
        StepOut(row.method, _path(row), _raw(_request(row)), _raw(row.result))
        for row in rows
    ]
    missing = common.moment(await call.base.read(commands.missing_before))
    after = common.next_of(rows, query.limit, "id")
    return ExportOut(found, after, missing)


@route("POST", "/v1/commands/purge", Access.ADMIN, log=Logged.ONCE)
async def purge(call: Call, query: PurgeQuery) -> PurgedOut:
    """Remove old commands."""
    before = clock.now() - query.older_than * 1000
    removed = 0
    while True:
        part = await call.base.write(commands.purge, before)
        removed += part
        if part < commands.CHUNK:
            return PurgedOut(removed)


async def _rows(call: Call, replayable: bool) -> list[commands.Recorded]:
    query: CommandsQuery = call.query
    wanted = commands.CommandFilter(
        tenant_id=query.tenant,
        actor=query.actor,
        method=query.method.upper(),
        path=query.path,
        since=common.milliseconds("since", query.since),
        until=common.milliseconds("until", query.until),
        replayable=replayable,
    )
    return await call.base.read(commands.page, query.after, query.limit, wanted)


def _out(row: commands.Recorded) -> CommandOut:
    return members.out(
        CommandOut,
        row,
        at=clock.text(row.at),
        tenant=row.tenant_id or None,
        request=_raw(row.request),
        result=_raw(row.result),
    )


def _path(row: commands.Recorded) -> str:
    """Return a path as the admin calls it: a key's calls need not name the tenant."""
    path = row.path
    _, _, query = path.partition("?")
    if row.actor == ADMIN.actor or "tenant" in urllib.parse.parse_qs(query):
        return path
    return f"{path}{'&' if query else '?'}tenant={row.tenant_id}"


def _request(row: commands.Recorded) -> str | None:
    """Return a request as the admin makes it again, with no more than a key may."""
    text = row.request
    of_relay = row.path.startswith("/v1/relays")
    if text is None or row.actor == ADMIN.actor or not of_relay:
        return text
    request = msgspec.json.decode(text)
    if "host" in request or "port" in request:
        request["public_only"] = True
    return msgspec.json.encode(request).decode()


def _raw(text: str | None) -> msgspec.Raw:
    return msgspec.Raw(b"null" if text is None else text.encode())
