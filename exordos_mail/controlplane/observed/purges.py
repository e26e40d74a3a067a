# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""That a node has removed the mail of a deleted account: `{uuid: {"done": true}}`."""

import uuid as sys_uuid

from gcl_sdk.audit import constants

from exordos_mail.controlplane.dm import audit
from exordos_mail.controlplane.documents import collection
from exordos_mail.controlplane.observed import checks
from exordos_mail.protocol import messages, observations
from exordos_mail.schema import deleted_account

KIND = "purges"

_FORGET = """
DELETE FROM mail_deleted_accounts
WHERE instance = %s AND uuid = ANY(%s::uuid[]) AND state = 'purging'
RETURNING uuid, project_id
"""


def keep(
    queries: collection.Queries,
    instance: sys_uuid.UUID,
    facts: observations.Facts,
) -> None:
    """Forget what has been purged; its audit event says that the mail is gone.

    Raises:
        MessageError: these are no facts of this kind.
    """
    done = [checks.uuid(key) for key in facts]
    for fact in facts.values():
        if fact != {"done": True}:
            raise messages.MessageError("a purge is done, or nothing is said of it")
    gone = queries.execute(_FORGET, (instance, done)).fetchall()
    kind, action = deleted_account.NOUN.audit_type, constants.Action.delete
    audit.write_events(
        [
            audit.event(kind, row["uuid"], row["project_id"], action, None)
            for row in gone
        ],
        queries,
    )
