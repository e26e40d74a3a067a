# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The text that Prometheus reads."""

import collections.abc as abc

import prometheus_client
from prometheus_client import Metric
from prometheus_client.registry import Collector

from exordos_mail.send.metrics import counters


class _All(Collector):
    def __init__(self, gauges: list[Metric]) -> None:
        self._gauges = gauges

    def collect(self) -> abc.Iterator[Metric]:
        yield from counters.REGISTRY.collect()
        yield from self._gauges


def text(gauges: list[Metric]) -> bytes:
    """Return this process's counters and the gauges given."""
    return prometheus_client.generate_latest(_All(gauges))
