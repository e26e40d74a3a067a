# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The gateway as one of gservice's services: a thread with a loop of its own."""

import asyncio
import contextlib
import http
import logging
import threading
import typing as tp
import uuid as sys_uuid

from gcl_looper.services import basic
from oslo_config import cfg
import psycopg
import psycopg_pool
from websockets import http11
from websockets.asyncio import server

from exordos_mail import constants as c
from exordos_mail.controlplane import gateway_options, wakeup
from exordos_mail.controlplane.gateway import database, door, session
from exordos_mail.protocol import messages

LOG = logging.getLogger(__name__)
# The library writes a traceback for every stranger that talks rubbish.
_QUIET = logging.getLogger(__name__ + ".websockets")
_QUIET.setLevel(logging.CRITICAL)

RETRY = 5.0  # seconds
# Finds connections whose other end is gone without a word.
PING_INTERVAL, PING_TIMEOUT = 20.0, 20.0  # seconds


class GatewayService(basic.BasicService):
    """Answers nodes, and tells them when to ask (docs/adr/0010).

    Args:
        url: address of the database, asked for at every start.
    """

    __log_iteration__ = False

    def __init__(self, url: tp.Callable[[], str] = wakeup.database_url) -> None:
        super().__init__()
        self._url = url
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._changed = asyncio.Event()
        # Instances whose nodes are to be rung; None among them: all nodes.
        self._pending: set[sys_uuid.UUID | None] = set()

    def ring(self, instances: tp.Collection[sys_uuid.UUID] | None) -> None:
        """Have the nodes of these instances look, from any thread; None: all."""

        def note() -> None:
            self._pending.update([None] if instances is None else instances)
            self._changed.set()

        # Without a loop nobody is connected, and whoever connects looks at once.
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(note)

    def stop(self) -> None:
        """End the thread."""
        super().stop()
        if self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)

    def _setup(self) -> None:
        if not gateway_options.is_open():
            LOG.info("No node gateway: payloads carry everything")
            return
        # A daemon: it must not keep a process that ends.
        self._thread = threading.Thread(
            target=self._run, name="exordos_mail gateway", daemon=True
        )
        self._thread.start()

    def _iteration(self) -> None:
        """Do nothing: the thread works by itself."""

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._serve_for_ever())

    async def _serve_for_ever(self) -> None:
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                await self._serve()
            except Exception as error:
                # The port may still be held by the process that we replace.
                LOG.warning(
                    "No node gateway on port %d, next try in %.0f s: %s",
                    cfg.CONF.mail.gateway_port,
                    RETRY,
                    error if isinstance(error, OSError) else type(error).__name__,
                )
                await asyncio.sleep(RETRY)

    async def _serve(self) -> None:
        data = database.Database(self._url())
        try:
            entrance = door.Door(door.room())
            sessions = session.Sessions(data, entrance)
            async with server.serve(
                sessions.handle,
                cfg.CONF.mail.gateway_host,
                cfg.CONF.mail.gateway_port,
                process_request=_only_our_path,
                create_connection=door.guarded(entrance),
                compression=None,
                max_size=messages.FROM_NODE_MAX,
                open_timeout=session.INTRODUCTION,
                ping_interval=PING_INTERVAL,
                ping_timeout=PING_TIMEOUT,
                close_timeout=2,
                server_header=None,
                logger=_QUIET,
            ):
                LOG.info("Nodes are served on port %d", cfg.CONF.mail.gateway_port)
                await self._pass_rings_on(data, sessions)
        finally:
            data.close()

    async def _pass_rings_on(
        self, data: database.Database, sessions: session.Sessions
    ) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            instances, self._pending = self._pending, set()
            if None in instances:
                sessions.ring()
                continue
            try:
                agents = await data.agents([one for one in instances if one])
            except (psycopg.Error, psycopg_pool.PoolTimeout):
                continue  # They ask by themselves, only later.
            sessions.ring(agents)


def _only_our_path(
    connection: server.ServerConnection, request: http11.Request
) -> http11.Response | None:
    if request.path == c.GATEWAY_PATH:
        return None
    return connection.respond(http.HTTPStatus.NOT_FOUND, "")
