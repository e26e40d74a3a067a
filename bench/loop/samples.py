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

"""Samples and what is said about them."""

import dataclasses
import statistics
import typing as tp


@dataclasses.dataclass(frozen=True)
class Summary:
    """Number, minimum, median, 95th percentile and maximum of samples."""

    n: int
    min: float
    p50: float
    p95: float
    max: float


def summary(samples: tp.Collection[float]) -> Summary:
    """Describe samples; the percentile is the nearest rank that is not below.

    Raises:
        ValueError: there are none.
    """
    ordered = sorted(samples)
    if not ordered:
        raise ValueError("no samples")
    rank = -(-len(ordered) * 95 // 100)
    return Summary(
        len(ordered),
        ordered[0],
        statistics.median(ordered),
        ordered[rank - 1],
        ordered[-1],
    )
