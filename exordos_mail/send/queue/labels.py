# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The stored labels of messages (content/labels.py).

Events do not copy them: who reads an event finds them by its message. So they stay as
long as an event of the message does, which may be longer than the message itself
(upkeep.py).
"""

import collections.abc as abc
import typing as tp

from exordos_mail.send.content.labels import Labels, pack, unpack
from exordos_mail.send.storage import database, sql

#: A message's id, and what is written on it.
Labelled = tuple[str, Labels]

_ADD = sql.statement(
    "INSERT INTO labels (tenant_id, message_id, reference, body) VALUES (?, ?, ?, ?)"
)
_TAG = sql.statement("INSERT INTO tags (tenant_id, message_id, tag) VALUES (?, ?, ?)")
_OF = sql.statement("""
SELECT message_id, body FROM labels
WHERE tenant_id = :tenant_id AND message_id IN ({{each :ids}})
""")
_FORGET: tp.Final = tuple(
    sql.statement(text)
    for text in (
        """
        DELETE FROM tags
        WHERE tenant_id = :tenant_id AND message_id IN ({{each :ids}})
        """,
        """
        DELETE FROM labels
        WHERE tenant_id = :tenant_id AND message_id IN ({{each :ids}})
          AND NOT EXISTS (
              SELECT 1 FROM events e WHERE e.message_id = labels.message_id
          )
        """,
    )
)


def add(
    tx: database.Transaction, tenant_id: str, found: abc.Sequence[Labelled]
) -> None:
    """Write the labels of new messages."""
    tx.run_many(
        _ADD,
        [(tenant_id, one, written.reference, pack(written)) for one, written in found],
    )
    tags = [(tenant_id, one, tag) for one, written in found for tag in written.tags]
    if tags:
        tx.run_many(_TAG, tags)


def of(
    tx: database.Transaction, tenant_id: str, ids: abc.Iterable[str]
) -> dict[str, Labels]:
    """Return the labels of those of a tenant's messages that have any."""
    rows = tx.rows(_OF, tenant_id=tenant_id, ids=sql.json_list(ids))
    return {row["message_id"]: unpack(row["body"]) for row in rows}


def forget(tx: database.Transaction, tenant_id: str, ids: abc.Iterable[str]) -> None:
    """Remove labels of a tenant's messages that are not there any more.

    Those of a message stay while an event of it is there, so events go first.
    """
    listed = sql.json_list(ids)
    for statement in _FORGET:
        tx.run(statement, tenant_id=tenant_id, ids=listed)
