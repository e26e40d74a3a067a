# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A file of a state (writing.py) into an empty service."""

import collections.abc as abc
import hashlib
import itertools
import json
import pathlib
import typing as tp

from exordos_mail.send import clock, vault
from exordos_mail.send.commands import records as commands
from exordos_mail.send.offline import hpke, tables, writing
from exordos_mail.send.offline.tables import Table
from exordos_mail.send.relays import records as relays
from exordos_mail.send.storage import database, migrations, sql
from exordos_mail.send.tenants import records as tenants

#: Rows that are written with one order.
_BATCH = 200
_NAMED = {table.name: table for table in tables.TABLES}
_TENANTS = sql.statement("SELECT id, created_at, updated_at FROM tenants LIMIT 10")
_COUNT = "SELECT count(*) AS count FROM {}"
#: Tables in which a service that was only started has nothing.
_EMPTY = ("workers", "messages", "api_keys", "events", "suppressions", "storages")
_COLUMNS = sql.Statement(
    sqlite="SELECT name FROM pragma_table_info(:table)",
    postgresql="SELECT column_name AS name FROM information_schema.columns"
    " WHERE table_schema = current_schema() AND table_name = %(table)s",
)
_FIRST = "default"


class CannotImport(ValueError):
    """The file, or the service, is not one to import; the text says why."""


class StateHead(tp.NamedTuple):
    """What a file says of itself."""

    sealed_to: str | None
    rows: int


def check(path: pathlib.Path) -> StateHead:
    """Return what a whole file says of itself.

    Raises:
        CannotImport: it is no such file, not whole, changed, or of a newer version.
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    head: dict[str, tp.Any] | None = None
    last, count = b"", -1
    with path.open("rb") as file:
        for line in file:
            if head is None:
                head = _head(line)
            digest.update(last)
            last, count = line, count + 1
    if head is None:
        raise CannotImport(f"{path} is empty")
    end = _decoded(last)
    if end != {"rows": count - 1, "sha256": digest.hexdigest()}:
        raise CannotImport(
            f"{path} is not whole, or was changed: export the state again"
        )
    return StateHead(head.get("sealed_to"), count - 1)


def read(
    tx: database.Transaction,
    path: pathlib.Path,
    secrets: vault.Vault,
    private: str | None,
) -> dict[str, int]:
    """Write what is in a checked file; return how many rows of each table.

    Args:
        private: what opens the secrets of the file; None: it has none.

    Raises:
        CannotImport: the service is not empty, or a row is not one.
    """
    _make_room(tx)
    # The log of this service does not tell how it came to what is imported.
    commands.note_missing(tx, clock.now())
    counts: dict[str, int] = {}
    rows = _rows(path, secrets, private)
    for table, group in itertools.groupby(rows, lambda found: found[0]):
        counts[table.name] = _write(tx, table, (row for _, row in group))
    return counts


def _head(line: bytes) -> dict[str, tp.Any]:
    found = _decoded(line)
    if found.get("format") != writing.FORMAT:
        raise CannotImport("the file is no state of exordos-mail-send")
    ours = {name for name, _ in migrations.missing(set())}
    if found.get("version") != writing.VERSION or not ours.issuperset(
        found.get("schema", ())
    ):
        raise CannotImport("the file is of a newer version: import it with that one")
    return found


def _decoded(line: bytes) -> dict[str, tp.Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _make_room(tx: database.Transaction) -> None:
    """Remove what the first start of a service has made.

    Raises:
        CannotImport: there is more.
    """
    there = {name: tx.row(_count(name)) for name in _EMPTY}
    full = [name for name, row in there.items() if row and row["count"]]
    if "workers" in full:
        raise CannotImport("a process works on this database: stop it first")
    found = tx.rows(_TENANTS)
    used = [row["id"] for row in found if not _is_new(tx, row)]
    if full or used:
        raise CannotImport(
            "the service has something of its own (tenants"
            f" {', '.join(row['id'] for row in found)}): import into an empty one"
        )
    for row in found:
        tenants.remove(tx, row["id"])


def _is_new(tx: database.Transaction, row: database.Row) -> bool:
    """Tell whether a tenant is as the first start makes it."""
    here = relays.page(tx, row["id"], "", 2)
    return (
        row["id"] == _FIRST
        and row["created_at"] == row["updated_at"]
        and [one.id for one in here] == [_FIRST]
        # The option `--smtp` may have changed it.
        and here[0].username is None
        and here[0].tls == "none"
    )


def _count(name: str) -> sql.Statement:
    return sql.statement(_COUNT.format(name))


def _rows(
    path: pathlib.Path, secrets: vault.Vault, private: str | None
) -> abc.Iterator[tuple[Table, database.Row]]:
    """Yield table and columns of each row of a file."""
    with path.open("rb") as file:
        for line in itertools.islice(file, 1, None):
            found = _decoded(line)
            if "sha256" in found:
                return
            table, row = _NAMED.get(found.get("table", "")), found.get("row")
            if table is None or not isinstance(row, dict):
                raise CannotImport(
                    "the file has a line that is no row of a known table"
                )
            for column, value in row.items():
                if isinstance(value, dict):
                    row[column] = _opened(table, row, column, secrets, private)
            yield table, row


def _opened(
    table: Table,
    row: database.Row,
    column: str,
    secrets: vault.Vault,
    private: str | None,
) -> bytes:
    where = writing.binding(table, row, column)
    try:
        plain = hpke.open_(str(row[column].get("sealed")), where, private or "")
    except hpke.OtherPrivateKey:
        raise CannotImport(f"{where} does not open with this private key") from None
    if table.secret is None:
        return plain
    name = table.secret.row(*(row[part] for part in table.secret.key))
    return secrets.seal(plain.decode(), name)


def _write(
    tx: database.Transaction, table: Table, rows: abc.Iterator[database.Row]
) -> int:
    count = 0
    known = _columns(tx, table)
    while batch := list(itertools.islice(rows, _BATCH)):
        for columns, group in itertools.groupby(batch, lambda row: tuple(sorted(row))):
            if not set(columns) <= known:
                raise CannotImport(
                    f"the file has other columns of {table.name} than we know"
                )
            marks = ", ".join("?" * len(columns))
            statement = sql.statement(
                f"INSERT INTO {table.name} ({', '.join(columns)})"  # noqa: S608
                f" VALUES ({marks})"
            )
            tx.run_many(statement, [[row[name] for name in columns] for row in group])
        count += len(batch)
    return count


def _columns(tx: database.Transaction, table: Table) -> set[str]:
    return {row["name"] for row in tx.rows(_COLUMNS, table=table.name)}
