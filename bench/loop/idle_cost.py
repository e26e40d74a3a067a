# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What an instance costs while nobody changes anything."""

import typing as tp

from bench.loop import bench as bench_lib
from bench.loop import platform, table

ACCOUNTS = 10_000
AGENT = 0.5  # % of a core
CONTROL_PLANE = 0.2


class IdleCost:
    """The agent, and the control plane with the node minus that without it."""

    name = "idle"
    accounts = ACCOUNTS

    def measure(self, bench: bench_lib.Bench) -> tp.Iterator[table.Figure]:
        """Compare two idle minutes."""
        empty, idle = bench.empty.rates, bench.idle(ACCOUNTS).rates
        yield table.Figure(
            self.name,
            "node agent",
            idle[platform.AGENT] * 100,
            "%",
            AGENT,
            note=f"over {bench_lib.IDLE:.0f} s",
        )
        more = {
            name: (idle[name] - empty[name]) * 100 for name in platform.CONTROL_PLANE
        }
        parts = ", ".join(f"{name} {value:.3f}" for name, value in more.items())
        yield table.Figure(
            self.name,
            "control plane per node",
            sum(more.values()),
            "%",
            CONTROL_PLANE,
            note=f"one node; {parts}",
        )
