# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An end to what is known of an instance's mail: deliveries that are too old go.

That there are not too many is seen to where they are written (`gateway/telling.py`).
"""

from restalchemy.storage.sql import engines

from exordos_mail.controlplane import delivery_options, retention

BATCH = 5_000

# `SKIP LOCKED`: the gateway removes rows as well, in another order.
_REMOVE = """
DELETE FROM mail_deliveries WHERE uuid IN (
    SELECT uuid FROM mail_deliveries
    WHERE at < now() AT TIME ZONE 'utc' - make_interval(days => %s)
    ORDER BY at LIMIT %s
    FOR UPDATE SKIP LOCKED
)
"""


def remove_old(batch: int = BATCH) -> int:
    """Remove deliveries that are too old, oldest first; return how many."""
    with engines.engine_factory.get_engine().session_manager() as session:
        values = (delivery_options.keep_days(), batch)
        return int(session.execute(_REMOVE, values).rowcount)


class DeliveryRetention(retention.Retention):
    """Removes old deliveries; see `Retention`."""

    remove = staticmethod(remove_old)
    batch = BATCH
