# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An end to the audit events that nobody fetches.

The platform delivers audit events only if its operator has installed that, and
removes an event when it is delivered; otherwise its table grows for ever. So
gservice removes ours when they are too old or too many; see docs/adr/0016.
"""

import typing as tp

from oslo_config import cfg
from restalchemy.storage.sql import engines

from exordos_mail.controlplane import retention
from exordos_mail.controlplane.dm import audit
from exordos_mail.schema import catalogue

CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.IntOpt(
            "audit_keep_days",
            default=90,
            min=1,
            help="Audit events of mail older than this are removed.",
        ),
        cfg.IntOpt(
            "audit_keep_rows",
            default=100_000,
            min=1,
            help="At most so many audit events of each type of mail object are kept.",
        ),
    ],
    group="mail",
)

# Rows of a type in one turn: a deletion must not hold the one thread of all plugins.
BATCH = 1_000

RESOURCE_TYPES = tuple(noun.audit_type for noun in catalogue.nouns().values())

# Both parts follow the index (service_name, resource_type, created_at): now()
# stands still within a statement, clock_timestamp() would visit every row.
_REMOVE = """
DELETE FROM gcl_sdk_audit_events WHERE uuid IN (
    SELECT uuid FROM gcl_sdk_audit_events
    WHERE service_name = %(service)s AND resource_type = %(type)s
        AND created_at < greatest(
            now() AT TIME ZONE 'utc' - make_interval(days => %(days)s),
            (
                SELECT created_at FROM gcl_sdk_audit_events
                WHERE service_name = %(service)s AND resource_type = %(type)s
                ORDER BY created_at DESC OFFSET %(rows)s - 1 LIMIT 1
            )
        )
    ORDER BY created_at LIMIT %(batch)s
)
"""


def remove_old(batch: int = BATCH) -> int:
    """Remove events beyond the bounds, oldest first; return how many.

    Args:
        batch: most rows of each type.
    """
    removed = 0
    with engines.engine_factory.get_engine().session_manager() as session:
        for resource_type in RESOURCE_TYPES:
            parameters: dict[str, tp.Any] = {
                "service": audit.SERVICE_NAME,
                "type": resource_type,
                "days": CONF.mail.audit_keep_days,
                "rows": CONF.mail.audit_keep_rows,
                "batch": batch,
            }
            removed += session.execute(_REMOVE, parameters).rowcount
    return removed


class AuditRetention(retention.Retention):
    """Removes old audit events; see `Retention`."""

    remove = staticmethod(remove_old)
    batch = BATCH
