# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The accounts of an instance as shards, straight from the database.

Plain SQL, one line per shard: models of 10,000 accounts would take half a
second of the one thread that serves all plugins. See protocol/shards.py for
what a shard is, and migrations/initial/accounts.sql for how changed ones are known.
"""

import typing as tp
import uuid as sys_uuid

from exordos_mail.protocol import shards


class Queries(tp.Protocol):
    """A session of restalchemy or a connection of psycopg, rows as mappings."""

    def execute(self, query: tp.Any, params: tp.Any = None, /) -> tp.Any:
        """Run one statement; return its cursor."""


class Version(tp.NamedTuple):
    """A shard's count of changes, and its digest if that is known for it."""

    version: int
    digest: str | None


_VERSIONS = """
SELECT known.shard, known.version, digests.digest
FROM mail_account_shards AS known
LEFT JOIN mail_account_shard_digests AS digests
    ON digests.instance = known.instance
    AND digests.shard = known.shard
    AND digests.version = known.version
WHERE known.instance = %s
"""

# A stored hash has been checked; a node gets it without its {SCHEME}.
_TEXTS = """
SELECT
    mail_account_shard(username) AS shard,
    string_agg(
        username || ':' || regexp_replace(password_hash, '^\\{[^}]*\\}', '') || E'\\n',
        '' ORDER BY username COLLATE "C"
    ) AS content
FROM mail_accounts
WHERE instance = %s AND active AND mail_account_shard(username) = ANY(%s)
GROUP BY 1
"""

_STORE = """
INSERT INTO mail_account_shard_digests (instance, shard, version, digest)
SELECT %s, changed.shard, changed.version, changed.digest
FROM unnest(%s::smallint[], %s::bigint[], %s::text[])
    AS changed (shard, version, digest)
ON CONFLICT (instance, shard)
DO UPDATE SET version = excluded.version, digest = excluded.digest
"""


def versions(queries: Queries, instance: sys_uuid.UUID) -> dict[int, Version]:
    """Return what is known of every shard that has ever had an account."""
    rows = queries.execute(_VERSIONS, (instance,)).fetchall()
    return {row["shard"]: Version(row["version"], row["digest"]) for row in rows}


def texts(
    queries: Queries, instance: sys_uuid.UUID, numbers: tp.Collection[int]
) -> dict[int, bytes]:
    """Return the texts of these shards, b"" for one without active accounts."""
    found = dict.fromkeys(numbers, b"")
    if found:
        rows = queries.execute(_TEXTS, (instance, list(found))).fetchall()
        found.update({row["shard"]: row["content"].encode("ascii") for row in rows})
    return found


def unknown(known: tp.Mapping[int, Version]) -> list[int]:
    """Return the shards whose digest has to be computed."""
    return [shard for shard, version in known.items() if version.digest is None]


def digests(known: tp.Mapping[int, Version], computed: shards.Texts) -> dict[int, str]:
    """Return the digests of all shards that have accounts.

    Args:
        known: see `versions`.
        computed: texts of (at least) the `unknown` ones.
    """
    found = {
        shard: shards.digest(computed[shard]) if digest is None else digest
        for shard, (_, digest) in known.items()
    }
    return {shard: found[shard] for shard in sorted(found) if found[shard]}


def refreshed(queries: Queries, instance: sys_uuid.UUID) -> dict[int, str]:
    """Return the digests of all shards, and store those that were not known.

    For the builder. The versions are read before the texts, so a change in
    between can only make a digest that is newer than its version says: the
    next pass computes it once more.
    """
    known = versions(queries, instance)
    computed = texts(queries, instance, unknown(known))
    if computed:
        changed = sorted(computed)
        queries.execute(
            _STORE,
            (
                instance,
                changed,
                [known[shard].version for shard in changed],
                [shards.digest(computed[shard]) for shard in changed],
            ),
        )
    return digests(known, computed)
