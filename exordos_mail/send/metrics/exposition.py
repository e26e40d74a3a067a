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
