# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The stored contents of messages."""

import collections.abc as abc

from exordos_mail.send.content import message
from exordos_mail.send.storage import database, sql

#: Bytes up to which a content comes with the claim; a larger one is read when
#: its turn comes, so that a claim stays small in memory.
SMALL = 64 * 1024

_GET = sql.statement("SELECT body FROM contents WHERE message_id = :id")
_SET = sql.statement("UPDATE contents SET body = :body WHERE message_id = :id")
_SMALL = sql.statement("""
SELECT message_id, body FROM contents
WHERE message_id IN ({{each :ids}}) AND length(body) <= :small
""")


class Erased(Exception):
    """The message is there and its content is not (queue/erasure.py)."""


def get(tx: database.Transaction, message_id: str) -> bytes:
    """Return a content (content/message.py).

    Raises:
        Erased: it is not there any more.
    """
    row = tx.row(_GET, id=message_id)
    if row is None:
        raise Erased
    return bytes(row["body"])


def date(tx: database.Transaction, message_id: str, moment: int) -> None:
    """Give a message that was not tried yet another Date (RFC 5322 section 3.6.1).

    Args:
        moment: milliseconds since 1970.
    """
    content = message.unpack(get(tx, message_id))
    content.dated_at = moment
    tx.run(_SET, id=message_id, body=message.pack(content))


def small(tx: database.Transaction, ids: abc.Iterable[str]) -> dict[str, bytes]:
    """Return those of the contents that are no larger than SMALL."""
    rows = tx.rows(_SMALL, ids=sql.json_list(ids), small=SMALL)
    return {row["message_id"]: row["body"] for row in rows}
