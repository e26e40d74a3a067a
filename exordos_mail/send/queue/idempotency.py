# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Idempotency keys: a call that is made again is answered, not done, again."""

import typing as tp

from exordos_mail.send.storage import database, sql

#: Milliseconds a key is remembered.
LIFETIME = 24 * 3600 * 1000

# On PostgreSQL a second transaction with the same key waits here for the first.
_CLAIM = sql.statement("""
INSERT INTO idempotency (tenant_id, key, content_hash, answer, created_at)
VALUES (:tenant_id, :key, :content_hash, '', :now)
ON CONFLICT (tenant_id, key) DO UPDATE
SET content_hash = excluded.content_hash, answer = '',
    created_at = excluded.created_at
WHERE idempotency.created_at <= :expired
""")
_GET = sql.statement("""
SELECT content_hash, answer FROM idempotency
WHERE tenant_id = :tenant_id AND key = :key
""")
_ANSWER = sql.statement("""
UPDATE idempotency SET answer = :answer WHERE tenant_id = :tenant_id AND key = :key
""")
_FORGET = sql.statement("DELETE FROM idempotency WHERE created_at <= :expired")


class KeyReused(Exception):
    """The key was used for another content."""


def claim(
    tx: database.Transaction, tenant_id: str, key: str, content: str, now: int
) -> str | None:
    """Take a key, or return the answer that was given for it.

    Args:
        content: message.digest of what is sent with the key.

    Raises:
        KeyReused: another content came with the key.
    """
    expired = now - LIFETIME
    if tx.run(
        _CLAIM,
        tenant_id=tenant_id,
        key=key,
        content_hash=content,
        now=now,
        expired=expired,
    ):
        return None
    row = tp.cast(database.Row, tx.row(_GET, tenant_id=tenant_id, key=key))
    if row["content_hash"] != content:
        raise KeyReused
    return str(row["answer"])


def remember(tx: database.Transaction, tenant_id: str, key: str, answer: str) -> None:
    """Write down the answer for a key that this transaction has taken."""
    tx.run(_ANSWER, tenant_id=tenant_id, key=key, answer=answer)


def forget(tx: database.Transaction, now: int) -> int:
    """Remove keys that are past their time; return how many."""
    return tx.run(_FORGET, expired=now - LIFETIME)
