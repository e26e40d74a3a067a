# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Commands: the calls that may have changed something."""

import dataclasses
import typing as tp

import msgspec

from exordos_mail.send import ids
from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import typed

_ADD = sql.statement("""
INSERT INTO commands (
    id, at, actor, tenant_id, method, path, replayable, request, status, result
) VALUES (
    :id, :at, :actor, :tenant_id, :method, :path, :replayable, :request, :status,
    :result
)
""")
_CORRECT = sql.statement(
    "UPDATE commands SET status = :status, result = :result WHERE id = :id"
)
_GET = sql.statement("SELECT * FROM commands WHERE id = :id")
# Ids are in the order of time: the range of one is the range of the other.
_PAGE = sql.statement("""
SELECT * FROM commands
WHERE id > :after AND id >= :first AND id < :end
  AND (:tenant_id = '' OR tenant_id = :tenant_id)
  AND (:actor = '' OR actor = :actor)
  AND (:method = '' OR method = :method)
  AND (:path = '' OR substr(path, 1, length(:path)) = :path)
  AND (:replayable = 0 OR (replayable = 1 AND status < 300))
ORDER BY id LIMIT :limit
""")
_PURGE = sql.statement("""
DELETE FROM commands
WHERE id IN (SELECT id FROM commands WHERE id < :end ORDER BY id LIMIT :limit)
RETURNING replayable, status
""")
_NOTE = sql.statement("""
INSERT INTO purged_commands (only_one, before) VALUES (1, :before)
ON CONFLICT (only_one) DO UPDATE SET before = :before
WHERE purged_commands.before < :before
""")
_NOTED = sql.statement("SELECT before FROM purged_commands")
#: Rows that one transaction removes, so that others get a turn.
CHUNK = 1000
#: Above every id.
_END = "g"


class CommandFilter(tp.NamedTuple):
    """Which commands are wanted; empty: any."""

    tenant_id: str = ""
    actor: str = ""
    method: str = ""
    #: What the path begins with.
    path: str = ""
    #: Moments in milliseconds since 1970: from this one on, and before that one.
    since: int | None = None
    until: int | None = None
    #: Only those that changed something and can be played again.
    replayable: bool = False


@dataclasses.dataclass(frozen=True)
class Command:
    """A call, before it has a result."""

    id: str
    at: int
    actor: str
    tenant_id: str
    method: str
    path: str
    replayable: bool
    #: JSON, masked.
    request: str | None


class Recorded(msgspec.Struct, frozen=True):
    """A call with its result; `request` and `result` are JSON."""

    id: str
    at: int
    actor: str
    tenant_id: str
    method: str
    path: str
    replayable: bool
    request: str | None
    status: int
    result: str | None


def add(tx: database.Transaction, command: Command, status: int, result: str) -> None:
    """Write a call with its result, a JSON object."""
    columns = vars(command) | {"replayable": int(command.replayable)}
    tx.run(_ADD, status=status, result=result, **columns)


def correct(
    tx: database.Transaction, command: Command, status: int, result: str
) -> None:
    """Replace the result that was expected by the one there was."""
    tx.run(_CORRECT, id=command.id, status=status, result=result)


def get(tx: database.Transaction, command_id: str) -> Recorded | None:
    """Return one command."""
    found = typed(Recorded, tx.rows(_GET, id=command_id))
    return found[0] if found else None


def page(
    tx: database.Transaction, after: str, limit: int, wanted: CommandFilter
) -> list[Recorded]:
    """Return commands in the order of the calls, from after the id `after`."""
    rows = tx.rows(
        _PAGE,
        after=after,
        limit=limit,
        first="" if wanted.since is None else ids.floor(wanted.since),
        end=_END if wanted.until is None else ids.floor(wanted.until),
        tenant_id=wanted.tenant_id,
        actor=wanted.actor,
        method=wanted.method,
        path=wanted.path,
        replayable=int(wanted.replayable),
    )
    return typed(Recorded, rows)


def purge(tx: database.Transaction, before: int) -> int:
    """Remove a part of what is older than a moment; return how many.

    Args:
        before: milliseconds since 1970.
    """
    rows = tx.rows(_PURGE, end=ids.floor(before), limit=CHUNK)
    if any(row["replayable"] and row["status"] < 300 for row in rows):
        note_missing(tx, before)
    return len(rows)


def note_missing(tx: database.Transaction, before: int) -> None:
    """Note that commands from before a moment, in milliseconds, cannot be replayed."""
    tx.run(_NOTE, before=before)


def missing_before(tx: database.Transaction) -> int | None:
    """Return the moment before which commands are missing; None: none are."""
    row = tx.row(_NOTED)
    return None if row is None else int(row["before"])
