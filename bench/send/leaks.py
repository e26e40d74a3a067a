# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whether memory comes back: after many requests at once, after many refused calls."""

import contextlib
import http.client
import socket
import time
import typing as tp

from bench.loop.table import Figure
from bench.send import stand
from bench.send.options import Options

_ROUNDS = 3
#: Seconds after which memory is looked at.
_REST = 10.0
#: Percent by which the last round may be above the first.
_GROWTH = 10.0
_PIPELINED = 30_000_000
_REFUSED = 100_000


def pipelined(options: Options) -> tp.Iterator[Figure]:
    """30 MB of requests without a token on one connection, then the end."""
    yield from _rounds("pipelined", "30 MB of pipelined requests", _pipeline)


def refused(options: Options) -> tp.Iterator[Figure]:
    """100,000 calls with tokens that open nothing."""
    yield from _rounds("refused", f"{_REFUSED:,} refused calls", _refuse)


def _rounds(
    row: str, what: str, work: tp.Callable[[stand.Service], None]
) -> tp.Iterator[Figure]:
    with stand.running() as (_, (service,)):
        before = service.memory()
        seen = []
        for _ in range(_ROUNDS):
            work(service)
            time.sleep(_REST)
            seen.append(service.memory())
    shown = ", ".join(f"{one:.1f}" for one in seen)
    note = f"{before:.1f} MB before; {shown} MB {_REST:.0f} s after each round"
    growth = 100 * (max(seen) / seen[0] - 1)
    yield Figure(row, f"growth by {what}", growth, "%", _GROWTH, n=_ROUNDS, note=note)


def _pipeline(service: stand.Service) -> None:
    request = b"GET /v1/messages HTTP/1.1\r\nHost: a\r\n\r\n"
    data = request * (_PIPELINED // len(request))
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.settimeout(5)
        # The service reads no more than it answers, and nobody takes the answers.
        with contextlib.suppress(OSError):
            connection.sendall(data)


def _refuse(service: stand.Service) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    for number in range(_REFUSED):
        headers = {"Authorization": f"Bearer no-such-token-{number}"}
        connection.request("GET", "/v1/messages", headers=headers)
        connection.getresponse().read()
    connection.close()
