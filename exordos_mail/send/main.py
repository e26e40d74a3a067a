# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`exordos-mail-send serve`: the service as a process."""

import asyncio
import collections.abc as abc
import contextlib
import dataclasses
import gc
import logging
import os
import pathlib
import resource
import signal
import socket
import sys
import typing as tp

import click
from starlette.types import ASGIApp
import uvicorn

from exordos_mail.send import (
    assembly,
    clock,
    keyfiles,
    logs,
    options,
    program,
    seed,
    service,
    settings,
    starting,
)
from exordos_mail.send.api import app
from exordos_mail.send.certificate import Certificate
from exordos_mail.send.managed import apply, node_server
from exordos_mail.send.managed.handlers import Handlers
from exordos_mail.send.net import unix_socket
from exordos_mail.send.net.door import ConnectionBounds, Door
from exordos_mail.send.net.listener import HttpServer
from exordos_mail.send.smtp import greeting_name
from exordos_mail.send.storage import database
from exordos_mail.send.unsubscribe import link_keys
from exordos_mail.send.unsubscribe.links import Links
from exordos_mail.standards import watchdog

log = logging.getLogger(__name__)
T = tp.TypeVar("T")
#: New objects after which garbage is looked for; the system's default is 700. A
#: batch of 1,000 messages has tens of thousands, none of which is garbage yet.
_COLLECT_AFTER = 50_000
#: Collections of the young after which the older and the oldest are looked at, too:
#: the oldest after some million objects, else what they hold is never given back.
_GENERATIONS = (10, 5)


def run(**given: tp.Any) -> None:
    """Run the service until it is told to stop."""
    # Of files and directories that somebody else's code makes, too: SQLite's.
    os.umask(0o077)
    try:
        chosen = settings.read(given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    logs.begin()
    _raise_file_limit()
    _collect_less_often()
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve(chosen))
    else:
        uvloop.run(serve(chosen))


command = click.Command(
    "serve", callback=run, params=list(options.OPTIONS), help="Run the service."
)


class _Begun(tp.NamedTuple):
    """What runs, and what it listens on."""

    running: service.Service
    servers: list[HttpServer]
    listeners: list[socket.socket]
    certificate: Certificate | None
    #: The admin token, if it is to be shown.
    token: str | None


async def serve(chosen: settings.Settings) -> None:
    """Run the service until SIGTERM or SIGINT, also while it starts.

    Raises:
        CannotStart: with the reason, in one line.
    """
    # From the beginning: the first process of a container dies of no signal that
    # it does not handle.
    stop = _on_signals()
    async with contextlib.AsyncExitStack() as undo:
        with starting.told():
            begun = await _unless(stop, _start(chosen, undo))
        if begun is not None:
            _announce(begun.listeners[0], begun.token, chosen)
            alive = asyncio.create_task(_stay_alive())
            await _serve_http(begun, stop)
            alive.cancel()


async def _stay_alive() -> None:
    """Tell systemd that the event loop goes round, for as long as it does."""
    pause = watchdog.pause()
    while pause is not None:
        watchdog.alive()
        await asyncio.sleep(pause)


