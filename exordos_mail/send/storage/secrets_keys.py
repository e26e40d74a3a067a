# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which keys the secrets of the database are sealed with, by their digests.

Several processes, on one machine or on many, share a database: all of them must have
these keys. Without this table a process with another key would find out with the first
message that needs a password.
"""

from exordos_mail.send import vault
from exordos_mail.send.storage import database, sealed, sql

_KNOWN = sql.statement("SELECT digest FROM secrets_keys ORDER BY created_at, digest")
_ADD = sql.statement("""
INSERT INTO secrets_keys (digest, created_at) VALUES (:digest, :now)
ON CONFLICT DO NOTHING
""")
# Held until the commit of who writes a secret: the key is not given up meanwhile.
_HELD = sql.statement(
    "SELECT digest FROM secrets_keys WHERE digest = :digest {{share}}"
)
_FORGET = sql.statement("DELETE FROM secrets_keys WHERE digest <> :digest")
# Two new processes of an empty database must not both be the first one.
_ALONE = sql.Statement(
    sqlite="SELECT 1", postgresql="LOCK TABLE secrets_keys IN EXCLUSIVE MODE"
)
#: Digits of a digest that are shown.
_SHOWN = 12


class OtherKey(ValueError):
    """The database has secrets of another key; the text says of which."""


class KeyGivenUp(database.DatabaseUnavailable):
    """This process seals with a key that the others do not have any more."""


def alone(tx: database.Transaction) -> None:
    """Keep other processes from what is made once, until the commit."""
    tx.run(_ALONE)


def known(tx: database.Transaction) -> list[str]:
    """Return the digests of all keys that secrets may be sealed with."""
    return [row["digest"] for row in tx.rows(_KNOWN)]


def shown(digest: str) -> str:
    """Return a digest for people."""
    return digest[:_SHOWN]


def adopt(tx: database.Transaction, secrets: vault.Vault, now: int) -> None:
    """Note the key that seals, if the vault opens everything that there is.

    Raises:
        OtherKey: it does not.
    """
    alone(tx)
    there = known(tx)
    missing = [digest for digest in there if digest not in secrets.digests]
    if missing:
        raise OtherKey(
            f"the secrets of the database are sealed with the key"
            f" {', '.join(map(shown, missing))}, and this one is"
            f" {', '.join(map(shown, secrets.digests))}"
        )
    if not there and any(True for _ in sealed.unreadable(tx, secrets)):
        raise OtherKey(
            "the database has secrets of another key than"
            f" {', '.join(map(shown, secrets.digests))}"
        )
    tx.run(_ADD, digest=secrets.digests[0], now=now)


def check(tx: database.Transaction, secrets: vault.Vault) -> None:
    """See that what the vault seals can be opened by others, until the commit.

    To be called in each transaction that writes a secret.

    Raises:
        KeyGivenUp: the database has another key by now.
    """
    if tx.row(_HELD, digest=secrets.digests[0]) is None:
        raise KeyGivenUp("the key of this process was given up: no secret is written")


def obstacle(there: list[str], secrets: vault.Vault) -> str | None:
    """Return why the vault is not the right one, after the word "secrets_key".

    Args:
        there: what `known` returns.
    """
    if not set(there) <= set(secrets.digests):
        return "is not that of the database: its secrets cannot be opened"
    if secrets.digests[0] not in there:
        return "was given up: start again with the key that has replaced it"
    return None


def keep_first(tx: database.Transaction, secrets: vault.Vault, now: int) -> None:
    """Note the key that seals as the only one."""
    tx.run(_ADD, digest=secrets.digests[0], now=now)
    tx.run(_FORGET, digest=secrets.digests[0])
