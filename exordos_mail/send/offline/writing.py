# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The state of a service as a file: one JSON object on each line.

The first line says what the file is, the last one how many rows there are and the
SHA-256 of all before it, so that a part is not taken for the whole. Between them each
line is a row: `{"table": …, "row": {column: value}}`. Bytes are `{"sealed": …}`
(hpke.py).
"""

import collections.abc as abc
import hashlib
import json
import typing as tp

from exordos_mail.send import clock, vault
from exordos_mail.send.offline import hpke, tables
from exordos_mail.send.offline.tables import Table
from exordos_mail.send.storage import database, migrations, sealed, sql

FORMAT, VERSION = "exordos-mail-send state", 1
# One state of the database for all that is read; SQLite has no other.
_SNAPSHOT = sql.Statement(
    sqlite="SELECT 1",
    postgresql="SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
)
_WORKERS = sql.statement("SELECT count(*) AS count FROM workers")


class CannotExport(Exception):
    """A secret does not open with the key of this machine; the text says which."""


class ExportOptions(tp.NamedTuple):
    """What is exported."""

    #: Public key that secrets and mail are sealed to; None: without them.
    public: str | None
    #: Messages that wait, with their content, and events that nobody has had.
    mail: bool


class Report(tp.NamedTuple):
    """What was exported."""

    #: How many rows of each table.
    rows: dict[str, int]
    #: What was left out, for people.
    left_out: list[str]
    #: Processes that work on the database, or were killed.
    workers: int


def write(
    tx: database.Transaction,
    out: tp.Callable[[str], object],
    secrets: vault.Vault,
    wanted: ExportOptions,
) -> Report:
    """Write the state as lines.

    Raises:
        CannotExport: a secret cannot be exported.
    """
    tx.run(_SNAPSHOT)
    digest = hashlib.sha256()
    report = Report({}, [], int((tx.row(_WORKERS) or {})["count"]))

    def line(found: abc.Mapping[str, object]) -> None:
        text = json.dumps(found, ensure_ascii=False) + "\n"
        digest.update(text.encode())
        out(text)

    line(_head(wanted))
    for table in tables.TABLES:
        if table.mail and not wanted.mail:
            continue
        for row in table.rows(tx):
            found = _row(table, row, secrets, wanted, report.left_out)
            if found is not None:
                report.rows[table.name] = report.rows.get(table.name, 0) + 1
                line({"table": table.name, "row": found})
    end = {"rows": sum(report.rows.values()), "sha256": digest.hexdigest()}
    out(json.dumps(end) + "\n")
    return report


def _head(wanted: ExportOptions) -> dict[str, object]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": clock.text(clock.now()),
        "schema": [name for name, _ in migrations.missing(set())],
        "sealed_to": wanted.public,
        "mail": wanted.mail,
    }


def binding(table: Table, row: database.Row, column: str) -> str:
    """Return what a sealed value of a row is bound to."""
    return "/".join((table.name, *(str(row[part]) for part in table.key), column))


def _row(
    table: Table,
    row: database.Row,
    secrets: vault.Vault,
    wanted: ExportOptions,
    left_out: list[str],
) -> dict[str, object] | None:
    """Return a row as the file has it; None: it makes no sense without its secret."""
    found = tables.portable(table, row, wanted.mail)
    column = table.secret.name if table.secret else table.content
    if not column or found[column] is None:
        return found
    where = binding(table, row, column)
    if wanted.public is None:
        left_out.append(where)
        return _without_secret(table, found)
    plain = bytes(found[column])
    if table.secret is not None:
        plain = _opened(table, row, secrets, where)
    return {**found, column: {"sealed": hpke.seal(plain, where, wanted.public)}}


def _opened(table: Table, row: database.Row, secrets: vault.Vault, where: str) -> bytes:
    column = tp.cast("sealed.Column", table.secret)
    name = column.row(*(row[part] for part in column.key))
    try:
        return secrets.open(bytes(row[column.name]), name).encode()
    except vault.WrongKey:
        raise CannotExport(
            f"{where} does not open with the key of this machine: set it anew, or"
            " export without secrets"
        ) from None


def _without_secret(table: Table, row: database.Row) -> database.Row | None:
    """Return a row that holds its rules without its secret."""
    if table.name == "relays":
        return {**row, "username": None, "password": None}
    if table.name == "bounce_mailboxes":
        return {**row, "password": None}
    if table.name == "tenants":
        return {**row, "callback_auth": "none", "callback_secret": None}
    return None
