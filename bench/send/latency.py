# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From the POST of an immediate message to the sink."""

import json
import time
import typing as tp

from bench.loop import samples
from bench.loop.table import Figure
from bench.send import mail, stand
from bench.send.options import Options
from bench.send.speed import fill

_PAUSE = 0.05
#: Messages that wait for the server that hangs.
_STUCK = 1_000


def idle(options: Options) -> tp.Iterator[Figure]:
    """Nothing else is there."""
    with stand.running() as (sink, (service,)):
        found = probe(sink, service, options.samples)
    yield _figure("idle", found, "p50", 20, "peer 373 ms")


def behind(options: Options) -> tp.Iterator[Figure]:
    """The same relay has a long queue, which is being sent meanwhile."""
    with stand.running() as (sink, (service,)):
        fill(service, options.queued)
        time.sleep(1)
        found = probe(sink, service, options.samples)
        left = options.queued + options.samples - sink.total()
    note = f"peer 600 to 6,400 ms; {left:,} still waited at the end"
    yield _figure(f"behind {options.queued:,}", found, "p50", 100, note)


def isolated(options: Options) -> tp.Iterator[Figure]:
    """Another tenant's server hangs, with mail waiting for it."""
    hanging = stand.Sink("hang")
    try:
        with stand.running() as (sink, (service,)):
            client = service.client()
            client.call("POST", "/v1/tenants", b'{"id": "a"}')
            relay = {
                "id": "default",
                "host": "127.0.0.1",
                "port": hanging.port,
                "tls": "none",
            }
            client.call("POST", "/v1/relays?tenant=a", json.dumps(relay).encode())
            client.send(mail.batches("r", _STUCK, 1_000), "/batch?tenant=a")
            client.send(
                mail.batches("r", 100, 100, priority="immediate"), "/batch?tenant=a"
            )
            found = probe(sink, service, options.samples)
            taken = hanging.total()
    finally:
        hanging.close()
    if taken:
        raise RuntimeError("the server that should hang has taken mail")
    yield _figure("beside a server that hangs", found, "p95", 100, "peer 9,200 ms")


def probe(sink: stand.Sink, service: stand.Service, count: int) -> list[float]:
    """Return the milliseconds of `count` messages, one after the other."""
    client = service.client()
    client.send([mail.single("probe-first@example.net", priority="immediate")], "")
    sink.next_probe()
    found = []
    for number in range(count):
        body = mail.single(f"probe{number}@example.net", priority="immediate")
        began = time.time()
        client.send([body], "")
        found.append(1000 * (sink.next_probe() - began))
        time.sleep(_PAUSE)
    return found


def _figure(
    where: str, found: list[float], which: str, goal: float, note: str
) -> Figure:
    said = samples.summary(found)
    value = {"p50": said.p50, "p95": said.p95}[which]
    spread = f"p50 {said.p50:.1f}, p95 {said.p95:.1f}, max {said.max:.1f}"
    return Figure(
        "latency",
        f"POST → sink, immediate, {where}, {which}",
        value,
        "ms",
        goal,
        n=said.n,
        note=f"{note}; {spread}",
    )
