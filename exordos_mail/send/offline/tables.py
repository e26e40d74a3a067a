# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What of the database is state: which tables, which rows of them, in which order."""

import collections.abc as abc
import dataclasses

from exordos_mail.send.queue import states
from exordos_mail.send.storage import database, sealed, sql

#: Rows that are read at a time.
_PAGE = 1000
_OPEN = "SELECT id FROM messages WHERE final_at IS NULL"
# Of tenants without a webhook all: somebody may fetch them by number.
_UNTOLD = f"""
message_id IN ({_OPEN}) OR seq > coalesce(
    (SELECT w.cursor FROM webhooks w WHERE w.tenant_id = events.tenant_id), 0
)
"""  # noqa: S608 texts of ours
# Events have them from there (queue/labels.py).
_TOLD_OF = f"""
message_id IN ({_OPEN})
OR message_id IN (SELECT message_id FROM events WHERE {_UNTOLD})
"""  # noqa: S608 texts of ours


@dataclasses.dataclass(frozen=True)
class Table:
    """A table whose rows are state."""

    name: str
    #: Columns of the primary key.
    key: tuple[str, ...]
    #: Goes only with the messages that wait.
    mail: bool = False
    #: Which rows, in SQL; empty: all.
    where: str = ""
    #: A column whose bytes are mail; secrets are those of storage/sealed.py.
    content: str = ""
    page: int = _PAGE

    @property
    def secret(self) -> sealed.Column | None:
        """Return the column of secrets, if there is one."""
        found = [one for one in sealed.COLUMNS if one.table == self.name]
        return found[0] if found else None

    def rows(self, tx: database.Transaction) -> abc.Iterator[database.Row]:
        """Yield the rows in the order of the key."""
        after: dict[str, object] = {}
        while True:
            page = tx.rows(self._statement(bool(after)), limit=self.page, **after)
            yield from page
            if len(page) < self.page:
                return
            after = {f"after_{part}": page[-1][part] for part in self.key}

    def _statement(self, further: bool) -> sql.Statement:
        key = ", ".join(self.key)
        conditions = [f"({self.where})"] if self.where else []
        if further:
            after = ", ".join(f":after_{part}" for part in self.key)
            conditions.append(f"({key}) > ({after})")
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return sql.statement(
            f"SELECT * FROM {self.name} {where}"  # noqa: S608 names of ours
            f" ORDER BY {key} LIMIT :limit"
        )


#: In the order in which they can be written.
TABLES = (
    Table("tenants", ("id",)),
    Table("event_counters", ("tenant_id",)),
    Table("api_keys", ("id",)),
    Table("relays", ("tenant_id", "id")),
    Table("removed_relays", ("tenant_id", "id")),
    Table("storages", ("tenant_id", "name")),
    Table("bounce_mailboxes", ("tenant_id", "id")),
    Table("bounce_polls", ("tenant_id", "mailbox_id")),
    Table("bounce_mails", ("tenant_id", "mailbox_id", "uid")),
    Table("suppressions", ("tenant_id", "address")),
    Table("managed_suppressions", ("tenant_id", "address")),
    Table("suspensions", ("tenant_id", "batch")),
    Table("pauses", ("only_one",)),
    Table("webhooks", ("tenant_id",)),
    Table("link_keys", ("id",)),
    Table("usage", ("scope", "span", "start_at")),
    Table("messages", ("tenant_id", "id"), True, "final_at IS NULL"),
    Table("contents", ("message_id",), True, f"message_id IN ({_OPEN})", "body", 10),
    Table("recipients", ("message_id", "position"), True, f"message_id IN ({_OPEN})"),
    Table("tags", ("tenant_id", "message_id", "tag"), True, f"message_id IN ({_OPEN})"),
    Table("labels", ("tenant_id", "message_id"), True, _TOLD_OF, "body"),
    Table("events", ("tenant_id", "seq"), True, _UNTOLD),
    Table("sweeps", ("id",), True, "ended_at IS NULL"),
    Table("erasures", ("id",), True, "ended_at IS NULL"),
    Table("idempotency", ("tenant_id", "key"), True),
)
#: What is of one service and its processes. The command log is no state: it says how
#: the state came to be.
LEFT_OUT = frozenset(
    {"schema_migrations", "workers", "commands", "purged_commands", "secrets_keys"}
)


def portable(table: Table, row: database.Row, mail: bool) -> database.Row:
    """Return a row without what is of the processes that work on it now.

    Args:
        mail: whether the messages that wait go along.
    """
    found = dict(row)
    if "worker_id" in found:
        found["worker_id"] = None
    if table.name == "bounce_polls":
        found["poll_id"] = None
    if table.name == "messages" and found["state"] == states.SENDING:
        found["state"] = states.QUEUED
    if table.name == "event_counters" and not mail:
        found |= {"messages": 0, "octets": 0}
    if table.name == "webhooks" and not mail:
        # Its events stay behind.
        found |= {"batch_id": None, "batch_last": None}
    return found
