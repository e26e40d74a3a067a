# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Instances of nodes that have been silent for long show that nothing is known.

A report brings the builder; that there is none brings nobody. So this service looks.
"""

import logging
import time
import typing as tp

from gcl_looper.services import basic
from psycopg.types import json
from restalchemy.storage.sql import engines

from exordos_mail import constants as c
from exordos_mail.controlplane import health

LOG = logging.getLogger(__name__)

PERIOD = 60.0  # seconds

# An instance that shows another one of its nodes as failed is looked at each time.
_SILENT = """
SELECT DISTINCT instance.uuid
FROM ua_target_resources AS target
JOIN ua_actual_resources AS actual
    ON actual.uuid = target.uuid AND actual.kind = target.kind
JOIN mail_instances AS instance ON instance.uuid = target.master
WHERE target.kind = %s AND instance.health ->> 'state' <> 'unknown'
    AND actual.updated_at
        < clock_timestamp() AT TIME ZONE 'utc' - make_interval(secs => %s)
"""
_SHOW = "UPDATE mail_instances SET health = %s WHERE uuid = %s AND health <> %s"


def show() -> int:
    """Have instances of silent nodes show it; return how many show something else."""
    with engines.engine_factory.get_engine().session_manager() as session:
        rows = session.execute(_SILENT, (c.NODE_KIND, health.SILENCE)).fetchall()
        changed = 0
        for row in rows:
            found = json.Jsonb(health.of(session, row["uuid"]))
            done = session.execute(_SHOW, (found, row["uuid"], found))
            changed += int(done.rowcount)
    return changed


class SilenceWatch(basic.BasicService):
    """Looks every PERIOD.

    The first time is when nodes have had the time to tell: a control plane that was
    away itself has heard of none.

    Args:
        clock: seconds of a monotonic clock.
    """

    __log_iteration__ = False

    def __init__(self, clock: tp.Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._due = clock() + health.SILENCE

    def _iteration(self) -> None:
        now = self._clock()
        if now < self._due:
            return
        self._due = now + PERIOD
        changed = show()
        if changed:
            LOG.warning("Nodes of %d instances are silent", changed)