def _on_signals() -> asyncio.Event:
    """Return what is set when somebody wants the process to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _unless(stop: asyncio.Event, start: abc.Coroutine[None, None, T]) -> T | None:
    """Return what a start comes to; None: it was stopped first."""
    begin, end = asyncio.create_task(start), asyncio.create_task(stop.wait())
    await asyncio.wait((begin, end), return_when=asyncio.FIRST_COMPLETED)
    end.cancel()
    if begin.done():
        return begin.result()
    begin.cancel()
    await asyncio.wait((begin,))
    return None


async def _start(chosen: settings.Settings, undo: contextlib.AsyncExitStack) -> _Begun:
    """Start everything but the HTTP servers; `undo` stops it again."""
    starting.prepare(chosen)
    if chosen.ehlo_name is None:
        name = await greeting_name.look_up()
        chosen = dataclasses.replace(chosen, ehlo_name=name)
    certificate = Certificate(*chosen.tls) if chosen.tls else None
    node = node_server.read(chosen)
    base = starting.open_database(chosen)
    undo.push_async_callback(asyncio.to_thread, base.close)
    await starting.migrate(base, chosen.database_wait)
    secrets = await starting.open_vault(base, chosen.places)
    token, new = keyfiles.admin_token(chosen.places)
    keys = await base.write(link_keys.adopt, secrets, clock.now())
    links = Links(keys, chosen.public_url)
    running = assembly.build(chosen, base, token, secrets, links)
    door = Door(_bounds(chosen))
    servers = [_server(app.build(running), door, certificate)]
    listeners = [_listen(chosen)]
    if chosen.control is None:
        # Of processes that start together, another one may have done it.
        with contextlib.suppress(database.Conflict):
            note = await base.write(seed.seed, chosen.smtp)
            if note is not None:
                log.warning("%s", note)
    else:
        # Who logs in to the node's server has another password after a loss.
        await base.write(apply.refresh, node, running.secrets, clock.now())
        table = Handlers(node, certificate).table()
        # The agent is not kept out by those who come from the network.
        servers.append(_server(app.build(running, table), Door()))
        listeners.append(unix_socket.make(chosen.control))
    undo.push_async_callback(running.offload.stop)
    await running.offload.start()
    undo.push_async_callback(running.dispatcher.stop)
    await running.dispatcher.start()
    # First, because they work in the name of the dispatcher's worker.
    undo.push_async_callback(running.mailboxes.stop)
    running.mailboxes.start()
    undo.push_async_callback(running.webhooks.stop)
    running.webhooks.start()
    shown = token if new and chosen.control is None else None
    return _Begun(running, servers, listeners, certificate, shown)


def _bounds(chosen: settings.Settings) -> ConnectionBounds:
    """Return the bounds of HTTP connections: half of the system's files at the most.

    The others are for deliveries, webhooks and the database.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = chosen.connections.connections
    return dataclasses.replace(chosen.connections, connections=min(most, files // 2))


def _server(
    application: ASGIApp, door: Door, certificate: Certificate | None = None
) -> HttpServer:
    config = uvicorn.Config(
        application,
        interface="asgi3",
        ws="none",
        lifespan="off",
        proxy_headers=False,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    return HttpServer(
        config, door, None if certificate is None else certificate.context
    )


async def _serve_http(begun: _Begun, stop: asyncio.Event) -> None:
    async def end() -> None:
        await stop.wait()
        begun.running.stopping.set()
        begun.running.bell.ring()
        for server in begun.servers:
            server.should_exit = True

    tasks = [asyncio.create_task(end())]
    if begun.certificate is not None:
        tasks.append(asyncio.create_task(begun.certificate.watch()))
    try:
        await asyncio.gather(
            *(
                server.serve(sockets=[one])
                for server, one in zip(begun.servers, begun.listeners, strict=True)
            )
        )
    finally:
        for task in tasks:
            task.cancel()


def _listen(chosen: settings.Settings) -> socket.socket:
    if isinstance(chosen.listen, pathlib.Path):
        return unix_socket.make(chosen.listen, chosen.listen_group)
    host, port = chosen.listen
    # All addresses of both families; a machine may have no IPv6.
    both = host == "::" and socket.has_dualstack_ipv6()
    if host == "::" and not both:
        host = "0.0.0.0"  # noqa: S104 asked for
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.create_server(
        (host, port), family=family, backlog=1024, dualstack_ipv6=both
    )
    made.setblocking(False)
    return made


def _announce(
    public: socket.socket, token: str | None, chosen: settings.Settings
) -> None:
    if isinstance(chosen.listen, pathlib.Path):
        print(f"listening on unix:{chosen.listen}", flush=True)
    else:
        host, port = public.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        scheme = "https" if chosen.tls else "http"
        print(f"listening on {scheme}://{shown}:{port}/v1/", flush=True)
    # What is not a terminal keeps it: a journal, the log of a container.
    if token is not None and sys.stdout.isatty():
        print(f"admin token, shown once: {token}", flush=True)
    elif token is not None:
        where = chosen.places.of(keyfiles.ADMIN_TOKEN)
        print(f"admin token is new, and is in {where}", flush=True)
    print(f"data in {chosen.data}", flush=True)


def _raise_file_limit() -> None:
    """Allow as many connections as the system lets us have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _collect_less_often() -> None:
    """Look for garbage less often, and never in the program itself.

    It took a fifth of the time of accepting large batches.
    """
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, *_GENERATIONS)


if __name__ == "__main__":
    sys.exit(program.main())
