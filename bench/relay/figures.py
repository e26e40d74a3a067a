# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Messages in a second: taken inside TLS of who logs in, signed twice, and sent on.

All servers run at the same time, send to one host behind the cable, and are measured in
turns. A round ends when that host has all messages.
"""

import argparse
from concurrent import futures
import contextlib
import json
import os
import smtplib
import statistics
import subprocess
import sys
import time
import typing as tp

from bench import machine as machine_lib
from bench.relay import servers
from exordos_mail.dataplane.services.exim import probe
from tests.integration.exim import fixtures, payloads, waiting

_FAR, _COUNT_PORT = "192.0.2.26", 2626
_RECIPIENT = "bob@smarthost.test"
_DATE = "Date: Mon, 30 Nov 2026 00:00:00 +0000"
_TEXT = "".join(f"The quick brown fox jumps over line {n}.\r\n" for n in range(90))
#: Connections at once, and messages of each of them.
_ROWS = ((1, 1), (1, 10), (10, 1), (10, 10), (50, 1), (50, 10))


class Row(tp.NamedTuple):
    """Messages in a second that were taken, and that came to the host."""

    taken: float
    delivered: float


def _connection(server: servers.Server, client: int, messages: int) -> int:
    """Send messages on one connection; return how many."""
    sender = f"{servers.NAMES[client]}@example.com"
    head = f"From: {sender}\r\nTo: {_RECIPIENT}\r\n{_DATE}\r\n"
    with smtplib.SMTP("127.0.0.1", server.port, "bench.test", timeout=120) as smtp:
        smtp.starttls(context=probe.tls_context())
        smtp.login(sender, payloads.PASSWORD)
        for number in range(messages):
            own = (
                f"Message-ID: <{time.monotonic_ns()}.{client}.{number}@example.com>\r\n"
            )
            text = f"{head}{own}Subject: figures\r\n\r\n{_TEXT}"
            smtp.sendmail(sender, [_RECIPIENT], text)
    return messages


def _send(server: servers.Server, clients: int, messages: int, end: float) -> int:
    """Have so many clients connect again and again; return how many messages."""

    def client(number: int) -> int:
        count = 0
        while not count or time.monotonic() < end:
            count += _connection(server, number, messages)
        return count

    with futures.ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(client, range(clients)))


def _come() -> int:
    """Return how many messages the host behind the cable has."""
    command = [*fixtures.far_side_command(), sys.executable, "-c", _ASK]
    done = subprocess.run(command, check=True, capture_output=True)
    return int(json.loads(done.stdout))


def _come_at_all() -> bool:
    with contextlib.suppress(subprocess.CalledProcessError):
        return _come() == 0
    return False


_ASK = f"""
import socket
with socket.create_connection(("{_FAR}", {_COUNT_PORT})) as found:
    found.sendall(b"\\n")
    print(found.makefile().read())
"""


def _measure(server: servers.Server, row: tuple[int, int], seconds: float) -> Row:
    clients, messages = row
    before, start = _come(), time.monotonic()
    count = _send(server, clients, messages, start + seconds)
    taken = time.monotonic() - start
    waiting.until(lambda: _come() - before >= count, "all came", seconds=300)
    return Row(count / taken, count / (time.monotonic() - start))


def _show(row: tuple[int, int], found: dict[str, list[Row]]) -> None:
    """Print medians, and the medians of the ratios of rounds."""
    clients, messages = row
    print(f"{clients} connections, {messages} messages a connection:")
    for what in Row._fields:
        told = []
        ours = [getattr(one, what) for one in found["shipped"]]
        for name, rounds in found.items():
            theirs = [getattr(one, what) for one in rounds]
            pairs = zip(ours, theirs, strict=True)
            ratio = statistics.median(one / other for one, other in pairs)
            told.append(f"{name} {statistics.median(theirs):.1f} ({ratio:.2f})")
        print(
            f"  {what} a second (ratio of the shipped): {', '.join(told)}", flush=True
        )


@contextlib.contextmanager
def _far_side() -> tp.Iterator[None]:
    """Have a host behind the cable that takes everything."""
    far = fixtures.far_side_command()
    subprocess.run(
        [*far, "ip", "address", "replace", f"{_FAR}/24", "dev", "cable"], check=True
    )
    words = [
        sys.executable,
        "-m",
        "bench.send.sink",
        "25",
        str(_COUNT_PORT),
        "at",
        _FAR,
    ]
    paths = os.pathsep.join(sys.path)
    with (
        fixtures.far_side(),
        subprocess.Popen([*far, *words], env={"PYTHONPATH": paths}) as sink,
    ):
        waiting.until(_come_at_all, "the host listens")
        yield
        sink.terminate()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    told = parser.parse_args()
    print(machine_lib.facts(), flush=True)
    with _far_side(), contextlib.ExitStack() as stack:
        found = list(servers.all_of_them())
        for server in found:
            stack.callback(server.close)
        for row in _ROWS:
            rows: dict[str, list[Row]] = {server.name: [] for server in found}
            for number in range(told.rounds):
                for server in found if number % 2 else found[::-1]:
                    rows[server.name].append(_measure(server, row, told.seconds))
            _show(row, rows)
    print("load at the end:", os.getloadavg())
