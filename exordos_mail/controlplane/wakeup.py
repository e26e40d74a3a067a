# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""When gservice's loop runs: at once if there is work, every 3 s otherwise.

All services of gservice run in one thread, one after the other, and the
builders rely on it. So nothing here runs a builder: it only makes the loop's
next pass begin earlier, by the loop's own means (`boost()`), and the loop's
period stays as the safety net. See docs/adr/0008.
"""

import logging
import select
import threading
import time
import typing as tp
import uuid as sys_uuid

from gcl_looper.services import basic
import psycopg
from restalchemy.storage.sql import engines

from exordos_mail import constants as c

LOG = logging.getLogger(__name__)

# At least this long between two wake-ups, so that a bulk import cannot take
# the thread from the other plugins.
SPACING = 0.2  # seconds
RETRY_FIRST, RETRY_LAST = 1.0, 30.0  # seconds
# How soon an idle listener notices that it has been stopped.
LISTEN_SLICE = 5.0  # seconds

# While a node or Core is still at work on a change, ask for its report often,
# for so long; an instance that never comes up must not cost more than others.
PENDING_PERIOD, PENDING_PAUSE = 0.5, 0.1  # seconds
PENDING_WINDOW = "5 minutes"

_PENDING = """
SELECT EXISTS (
    SELECT FROM mail_instances
    WHERE (generation <> applied_generation OR status IN ('NEW', 'IN_PROGRESS'))
        AND updated_at > clock_timestamp() AT TIME ZONE 'utc' - %s::interval
) AS pending
"""


def database_url() -> str:
    """Return the address of the platform's database, as the pool has it."""
    return str(engines.engine_factory.get_engine()._db_url.geturl())


def _drain(connection: psycopg.Connection[tp.Any]) -> list[psycopg.Notify]:
    """Take all notifications that have arrived."""
    found: list[psycopg.Notify] = []
    # One call reads one packet, and a burst comes in many.
    while more := list(connection.notifies(timeout=0)):
        found += more
    return found


def _instances(notifications: tp.Iterable[psycopg.Notify]) -> set[sys_uuid.UUID]:
    return {sys_uuid.UUID(one.payload) for one in notifications if one.payload}


class NotificationListener(basic.BasicService):
    """Makes the loop run as soon as the database tells of a change.

    It has to stand before the builders in the loop: a wake-up counts as
    handled when its own turn comes, so one that arrives later, while builders
    already read, makes for another pass. None is lost, none is handled twice.

    Args:
        url: address of the database, asked for at every connect.
        on_change: told at once which instances have changed, in the listener's
            thread; None: any of them may have.
    """

    __log_iteration__ = False

    def __init__(
        self,
        url: tp.Callable[[], str] = database_url,
        on_change: tp.Callable[[set[sys_uuid.UUID] | None], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._url = url
        self._on_change = on_change
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def stop(self) -> None:
        """End the thread."""
        super().stop()
        self._closing.set()

    def _setup(self) -> None:
        # A daemon: it must not keep a process that ends.
        self._thread = threading.Thread(
            target=self._listen, name="exordos_mail listener", daemon=True
        )
        self._thread.start()

    def _iteration(self) -> None:
        """Do nothing: the boost ends with this turn."""

    def _listen(self) -> None:
        delay = RETRY_FIRST
        while not self._closing.is_set():
            began = time.monotonic()
            try:
                self._serve()
            except Exception as error:
                if time.monotonic() - began > RETRY_LAST:
                    delay = RETRY_FIRST
                LOG.warning(
                    "No notifications from the database, the loop polls; "
                    "next try in %.0f s: %s",
                    delay,
                    type(error).__name__,
                )
                self._closing.wait(delay)
                delay = min(delay * 2, RETRY_LAST)

    def _serve(self) -> None:
        # Not from the pool: that has two connections, for queries.
        with psycopg.connect(
            self._url(),
            autocommit=True,
            application_name="exordos_mail listener",
            connect_timeout=10,
            keepalives_idle=15,
            keepalives_interval=5,
            keepalives_count=3,
        ) as connection:
            for channel in (c.CHANGES_CHANNEL, c.NODES_CHANNEL):
                connection.execute(f"LISTEN {channel}")
            # Nobody told us of what happened before.
            self._on_change(None)
            self._wake()
            woken, waits = time.monotonic(), False
            while not self._closing.is_set():
                slice_ = SPACING if waits else LISTEN_SLICE
                # psycopg's own waiting wakes up ten times a second.
                select.select([connection], [], [], slice_)
                notifications = _drain(connection)
                if notifications:
                    self._on_change(_instances(notifications))
                waits |= any(one.channel == c.CHANGES_CHANNEL for one in notifications)
                if waits and time.monotonic() - woken >= SPACING:
                    self._wake()
                    woken, waits = time.monotonic(), False

    def _wake(self) -> None:
        self.boost(iterations=1)


class PendingPace(basic.BasicService):
    """Makes the loop run faster while an instance is on its way.

    Reports of nodes come into tables of the platform, where we put no triggers,
    and those of Core have to be fetched.
    """

    __log_iteration__ = False

    def _iteration(self) -> None:
        with engines.engine_factory.get_engine().session_manager() as session:
            row = session.execute(_PENDING, (PENDING_WINDOW,)).fetchone()
        if row["pending"]:
            # The present turn counts as the first of the two.
            self.boost(PENDING_PERIOD, PENDING_PAUSE, iterations=2)
