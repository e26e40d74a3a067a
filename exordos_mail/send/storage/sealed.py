# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Every secret in the database, whichever table keeps it."""

import collections.abc as abc
import dataclasses
import typing as tp

from exordos_mail.send import vault
from exordos_mail.send.storage import database, sql


@dataclasses.dataclass(frozen=True)
class Column:
    """A column that keeps secrets as the vault writes them."""

    table: str
    name: str
    #: Columns of the primary key.
    key: tuple[str, ...]
    #: What the vault calls such rows (vault.row_name).
    kind: str

    def row(self, *key: str) -> str:
        """Return the name of a row for the vault."""
        return vault.row_name(self.kind, *key)

    @property
    def rows(self) -> sql.Statement:
        """Return the statement that reads key and secret of each row."""
        columns = ", ".join((*self.key, self.name))
        order = ", ".join(self.key)
        return sql.statement(
            f"SELECT {columns} FROM {self.table}"  # noqa: S608 names of ours
            f" WHERE {self.name} IS NOT NULL ORDER BY {order}"
        )

    @property
    def change(self) -> sql.Statement:
        """Return the statement that writes the secret of a row, by position."""
        where = " AND ".join(f"{part} = ?" for part in self.key)
        return sql.statement(
            f"UPDATE {self.table} SET {self.name} = ? WHERE {where}"  # noqa: S608
        )


COLUMNS = (
    Column("tenants", "callback_secret", ("id",), "callback"),
    Column("relays", "password", ("tenant_id", "id"), "relay"),
    Column("storages", "config", ("tenant_id", "name"), "storage"),
    Column("bounce_mailboxes", "password", ("tenant_id", "id"), "bounce_mailbox"),
    Column("link_keys", "secret", ("id",), "link_key"),
)


class Unreadable(tp.NamedTuple):
    """A secret that no key of the vault opens."""

    column: Column
    key: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.column.table} {'/'.join(self.key)}: {self.column.name}"


def unreadable(
    tx: database.Transaction, secrets: vault.Vault
) -> abc.Iterator[Unreadable]:
    """Yield what the vault does not open."""
    for column in COLUMNS:
        for key, stored in _each(tx, column):
            if _opened(secrets, stored, column.row(*key)) is None:
                yield Unreadable(column, key)


def reseal(tx: database.Transaction, secrets: vault.Vault) -> int:
    """Seal every secret with the vault's first key; return how many.

    What does not open stays as it is.
    """
    count = 0
    for column in COLUMNS:
        changed = [
            (secrets.seal(plain, column.row(*key)), *key)
            for key, stored in _each(tx, column)
            if (plain := _opened(secrets, stored, column.row(*key))) is not None
        ]
        tx.run_many(column.change, changed)
        count += len(changed)
    return count


def _each(
    tx: database.Transaction, column: Column
) -> list[tuple[tuple[str, ...], bytes]]:
    return [
        (tuple(row[part] for part in column.key), bytes(row[column.name]))
        for row in tx.rows(column.rows)
    ]


def _opened(secrets: vault.Vault, stored: bytes, row: str) -> str | None:
    try:
        return secrets.open(stored, row)
    except vault.WrongKey:
        return None
