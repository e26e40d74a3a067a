# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Rows of what is published, and of when each domain is looked at next."""

import dataclasses
import typing as tp
import uuid as sys_uuid

import psycopg

from exordos_mail.controlplane.dns.publish.step import Key

Connection = psycopg.Connection[dict[str, tp.Any]]

#: Seconds for which a claimed domain is not looked at by another process.
CLAIM = 60

_CLAIM = """
UPDATE mail_dns_publications AS p
SET next_at = clock_timestamp() AT TIME ZONE 'utc' + make_interval(secs => %(claim)s)
WHERE domain IN (
    SELECT domain FROM mail_dns_publications
    WHERE next_at <= clock_timestamp() AT TIME ZONE 'utc'
    ORDER BY next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
RETURNING domain, failures, next_at
"""

_TAKE = """
INSERT INTO mail_dns_publications AS p (domain, next_at) VALUES (
    %(subject)s, clock_timestamp() AT TIME ZONE 'utc' + make_interval(secs => %(claim)s)
) ON CONFLICT (domain) DO UPDATE SET next_at = EXCLUDED.next_at
RETURNING domain, failures, next_at
"""

# Whoever has asked for the domain to be looked at in the meantime has the last word.
_SCHEDULE = """
UPDATE mail_dns_publications
SET failures = %(failures)s, next_at = CASE WHEN next_at = %(claimed)s
    THEN clock_timestamp() AT TIME ZONE 'utc' + make_interval(secs => %(delay)s)
    ELSE next_at END
WHERE domain = %(domain)s
"""

_STATE = """
UPDATE mail_domains SET publish_state = %(state)s, publish_reason = %(reason)s
WHERE uuid = %(domain)s
    AND (publish_state, publish_reason) IS DISTINCT FROM (%(state)s, %(reason)s::text)
"""

_HASTEN = """
UPDATE mail_dns_publications AS p
SET next_at = clock_timestamp() AT TIME ZONE 'utc'
FROM mail_domains AS d
WHERE d.uuid = p.domain AND d.instance = ANY(%s)
"""


@dataclasses.dataclass(frozen=True)
class Claim:
    """A domain that is to be looked at now, or a certificate's challenge.

    Attributes:
        domain: the uuid of the one or the other.
        failures: since the last success.
        next_at: when it is looked at again if nothing comes of this look.
    """

    domain: sys_uuid.UUID
    failures: int
    next_at: tp.Any


def claim(connection: Connection, limit: int) -> list[Claim]:
    """Return domains whose time has come; nobody else gets them for a while."""
    found = connection.execute(_CLAIM, {"claim": CLAIM, "limit": limit})
    return [Claim(**row) for row in found]


def take(connection: Connection, subject: sys_uuid.UUID) -> Claim:
    """Claim one of which the caller knows that it is to be looked at now."""
    found = connection.execute(_TAKE, {"subject": subject, "claim": CLAIM})
    (row,) = found.fetchall()
    return Claim(**row)


def schedule(
    connection: Connection, claimed: Claim, failures: int, delay: float
) -> None:
    """Have a claimed domain looked at again after so many seconds."""
    values = {"domain": claimed.domain, "claimed": claimed.next_at}
    connection.execute(_SCHEDULE, {**values, "failures": failures, "delay": delay})


def forget(connection: Connection, claimed: Claim) -> None:
    """Look at a domain no more, unless somebody has asked for it in the meantime."""
    connection.execute(
        "DELETE FROM mail_dns_publications WHERE domain = %s AND next_at = %s",
        (claimed.domain, claimed.next_at),
    )


def hasten(connection: Connection, instances: tp.Collection[sys_uuid.UUID]) -> None:
    """Have the domains of these instances looked at now."""
    connection.execute(_HASTEN, (list(instances),))


def show(
    connection: Connection, domain: sys_uuid.UUID, state: str, reason: str
) -> None:
    """Show the tenant how it goes."""
    values = {"domain": domain, "state": state, "reason": reason[:1024] or None}
    connection.execute(_STATE, values)


def made(
    connection: Connection, domain: sys_uuid.UUID
) -> dict[str, dict[Key, set[str]]]:
    """Return what we have published, or may have: by where, then by name and type."""
    found: dict[str, dict[Key, set[str]]] = {}
    for row in connection.execute(
        "SELECT via, name, type, value FROM mail_dns_published WHERE domain = %s",
        (domain,),
    ):
        sets = found.setdefault(row["via"], {})
        sets.setdefault((row["name"], row["type"]), set()).add(row["value"])
    return found


class Set(tp.NamedTuple):
    """The rows of one name and type."""

    connection: Connection
    domain: sys_uuid.UUID
    via: str
    key: Key

    def intend(self, values: tp.Iterable[str]) -> None:
        """Note values before they are published: they are ours from now on."""
        for value in values:
            self.connection.execute(
                "INSERT INTO mail_dns_published (domain, via, name, type, value)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (self.domain, self.via, *self.key, value),
            )

    def publish(self, values: tp.Iterable[str]) -> None:
        """Note that values are there."""
        self.connection.execute(
            "UPDATE mail_dns_published SET published = TRUE WHERE domain = %s"
            " AND via = %s AND name = %s AND type = %s AND value = ANY(%s)",
            (self.domain, self.via, *self.key, list(values)),
        )

    def remove(self, values: tp.Iterable[str]) -> None:
        """Note that values are gone, or never came to be."""
        self.connection.execute(
            "DELETE FROM mail_dns_published WHERE domain = %s"
            " AND via = %s AND name = %s AND type = %s AND value = ANY(%s)",
            (self.domain, self.via, *self.key, list(values)),
        )
