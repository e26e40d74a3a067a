# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The key of links: made once, and sealed in the database as other secrets are.

So all processes of a database read each other's links, and another key of secrets
(`secrets-key rotate`) leaves those that are in mails as they are.
"""

import secrets
import uuid

from exordos_mail.send import vault
from exordos_mail.send.storage import database, sealed, secrets_keys, sql
from exordos_mail.send.unsubscribe import links

_COLUMN = sealed.Column("link_keys", "secret", ("id",), "link_key")
# The newest first.
_ALL = sql.statement("SELECT id, secret FROM link_keys ORDER BY created_at DESC, id")
_ADD = sql.statement("""
INSERT INTO link_keys (id, secret, created_at) VALUES (:id, :secret, :now)
""")
_REMOVE = sql.statement("DELETE FROM link_keys WHERE id = :id")


def adopt(tx: database.Transaction, found: vault.Vault, now: int) -> list[bytes]:
    """Return the keys of links, the newest first; the first call makes one.

    What does not open any more was given up with the key that sealed it
    (`secrets-key forget`), and goes: its links are dead.
    """
    secrets_keys.alone(tx)
    keys = []
    for row in tx.rows(_ALL):
        try:
            text = found.open(bytes(row["secret"]), _COLUMN.row(row["id"]))
        except vault.WrongKey:
            tx.run(_REMOVE, id=row["id"])
        else:
            keys.append(bytes.fromhex(text))
    return keys or [_new(tx, found, now)]


def _new(tx: database.Transaction, found: vault.Vault, now: int) -> bytes:
    secrets_keys.check(tx, found)
    key, name = secrets.token_bytes(links.KEY_BYTES), str(uuid.uuid4())
    sealed_key = found.seal(key.hex(), _COLUMN.row(name))
    tx.run(_ADD, id=name, secret=sealed_key, now=now)
    return key
