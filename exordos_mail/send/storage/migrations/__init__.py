# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The schema's history: `NNNN_name.sql`, each applied once, in order."""

import collections.abc as abc
import importlib.resources
import re
import typing as tp

from exordos_mail.send.storage import database, sql

#: Which migrations the database has; made before the first one.
_TABLE = "CREATE TABLE schema_migrations (name TEXT PRIMARY KEY)"
_DONE = "SELECT name FROM schema_migrations"
#: For SQLite, and for PostgreSQL.
_NOTE = (
    "INSERT INTO schema_migrations VALUES (?)",
    "INSERT INTO schema_migrations VALUES (%s)",
)
_FILE = re.compile(r"\d{4}_\w+\.sql\Z")


class SchemaTooNew(Exception):
    """The database has a migration that this program does not know."""


def missing(done: set[str]) -> list[tuple[str, str]]:
    """Return name and text of what is not done yet, in order.

    Raises:
        SchemaTooNew: a newer program has been here.
    """
    files = sorted(
        (item.name, item)
        for item in importlib.resources.files(__package__).iterdir()
        if _FILE.match(item.name)
    )
    unknown = done - {name for name, _ in files}
    if unknown:
        raise SchemaTooNew(
            f"the database has migrations of a newer version: "
            f"{', '.join(sorted(unknown))}; run that version, or restore a backup"
        )
    return [(name, item.read_text()) for name, item in files if name not in done]


def behind(tx: database.Transaction) -> list[str]:
    """Return the names of the migrations that a database does not have.

    Raises:
        SchemaTooNew: a newer program has been here.
    """
    done = {row["name"] for row in tx.rows(sql.statement(_DONE))}
    return [name for name, _ in missing(done)]


def bring(
    execute: abc.Callable[..., tp.Iterable[tp.Any]], known: bool, postgresql: bool
) -> None:
    """Bring the schema up to date, in a transaction of the caller's.

    Args:
        execute: runs a statement with its parameters.
        known: whether there is a table of migrations.

    Raises:
        SchemaTooNew: a newer program has been here.
    """
    if not known:
        execute(_TABLE)
    for name, text in missing({row["name"] for row in execute(_DONE)}):
        for statement in statements(sql.script(text, postgresql)):
            execute(statement)
        execute(_NOTE[postgresql], (name,))


def statements(text: str) -> abc.Iterator[str]:
    """Yield the statements of a migration, without its comments.

    A migration has no semicolon but at the end of a statement.
    """
    lines = [line.partition("--")[0].rstrip() for line in text.splitlines()]
    for part in "\n".join(lines).split(";"):
        if part.strip():
            yield part.strip()
