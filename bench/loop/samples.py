# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

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
