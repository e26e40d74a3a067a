# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What nodes tell the gateway: outcomes of messages, which become deliveries.

A delivery's uuid is made of its instance and of its outcome's id, so that what a node
tells again is there already. A node cannot fill the database: of each instance the
newest `[mail] deliveries_keep_rows` are kept.
"""

import collections
import threading
import typing as tp
import uuid as sys_uuid

from psycopg.types import json

from exordos_mail.controlplane import delivery_options
from exordos_mail.controlplane.documents import collection
from exordos_mail.controlplane.gateway import answers
from exordos_mail.protocol import messages, outcomes

#: Rows beyond the bound that an instance may have for a while: who looks for the bound
#: reads the index of all its rows, which takes some milliseconds.
SLACK = 1_000
#: Rows that are removed in one transaction.
BATCH = 5_000

# Before its deliveries, as whoever removes the instance.
_LOCK = """
SELECT uuid, project_id FROM mail_instances WHERE uuid = %s FOR KEY SHARE
"""

# In the order of uuids, so that two that tell the same wait for each other in one
# order. A node's clock may be wrong: nothing has happened after now.
_INSERT = """
INSERT INTO mail_deliveries (
    uuid, instance, project_id, at, state, queue_id, accepted_at, login, sender,
    recipient, message_id, host, address, tls, code, enhanced, reply,
    created_at, updated_at
)
SELECT
    told.uuid, %(instance)s, %(project)s,
    least(to_timestamp(told.at / 1000.0), now()) AT TIME ZONE 'utc',
    told.state, told.queue_id,
    to_timestamp(nullif(told.accepted_at, 0) / 1000.0) AT TIME ZONE 'utc',
    told.login, told.sender, told.recipient, told.message_id, told.host,
    told.address, told.tls, told.code, told.enhanced, told.reply,
    now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
FROM jsonb_to_recordset(%(told)s) AS told (
    uuid uuid, at bigint, state text, queue_id text, accepted_at bigint, login text,
    sender text, recipient text, message_id text, host text, address text, tls text,
    code integer, enhanced text, reply text
)
ORDER BY told.uuid
ON CONFLICT (uuid) DO NOTHING
"""

# `SKIP LOCKED`: others remove rows as well, in another order. Not beside OFFSET, which
# would lock what it skips.
_TRIM = """
DELETE FROM mail_deliveries WHERE uuid IN (
    SELECT uuid FROM mail_deliveries WHERE uuid IN (
        SELECT uuid FROM mail_deliveries WHERE instance = %(instance)s
        ORDER BY at DESC, uuid OFFSET %(keep)s LIMIT %(batch)s
    )
    FOR UPDATE SKIP LOCKED
)
"""


def uuid_of(instance: sys_uuid.UUID, outcome: str) -> sys_uuid.UUID:
    """Return the identifier of the delivery of an outcome's id."""
    return sys_uuid.uuid5(instance, outcome)


class Ledger:
    """Keeps what nodes tell.

    Args:
        slack, batch: see SLACK and BATCH.
    """

    def __init__(self, slack: int = SLACK, batch: int = BATCH) -> None:
        self._slack, self._batch = slack, batch
        self._lock = threading.Lock()
        # Rows of an instance since it was trimmed; as if there were many of one that
        # nobody has told of since the start.
        self._since: collections.defaultdict[sys_uuid.UUID, int] = (
            collections.defaultdict(lambda: slack)
        )

    def keep(
        self, queries: collection.Queries, agent: sys_uuid.UUID, tell: messages.Tell
    ) -> messages.Message:
        """Return the reply to an agent that tells outcomes, in one transaction."""
        found = answers.instance_of(queries, agent)
        row = found and queries.execute(_LOCK, (found["uuid"],)).fetchone()
        if not row:
            return messages.Refused(tell.number, answers.NOTHING)
        instance = row["uuid"]
        told = [_row(instance, one) for one in tell.outcomes]
        values = {"instance": instance, "project": row["project_id"]}
        added = queries.execute(_INSERT, {**values, "told": json.Jsonb(told)})
        if self._is_due(instance, added.rowcount):
            self._trim(queries, instance)
        return messages.Told(tell.number)

    def _is_due(self, instance: sys_uuid.UUID, more: int) -> bool:
        with self._lock:
            self._since[instance] += more
            return self._since[instance] > self._slack

    def _trim(self, queries: collection.Queries, instance: sys_uuid.UUID) -> None:
        keep = delivery_options.keep_rows()
        values = {"instance": instance, "keep": keep, "batch": self._batch}
        removed = queries.execute(_TRIM, values).rowcount
        if removed < self._batch:
            with self._lock:
                self._since[instance] = 0


def _row(instance: sys_uuid.UUID, outcome: outcomes.Outcome) -> dict[str, tp.Any]:
    return {**outcome.to_dict(), "uuid": str(uuid_of(instance, outcome.id))}
