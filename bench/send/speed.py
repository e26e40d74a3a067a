# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

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
#: Rounds of which a figure is the median.
_ROUNDS, _DISPATCH_ROUNDS = 3, 5


def accept(options: Options) -> tp.Iterator[Figure]:
    """One client posts, one request after the other; nothing is due yet."""
    found: dict[int, list[_Acceptance]] = {size: [] for size in _ACCEPT}
    for _ in range(_ROUNDS):
        for size, (count, _, _) in _ACCEPT.items():
            found[size].append(_accepted(size, count))
    for size, (count, goal, peer) in _ACCEPT.items():
        rates = [one.rate for one in found[size]]
        cpu = statistics.median(one.cpu for one in found[size])
        yield Figure(
            "accept",
            f"accepted, batch {size}, SQLite with full sync",
            statistics.median(rates),
            "/s",
            goal,
            at_least=True,
            n=_ROUNDS * count,
            note=f"peer {peer}/s; {cpu:.0f} µs of CPU each; {_spread(rates)}",
        )


class _Acceptance(tp.NamedTuple):
    #: Messages a second, and microseconds of the service's CPU for each.
    rate: float
    cpu: float


def _accepted(size: int, count: int) -> _Acceptance:
    later = time.time() + 3600
    if size == 1:
        path = ""
        bodies = [
            mail.single(f"r{number}@example.net", send_at=later)
            for number in range(count)
        ]
    else:
        path = "/batch"
        bodies = mail.batches("r", count, size, send_at=later)
    with stand.running() as (_, (service,)):
        cpu = service.cpu()
        seconds = service.client().send(bodies, path)
        cpu = service.cpu() - cpu
    return _Acceptance(count / seconds, 1e6 * cpu / count)


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
    """What the sink takes in a second, with few and with many waiting.

    The two take turns, and each pair makes one ratio: a machine that becomes slower
    meanwhile does so for both.
    """
    pairs = [
        (_rate(_LEAD + _WINDOW), _rate(options.queued)) for _ in range(_DISPATCH_ROUNDS)
    ]
    for what, rates, peer in (
        ("empty queue behind", [few for few, _ in pairs], ""),
        (f"{options.queued:,} waiting", [many for _, many in pairs], "peer 34/s; "),
    ):
        yield Figure(
            "dispatch",
            f"dispatch, {what}",
            statistics.median(rates),
            "/s",
            n=len(rates),
            note=peer + _spread(rates),
        )
    ratios = [100 * many / few for few, many in pairs]
    yield Figure(
        "dispatch",
        "  against the empty queue",
        statistics.median(ratios),
        "%",
        90,
        at_least=True,
        n=len(ratios),
        note=_spread(ratios),
    )


def _rate(count: int) -> float:
    """Return the messages a second of one window, with so many in the queue."""
    with stand.running() as (sink, (service,)):
        fill(service, count)
        began, ended = arrivals(sink, [_LEAD, _LEAD + _WINDOW])
    return _WINDOW / (ended - began)


def _spread(found: tp.Sequence[float]) -> str:
    return f"{min(found):.0f} to {max(found):.0f}"


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
