# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Nothing lost, and what is doubled: kills under load, many processes."""

import concurrent.futures
import http.client
import itertools
import random
import signal
import threading
import time
import typing as tp

from bench.loop.table import Figure
from bench.send import mail, stand
from bench.send.options import Options
from tests.integration.support import waiting

_DATABASES = ("sqlite", "postgresql")
#: A process is killed so many seconds after it is ready.
_LONGEST = 1.5
_CLIENTS, _BATCH = 2, 5
_ALL = 10_000
_PATIENCE = 300.0


class _Load:
    """Clients that post without end and know what was accepted."""

    def __init__(self, service: stand.Service) -> None:
        self.accepted: list[str] = []
        self._service = service
        self._done = threading.Event()
        self._threads = [
            threading.Thread(target=self._post, args=(number,))
            for number in range(_CLIENTS)
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """End them."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _post(self, number: int) -> None:
        client, count = self._service.client(), 0
        while not self._done.is_set():
            names = [f"c{number}-{count + i}@example.net" for i in range(_BATCH)]
            count += _BATCH
            try:
                client.send([mail.batch(names)])
            except (OSError, http.client.HTTPException):
                # Killed: nobody knows whether these were accepted.
                client = self._service.client()
                time.sleep(0.02)
            else:
                self.accepted += names


def kills(options: Options) -> tp.Iterator[Figure]:
    """Kill the process at random moments, under load, on both databases at once."""
    with concurrent.futures.ThreadPoolExecutor() as both:
        for figures in both.map(_kill, _DATABASES, itertools.repeat(options.kills)):
            yield from figures


def _kill(database: str, kills: int) -> list[Figure]:
    with stand.running(database) as (sink, (service,)):
        load = _Load(service)
        for _ in range(kills):
            time.sleep(random.uniform(0, _LONGEST))  # noqa: S311 no secret
            service.end(signal.SIGKILL)
            service.start()
        load.end()
        client = service.client()
        _until_sent(client)
        taken = sink.by_recipient()
        twice = {name: count for name, count in taken.items() if count > 1}
        outside = [name for name in twice if not _was_released(client, name)]
    return [
        *_figures("kill", database, load.accepted, taken, kills),
        Figure(
            "kill",
            f"  doubled that no kill had in flight, {database}",
            len(outside),
            "",
            0,
            n=len(twice),
        ),
    ]


def processes(options: Options) -> tp.Iterator[Figure]:
    """Several processes accept and deliver from one queue."""
    for database in _DATABASES:
        for count in (2, 8):
            with stand.running(database, count) as (sink, services):
                bodies = mail.batches("r", _ALL, 100)
                began = time.monotonic()
                threads = [
                    threading.Thread(
                        target=service.client().send, args=(bodies[number::count],)
                    )
                    for number, service in enumerate(services)
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                client = services[0].client()
                _until_sent(client)
                seconds = time.monotonic() - began
                taken = sink.by_recipient()
            names = [f"r{number}@example.net" for number in range(_ALL)]
            lost, doubled = _figures(
                "processes", f"{count} processes, {database}", names, taken, 1
            )
            yield lost
            note = f"peer 264 of 300; {_ALL / seconds:.0f}/s end to end"
            yield Figure(
                doubled.row, doubled.what, doubled.value, "", 0, n=_ALL, note=note
            )


def _figures(
    row: str, where: str, accepted: list[str], taken: dict[str, int], runs: int
) -> tuple[Figure, Figure]:
    lost = sum(1 for name in accepted if name not in taken)
    doubled = sum(count - 1 for count in taken.values())
    return (
        Figure(row, f"accepted and lost, {where}", lost, "", 0, n=len(accepted)),
        Figure(row, f"doubled, {where}", doubled, "", n=runs),
    )


def _until_sent(client: stand.Client) -> None:
    waiting.until(
        lambda: client.call("GET", "/v1/messages/counts")["unfinished"] == 0,
        "everything to be sent",
        _PATIENCE,
    )


def _was_released(client: stand.Client, recipient: str) -> bool:
    """Tell whether a kill had the message in flight, as its events say."""
    listed = client.call("GET", f"/v1/messages?recipient={recipient}")["messages"]
    return any(
        event["type"] == "released"
        for one in listed
        for event in client.call("GET", f"/v1/messages/{one['id']}")["events"]
    )
