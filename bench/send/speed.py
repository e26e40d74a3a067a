#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""How much in a second: acceptance, end to end, dispatch."""

import itertools
import statistics
import threading
import time
import typing as tp

from bench.loop.table import Figure
from bench.send import mail, stand
from bench.send.options import Options

#: Batch size: messages, goal, what the peer does.
_ACCEPT = {
    1: (2_000, 1_000, 214),
    100: (20_000, 10_000, 265),
    1_000: (60_000, 20_000, 331),
}
_WHOLE = 10_000
#: Messages of a window, and those before the first one.
_WINDOW, _LEAD = 5_000, 1_000
_WINDOWS = 3


def accept(options: Options) -> tp.Iterator[Figure]:
    """One client posts, one request after the other; nothing is due yet."""
    for size, (count, goal, peer) in _ACCEPT.items():
        with stand.running() as (_, (service,)):
            later = time.time() + 3600
            if size == 1:
                bodies = [
                    mail.single(f"r{number}@example.net", send_at=later)
                    for number in range(count)
                ]
            else:
                bodies = mail.batches("r", count, size, send_at=later)
            cpu = service.cpu()
            path = "" if size == 1 else "/batch"
            seconds = service.client().send(bodies, path)
            cpu = service.cpu() - cpu
        yield Figure(
            "accept",
            f"accepted, batch {size}, SQLite with full sync",
            count / seconds,
            "/s",
            goal,
            at_least=True,
            n=count,
            note=f"peer {peer}/s; {1e6 * cpu / count:.0f} µs of CPU each",
        )


def end_to_end(options: Options) -> tp.Iterator[Figure]:
    """From the first POST to the last message at the sink."""
    with stand.running() as (sink, (service,)):
        bodies = mail.batches("r", _WHOLE, 100)
        began, cpu = time.monotonic(), service.cpu()
        client = service.client()
        posting = threading.Thread(target=client.send, args=(bodies,))
        posting.start()
        moments = [
            began,
            *arrivals(sink, [_WHOLE * part // 4 for part in (1, 2, 3, 4)]),
        ]
        posting.join()
        cpu = service.cpu() - cpu
    yield Figure(
        "end-to-end",
        f"{_WHOLE:,} messages, batch 100",
        _WHOLE / (moments[-1] - began),
        "/s",
        500,
        at_least=True,
        n=_WHOLE,
        note=f"peer 4.8/s, stalls; {1e6 * cpu / _WHOLE:.0f} µs of CPU each",
    )
    rates = [
        _WHOLE / 4 / (after - before) for before, after in itertools.pairwise(moments)
    ]
    shown = ", ".join(f"{rate:.0f}" for rate in rates)
    yield Figure(
        "end-to-end",
        "  its slowest quarter (flat)",
        min(rates),
        "/s",
        500,
        at_least=True,
        note=f"by quarters {shown}",
    )


def dispatch(options: Options) -> tp.Iterator[Figure]:
    """What the sink takes in a second, with few and with many waiting."""
    few = [rate for _ in range(_WINDOWS) for rate in _rates(_LEAD + _WINDOW, 1)]
    many = _rates(options.queued, _WINDOWS)
    alone, crowded = statistics.median(few), statistics.median(many)
    yield Figure("dispatch", "dispatch, empty queue behind", alone, "/s", n=len(few))
    yield Figure(
        "dispatch",
        f"dispatch, {options.queued:,} waiting",
        crowded,
        "/s",
        n=len(many),
        note="peer 34/s",
    )
    yield Figure(
        "dispatch",
        "  against the empty queue",
        100 * crowded / alone,
        "%",
        90,
        at_least=True,
    )


def _rates(count: int, windows: int) -> list[float]:
    with stand.running() as (sink, (service,)):
        fill(service, count)
        marks = [_LEAD + _WINDOW * number for number in range(windows + 1)]
        moments = arrivals(sink, marks)
    return [_WINDOW / (after - before) for before, after in itertools.pairwise(moments)]


def fill(service: stand.Service, count: int) -> None:
    """Queue messages, and let them all become due at once."""
    client = service.client()
    client.call("PUT", "/v1/suspensions")
    client.send(mail.batches("bulk", count, min(count, 1_000)))
    client.call("DELETE", "/v1/suspensions")


def arrivals(sink: stand.Sink, marks: tp.Sequence[int]) -> list[float]:
    """Return the steady clock's moments at which so many were taken."""
    moments: list[float] = []
    while len(moments) < len(marks):
        now, taken = time.monotonic(), sink.total()
        while len(moments) < len(marks) and taken >= marks[len(moments)]:
            moments.append(now)
        time.sleep(0.01)
    return moments
