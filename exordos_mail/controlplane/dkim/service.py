# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The service that brings DKIM keys on, a domain after the other."""

import datetime
import itertools
import logging
import time
import typing as tp
import uuid as sys_uuid

from gcl_looper.services import basic
from restalchemy.storage.sql import engines

from exordos_mail.controlplane import keyring, zone_options
from exordos_mail.controlplane.dkim import life

LOG = logging.getLogger(__name__)

#: Seconds of one turn: all plugins share its thread. One domain is always dealt with.
BUDGET = 0.25
#: Domains of either kind that one turn looks for.
BATCH = 50
#: Steps of one domain in one turn; a new key takes six.
_STEPS_MOST = 20
_RETRY = datetime.timedelta(minutes=1)

# A time that lies further ahead than any was set is of a clock that has gone back.
_DUE = """
SELECT domain FROM mail_dkim_schedule
WHERE urgent = %(urgent)s AND (
    due_at <= clock_timestamp() AT TIME ZONE 'utc'
    OR due_at > clock_timestamp() AT TIME ZONE 'utc' + %(ahead)s
)
ORDER BY due_at LIMIT %(batch)s
"""


class DKIMLife(basic.BasicService):
    """Does what is due.

    Args:
        budget: seconds of one turn.
        clock: seconds of a monotonic clock.
    """

    __log_iteration__ = False

    def __init__(
        self, budget: float = BUDGET, clock: tp.Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        # What is wrong in there is to end the start, and not a pass much later.
        zone_options.name()
        self._budget = budget
        self._clock = clock

    def _iteration(self) -> None:
        end = self._clock() + self._budget
        for domain in _due():
            _live(domain)
            if self._clock() >= end:
                self.boost(iterations=1)
                return


def _live(domain: sys_uuid.UUID) -> None:
    """Bring the keys of one domain on; what fails there is no other one's trouble."""
    try:
        for _ in range(_STEPS_MOST):
            if not life.advance(domain):
                return
    except keyring.KeyringError as error:
        LOG.error("DKIM keys of domain %s: %s", domain, error)
        life.postpone(domain, _RETRY)
    except Exception:
        LOG.exception("DKIM keys of domain %s", domain)
        life.postpone(domain, _RETRY)


def _due() -> tp.Iterator[sys_uuid.UUID]:
    """Yield domains whose keys have something to do, those of both kinds in turn."""
    urgent, others = (_due_of(one) for one in (True, False))
    for pair in itertools.zip_longest(urgent, others):
        yield from (one for one in pair if one is not None)


def _due_of(urgent: bool) -> list[sys_uuid.UUID]:
    parameters = {"urgent": urgent, "ahead": 2 * life.LOOK_AGAIN, "batch": BATCH}
    with engines.engine_factory.get_engine().session_manager() as session:
        rows = session.execute(_DUE, parameters).fetchall()
    return [row["domain"] for row in rows]
