# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Resident memory of a process with a long queue."""

import time
import typing as tp

from bench.loop.table import Figure
from bench.send import mail, stand
from bench.send.options import Options

_GOAL, _GROWTH = 150, 10
_SAMPLES, _PAUSE = 20, 0.25


def memory(options: Options) -> tp.Iterator[Figure]:
    """With a tenth of the queue, with all of it, and while it is sent."""
    with stand.running() as (_, (service,)):
        client = service.client()
        client.call("PUT", "/v1/suspensions")
        tenth = options.queued // 10
        client.send(mail.batches("a", tenth, 1_000))
        little = service.memory()
        client.send(mail.batches("b", options.queued - tenth, 1_000))
        much = service.memory()
        client.call("DELETE", "/v1/suspensions")
        at_work = []
        for _ in range(_SAMPLES):
            at_work.append(service.memory())
            time.sleep(_PAUSE)
    yield Figure("memory", f"memory, {tenth:,} queued", little, "MB")
    what = f"memory, {options.queued:,} queued"
    yield Figure("memory", what, much, "MB", _GOAL, note="peer 94 MB")
    yield Figure(
        "memory",
        "  while they are sent, highest",
        max(at_work),
        "MB",
        _GOAL,
        n=_SAMPLES,
    )
    growth = 100 * (much / little - 1)
    yield Figure("memory", "  growth from a tenth (flat)", growth, "%", _GROWTH)
