# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The pause of the whole service: messages are accepted, and none is claimed.

It is one row, which each claim asks for: no message is rewritten, however many wait.
"""

from exordos_mail.send.storage import database, sql

#: Why claims are given back.
REASON = "paused"
#: In SQL: there is none.
NONE = "NOT EXISTS (SELECT 1 FROM pauses)"

_BEGIN = sql.statement("""
INSERT INTO pauses (only_one, created_at) VALUES (1, :now)
ON CONFLICT (only_one) DO NOTHING
""")
_END = sql.statement("DELETE FROM pauses")
_SINCE = sql.statement("SELECT created_at FROM pauses")


def begin(tx: database.Transaction, now: int) -> None:
    """Pause; a pause that is there goes on."""
    tx.run(_BEGIN, now=now)


def end(tx: database.Transaction) -> bool:
    """End it; False: there was none."""
    return tx.run(_END) > 0


def since(tx: database.Transaction) -> int | None:
    """Return since when it is, in milliseconds since 1970; None: there is none."""
    row = tx.row(_SINCE)
    return None if row is None else int(row["created_at"])
