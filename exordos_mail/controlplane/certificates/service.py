# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The service of gservice that gets certificates and renews them.

All services of gservice take turns in one thread, and an authority takes its time: so
this one works in threads of its own, with connections of its own.
"""

import datetime
import logging
import threading
import time
import typing as tp
import uuid as sys_uuid

from gcl_looper.services import basic
import psycopg
import psycopg.rows

from exordos_mail.controlplane import certificate_options, wakeup
from exordos_mail.controlplane.certificates import (
    attempt,
    authority,
    choice,
    hosts,
    http_challenge,
    orders,
)
from exordos_mail.controlplane.dm import key_file

LOG = logging.getLogger(__name__)
CONF = certificate_options.CONF

#: Attempts at a time: a node that does not show its challenge keeps one of them busy.
WORKERS = 4
PERIOD = 2.0  # seconds between two looks at what is due
AGE_PERIOD = 60.0  # seconds between two looks at what is about to expire
_RETRY = 30.0  # seconds after the database or the key file failed


class CertificateService(basic.BasicService):
    """Gets what is due.

    Args:
        url: address of the database, asked for at every connect.
        workers: threads.
    """

    __log_iteration__ = False

    def __init__(
        self,
        url: tp.Callable[[], str] = wakeup.database_url,
        workers: int = WORKERS,
    ) -> None:
        super().__init__()
        self._url = url
        self._workers = workers
        self._challenges = choice.Challenges(_has_address)
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._paused_until = 0.0
        self._next_age = 0.0

    def stop(self) -> None:
        """End the threads."""
        super().stop()
        self._ending.set()

    def join(self, seconds: float) -> None:
        """Wait until the threads have ended."""
        for thread in self._threads:
            thread.join(seconds)

    def _setup(self) -> None:
        # Daemons: they must not keep a process that ends.
        name = "exordos_mail certificates"
        # Without an authority, somebody still has to see what is about to expire.
        jobs = [self._serve] * (self._workers if CONF.mail.acme_directory else 1)
        if CONF.mail.acme_directory and CONF.mail.acme_host_names:
            jobs.append(self._watch_hosts)
        self._threads = [
            threading.Thread(
                target=self._run, args=(job,), name=f"{name} {number}", daemon=True
            )
            for number, job in enumerate(jobs)
        ]
        for thread in self._threads:
            thread.start()

    def _iteration(self) -> None:
        """Do nothing: the threads do it."""

    def _run(self, job: tp.Callable[[orders.Connection], None]) -> None:
        while not self._ending.is_set():
            try:
                with psycopg.connect(
                    self._url(),
                    autocommit=True,
                    row_factory=psycopg.rows.dict_row,
                    application_name="exordos_mail certificates",
                    connect_timeout=10,
                ) as connection:
                    job(connection)
            except Exception as error:
                LOG.warning("certificates wait: %s: %s", type(error).__name__, error)
                self._ending.wait(_RETRY)

    def _serve(self, connection: orders.Connection) -> None:
        ca: authority.ACMEAccount | None = None
        while not self._ending.is_set():
            self._age(connection)
            if not CONF.mail.acme_directory or time.monotonic() < self._paused_until:
                self._ending.wait(PERIOD)
                continue
            found = orders.due(connection, 4 * self._workers)
            if found and ca is None:
                ca = _authority(connection)
            if not any([self._try(connection, ca, one) for one in found]):
                self._ending.wait(PERIOD)

    def _watch_hosts(self, connection: orders.Connection) -> None:
        """See to the host names of instances, in a thread of its own.

        Names of tenants may lead to name servers that take their time.
        """
        while not self._ending.is_set():
            found = hosts.claim(connection)
            for host in found:
                try:
                    hosts.look(host)
                except Exception:
                    # One that fails for ever must not keep the others waiting.
                    LOG.exception("the host name of instance %s", host.instance)
            if not found:
                self._ending.wait(PERIOD)

    def _try(
        self,
        connection: orders.Connection,
        ca: authority.ACMEAccount | None,
        uuid: sys_uuid.UUID,
    ) -> bool:
        """Make one attempt; tell whether there was one to make."""
        paused = time.monotonic() < self._paused_until
        if ca is None or paused or self._ending.is_set():
            return False
        with orders.held(connection, uuid) as order:
            if order is None:
                return False
            if order.is_former and not hosts.leads(order.hostname, order.addresses):
                hosts.drop(order)
                return True
            keys, is_over = key_file.existing(), self._ending.is_set
            one = attempt.Attempt(connection, ca, keys, self._challenges, is_over)
            self._pause(one.run(order))
        return True

    def _pause(self, wait: datetime.timedelta | None) -> None:
        """Ask for nothing for a while: an authority's limits are the account's."""
        if wait is not None:
            until = time.monotonic() + min(wait.total_seconds(), 3600.0)
            self._paused_until = max(self._paused_until, until)

    def _age(self, connection: orders.Connection) -> None:
        now = time.monotonic()
        if now >= self._next_age:
            self._next_age = now + AGE_PERIOD
            orders.age(connection)


def _authority(connection: orders.Connection) -> authority.ACMEAccount:
    """Return the account at the configured authority.

    Raises:
        keyring.KeyringError: its key cannot be opened.
    """
    directory = CONF.mail.acme_directory
    key = orders.account_key(connection, directory, key_file.existing())
    return authority.ACMEAccount(
        directory, key, CONF.mail.acme_email, CONF.mail.acme_ca_file
    )


def _has_address(name: str) -> bool:
    return not CONF.mail.acme_check_names or http_challenge.has_address(name)
