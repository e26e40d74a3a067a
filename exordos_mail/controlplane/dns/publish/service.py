# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The publisher as one of gservice's services: a thread of its own.

A name server that does not answer takes seconds of whoever waits for it, and the
thread of gservice's loop belongs to all plugins.
"""

import contextlib
import logging
import select
import threading
import typing as tp
import uuid as sys_uuid

from gcl_looper.services import basic
import psycopg
import psycopg.rows

from exordos_mail import constants as c
from exordos_mail.controlplane import publish_options, wakeup
from exordos_mail.controlplane.dns.publish import (
    key_file,
    provider,
    publisher,
    rows,
    update_server,
)

LOG = logging.getLogger(__name__)

#: Sent by triggers of mail_domains.
CHANNEL = "exordos_mail_dns"
# Domains that are claimed together, and seconds between two claims without notice.
BATCH, PERIOD = 10, 2.0
RETRY = 5.0  # seconds after the database was away


class Publisher(basic.BasicService):
    """Publishes the records of domains whose tenants ask for it.

    Args:
        url: address of the database, asked for at every connect.
        providers: by the words of a domain's `publish`.
    """

    __log_iteration__ = False

    def __init__(
        self,
        url: tp.Callable[[], str] = wakeup.database_url,
        providers: publisher.Providers | None = None,
    ) -> None:
        super().__init__()
        self._url = url
        self._providers = providers if providers is not None else of_options()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def stop(self) -> None:
        """End the thread."""
        super().stop()
        self._closing.set()

    def _setup(self) -> None:
        # A daemon: it must not keep a process that ends.
        self._thread = threading.Thread(
            target=self._run, name="exordos_mail publisher", daemon=True
        )
        self._thread.start()

    def _iteration(self) -> None:
        """Do nothing: the thread does."""

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._serve()
            except Exception as error:
                # Whatever it is, published records must not end with it.
                LOG.exception("The publisher begins anew: %s", type(error).__name__)
                self._closing.wait(RETRY)

    def _serve(self) -> None:
        with psycopg.connect(
            self._url(),
            autocommit=True,
            application_name="exordos_mail publisher",
            connect_timeout=10,
            row_factory=psycopg.rows.dict_row,
        ) as connection:
            for channel in (CHANNEL, c.CHANGES_CHANNEL):
                connection.execute(f"LISTEN {channel}")
            while not self._closing.is_set():
                claimed = rows.claim(connection, BATCH)
                for one in claimed:
                    publisher.look(connection, one, self._providers)
                self._listen(connection, 0 if claimed else PERIOD)

    def _listen(self, connection: rows.Connection, seconds: float) -> None:
        """Wait for a notice; a changed instance may have other records."""
        if seconds:
            select.select([connection], [], [], seconds)
        notices = list(connection.notifies(timeout=0))
        instances = set()
        for one in notices:
            if one.channel == c.CHANGES_CHANNEL:
                with contextlib.suppress(ValueError):
                    instances.add(sys_uuid.UUID(one.payload))
        if instances:
            rows.hasten(connection, instances)


def of_options() -> dict[str, tp.Callable[[sys_uuid.UUID], provider.Provider]]:
    """Return the providers that the operator has set up."""
    return {"rfc2136": _update_server}


def _update_server(_: sys_uuid.UUID) -> provider.Provider:
    address, path = (
        publish_options.CONF.mail.dns_update_server,
        publish_options.CONF.mail.dns_update_key_file,
    )
    if not address or not path:
        raise provider.PublishFailure(
            "publish = rfc2136 is not possible here: the operator has set up no server"
        )
    try:
        key = key_file.read(path)
    except key_file.KeyFileError as error:
        LOG.error("No records can be published: %s", error)
        raise provider.PublishFailure("the operator's key cannot be used") from None
    return update_server.UpdateServer(
        address, publish_options.CONF.mail.dns_update_port, key
    )
