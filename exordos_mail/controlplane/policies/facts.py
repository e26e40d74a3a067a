# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What others ask of the policies of domains, and tell of them.

Each function is one statement in the caller's session: one of restalchemy, or a
connection of psycopg with rows as mappings.
"""

import datetime
import uuid as sys_uuid

from exordos_mail.controlplane.documents import collection

_RECORD = "SELECT record_id FROM mail_domain_policies WHERE uuid = %s"

# What was shown stays as old as it is, if it is the same.
_NEW = """
uuid = %(domain)s
    AND (seen_at IS NULL) = %(shown)s
    AND record_id IS NOT DISTINCT FROM policy_id
"""
_IS_NEW = f"SELECT FROM mail_domain_policies WHERE {_NEW}"
_SEEN = f"""
UPDATE mail_domain_policies
SET seen_at = CASE WHEN %(shown)s THEN %(since)s END, due_at = %(now)s
WHERE {_NEW}
"""  # noqa: S608 our own words

_FAILED = """
UPDATE mail_domain_policies
SET failed_at = %(at)s, due_at = %(now)s
WHERE uuid = %(domain)s AND (failed_at IS NULL OR failed_at < %(at)s)
"""


def record_id(queries: collection.Queries, domain: sys_uuid.UUID) -> str | None:
    """Return the id of the record `_mta-sts` of a domain; None: there is no record.

    It is that of a policy that the node serves for sure.
    """
    row = queries.execute(_RECORD, (domain,)).fetchone()
    return row["record_id"] if row is not None else None


def is_new(queries: collection.Queries, domain: sys_uuid.UUID, shown: bool) -> bool:
    """Return whether `seen` would note anything."""
    found = queries.execute(_IS_NEW, {"domain": domain, "shown": shown})
    return found.fetchone() is not None


def seen(
    queries: collection.Queries,
    domain: sys_uuid.UUID,
    shown: bool,
    now: datetime.datetime,
) -> None:
    """Note whether all name servers show the record that is wanted.

    Args:
        queries: where to write.
        domain: uuid of the domain.
        shown: whether they do.
        now: UTC, without a zone.
    """
    values = {"domain": domain, "shown": shown, "since": now, "now": now}
    queries.execute(_SEEN, values)


def failed(
    queries: collection.Queries, domain: sys_uuid.UUID, at: datetime.datetime
) -> None:
    """Note that a sender could not keep to the policy at that time (UTC, no zone)."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    queries.execute(_FAILED, {"domain": domain, "at": at, "now": now})
