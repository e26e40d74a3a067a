# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tables with typed rows: the statements that every noun needs."""

import collections.abc as abc
import typing as tp

import msgspec

from exordos_mail.send.storage import database, sql

R = tp.TypeVar("R", bound=msgspec.Struct)


def typed(row: type[R], found: abc.Iterable[database.Row]) -> list[R]:
    """Return rows as a type has them; its flags are numbers in SQLite."""
    return msgspec.convert(list(found), list[row], strict=False)  # type: ignore[valid-type]


class RowTable(tp.Generic[R]):
    """A table of a primary key."""

    def __init__(self, name: str, row: type[R], *key: str) -> None:
        """Make its statements.

        Args:
            row: its members are the columns.
            key: columns of the primary key; the last one is that of a list's order.
        """
        self._row, self._key = row, key
        columns = row.__struct_fields__
        where = " AND ".join(f"{one} = :{one}" for one in key)
        which = " AND ".join(f"{one} = :{one}" for one in key[:-1]) or "1 = 1"
        kept = [one for one in columns if one not in (*key, "created_at")]
        changes = ", ".join(f"{one} = :{one}" for one in kept)
        values = ", ".join(f":{one}" for one in columns)
        texts = (
            f"SELECT * FROM {name} WHERE {where}",  # noqa: S608 our own names
            f"SELECT * FROM {name} WHERE {where} {{{{lock}}}}",  # noqa: S608
            f"SELECT * FROM {name} WHERE {which} AND {key[-1]} > :after"  # noqa: S608
            f" ORDER BY {key[-1]} LIMIT :limit",
            f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({values})",  # noqa: S608
            f"UPDATE {name} SET {changes} WHERE {where}",  # noqa: S608
            f"DELETE FROM {name} WHERE {where}",  # noqa: S608
        )
        found = map(sql.statement, texts)
        self._get, self._locked, self._page, self._add, self._set, self._remove = found

    def get(self, tx: database.Transaction, *key: str, lock: bool = False) -> R | None:
        """Return a row; with `lock`, nobody else changes it until the commit."""
        found = tx.row(self._locked if lock else self._get, **self._named(key))
        return None if found is None else typed(self._row, [found])[0]

    def page(self, tx: database.Transaction, *parents_after_limit: tp.Any) -> list[R]:
        """Return rows in the order of the key.

        Args:
            parents_after_limit: the key but its last part; the last part after which
                to begin, empty: from the first; how many at the most.
        """
        *parents, after, limit = parents_after_limit
        rows = tx.rows(self._page, after=after, limit=limit, **self._named(parents))
        return typed(self._row, rows)

    def add(self, tx: database.Transaction, row: R, now: int) -> None:
        """Write a new row; its moments are 0: now.

        Raises:
            Conflict: the key is taken, or what it belongs to is not there.
        """
        found = _values(row)
        moments = [one for one in ("created_at", "updated_at") if found.get(one) == 0]
        tx.run(self._add, **found | dict.fromkeys(moments, now))

    def change(self, tx: database.Transaction, row: R, now: int) -> None:
        """Write all columns of the row with this key."""
        found = _values(row) | {"updated_at": now}
        found.pop("created_at")
        tx.run(self._set, **found)

    def remove(self, tx: database.Transaction, *key: str) -> bool:
        """Remove a row; False when there is none."""
        return tx.run(self._remove, **self._named(key)) > 0

    def _named(self, key: abc.Sequence[str]) -> dict[str, str]:
        return dict(zip(self._key, key, strict=False))


def _values(row: msgspec.Struct) -> dict[str, tp.Any]:
    return {
        name: int(value) if isinstance(value, bool) else value
        for name, value in msgspec.structs.asdict(row).items()
    }
