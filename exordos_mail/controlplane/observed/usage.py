# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What mailboxes hold, by the uuid of the account: `{"octets": 592, "messages": 2}`."""

import uuid as sys_uuid

from psycopg.types import json

from exordos_mail.controlplane.documents import collection
from exordos_mail.controlplane.observed import checks
from exordos_mail.protocol import observations
from exordos_mail.schema import mailbox

KIND = "usage"
_BOUNDS = {"octets": mailbox.USAGE_BYTES_MAX, "messages": mailbox.USAGE_MESSAGES_MAX}

_UPDATE = """
UPDATE mail_accounts AS known
SET usage_bytes = told.octets, usage_messages = told.messages,
    usage_at = now() AT TIME ZONE 'utc'
FROM jsonb_to_recordset(%(told)s) AS told (uuid uuid, octets bigint, messages bigint)
WHERE known.uuid = told.uuid AND known.instance = %(instance)s
    AND (known.usage_bytes, known.usage_messages)
        IS DISTINCT FROM (told.octets, told.messages)
"""


def keep(
    queries: collection.Queries,
    instance: sys_uuid.UUID,
    facts: observations.Facts,
) -> None:
    """Store what mailboxes of an instance hold.

    Raises:
        MessageError: these are no facts of this kind.
    """
    told = []
    for key, fact in facts.items():
        uuid = checks.uuid(key)
        told.append({"uuid": uuid, **checks.numbers(fact, _BOUNDS)})
    queries.execute(_UPDATE, {"instance": instance, "told": json.Jsonb(told)})
