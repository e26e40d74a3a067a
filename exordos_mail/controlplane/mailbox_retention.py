# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An end to the mail of deleted accounts, when it has been kept for long enough."""

from restalchemy.storage.sql import engines

from exordos_mail.controlplane import retention

#: Accounts in one turn, in a transaction for each instance.
BATCH = 1_000

_DUE = """
SELECT DISTINCT instance FROM (
    SELECT instance FROM mail_deleted_accounts
    WHERE state = 'kept' AND purge_at <= now() AT TIME ZONE 'utc'
    ORDER BY purge_at LIMIT %s
) AS due
"""
# As whoever changes accounts does.
_LOCK = "SELECT uuid FROM mail_instances WHERE uuid = %s FOR NO KEY UPDATE"
_PURGE = """
UPDATE mail_deleted_accounts
SET state = 'purging', updated_at = now() AT TIME ZONE 'utc'
WHERE instance = %(instance)s AND uuid IN (
    SELECT uuid FROM mail_deleted_accounts
    WHERE instance = %(instance)s AND state = 'kept'
        AND purge_at <= now() AT TIME ZONE 'utc'
    LIMIT %(batch)s
)
"""


def purge_due(batch: int = BATCH) -> int:
    """Have nodes remove the mail whose time has come; return of how many accounts."""
    engine = engines.engine_factory.get_engine()
    with engine.session_manager() as session:
        due = [row["instance"] for row in session.execute(_DUE, (batch,)).fetchall()]
    purged = 0
    for instance in due:
        with engine.session_manager() as session:
            session.execute(_LOCK, (instance,))
            values = {"instance": instance, "batch": batch}
            purged += session.execute(_PURGE, values).rowcount
    return purged


class MailboxRetention(retention.Retention):
    """Purges the mail of deleted accounts; see `Retention`."""

    remove = staticmethod(purge_due)
    batch = BATCH
