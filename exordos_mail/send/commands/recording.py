# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Recording: every call that may change something goes into the command log.

The row is written in the transaction of the call's first change, with the
status that the route has when all goes well.  A call that ends in another way
has its row corrected, or written if nothing was changed.
"""

import collections.abc as abc
import dataclasses
import typing as tp

import msgspec
from starlette.requests import Request

from exordos_mail.send import clock, ids
from exordos_mail.send.api import paths
from exordos_mail.send.api.problem import Problem
from exordos_mail.send.api.route import Call, Logged, Route
from exordos_mail.send.commands import masking, summary
from exordos_mail.send.commands import records as commands
from exordos_mail.send.storage import database

#: Bytes of a masked request that are kept; what is larger is not played again.
_REQUEST_MAX = 1024 * 1024
_NOT_UNDERSTOOD = (400, 422)

T = tp.TypeVar("T")
_encode = msgspec.json.Encoder().encode


class Recorder(database.Units):
    """Units of work of one call, with its row in the log."""

    def __init__(
        self, base: database.Units, command: commands.Command, status: int
    ) -> None:
        """Make it.

        Args:
            status: of the answer when all goes well.
        """
        self._base = base
        self._command = command
        self._status = status
        self._written = False

    @property
    def id(self) -> str:
        """Return the id that the call has in the log."""
        return self._command.id

    async def run(
        self, kind: database.Kind, unit: tp.Callable[[database.Transaction], T]
    ) -> T:
        """Run a unit; the first one that changes something takes the row along."""
        if self._written or kind != "write":
            return await self._base.run(kind, unit)

        def recorded(tx: database.Transaction) -> T:
            found = unit(tx)
            commands.add(tx, self._command, self._status, _json(summary.of(found)))
            return found

        found = await self._base.run(kind, recorded)
        self._written = True
        return found

    async def succeeded(self) -> None:
        """Write the row if there was no change to take it along."""
        if not self._written:
            await self._base.write(commands.add, self._command, self._status, "{}")

    async def failed(self, problem: Problem) -> None:
        """Write down the problem that the call has ended with."""
        # A body that was not understood may have its secrets anywhere.
        command = self._command
        if problem.status in _NOT_UNDERSTOOD:
            command = dataclasses.replace(command, request=None)
        fields = [error.field for error in problem.errors]
        found = {"code": problem.code} | ({"fields": fields} if fields else {})
        how = commands.correct if self._written else commands.add
        await self._base.write(how, command, problem.status, _json(found))


def recorder(call: Call, row: Route, request: Request) -> Recorder:
    """Return the recorder of a call whose body is not decoded yet."""
    now = clock.now()
    raw = bytes(request.scope["raw_path"]).partition(b"?")[0]
    path = paths.written(raw.decode("ascii", "replace"))
    if query := request.scope["query_string"].decode(errors="replace"):
        path += f"?{masking.mask_query(query)}"
    command = commands.Command(
        id=ids.generator.one(now),
        at=now,
        actor=call.principal.actor,
        tenant_id=call.tenant_id,
        method=row.method,
        path=path,
        replayable=row.logged is Logged.REPLAYABLE,
        request=None if row.decodes or call.body is None else _request(call.body),
    )
    return Recorder(call.service.base, command, row.status)


def record(call: Call, found: Recorder) -> None:
    """Let the call's units of work be recorded."""
    call.id = found.id
    call.service = dataclasses.replace(call.service, base=found)


def _request(body: bytes) -> str | None:
    try:
        text = _json(masking.mask(msgspec.json.decode(body)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return text if len(text) <= _REQUEST_MAX else None


def _json(found: abc.Mapping[str, tp.Any]) -> str:
    return _encode(found).decode()
