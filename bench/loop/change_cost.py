# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What one change costs: CPU of gservice, octets to PostgreSQL and to the node."""

import secrets
import statistics
import time
import typing as tp

from bench.loop import bench as bench_lib
from bench.loop import platform, table

ACCOUNTS = 10_000
CPU = 0.05  # seconds
OCTETS = 100.0  # kB, written and sent together
# One change in each window; the loops have come round before the next.
WINDOW = 3.0  # seconds


class ChangeCost:
    """Changes one by one, minus what the platform does anyway."""

    name = "change"
    accounts = ACCOUNTS

    def measure(self, bench: bench_lib.Bench) -> tp.Iterator[table.Figure]:
        """Create accounts and compare with the idle counters."""
        idle = bench.idle(ACCOUNTS).rates
        costs = [_change(bench, idle) for _ in range(bench.samples)]
        n = len(costs)
        cpu = [cost[platform.GSERVICE] for cost in costs]
        yield table.Figure(
            self.name,
            "CPU of gservice, mean",
            statistics.fmean(cpu),
            "s",
            CPU,
            n=n,
            note=f"p50 {statistics.median(cpu):.4f}; idle "
            f"{idle[platform.GSERVICE] * 100:.2f} % of a core subtracted",
        )
        wal = statistics.median(cost[platform.WAL] for cost in costs) / 1000
        wire = statistics.median(cost[platform.WIRE] for cost in costs) / 1000
        yield table.Figure(
            self.name, "to PostgreSQL + to the node, p50", wal + wire, "kB", OCTETS, n=n
        )
        yield table.Figure(
            self.name,
            "  WAL of the whole cluster",
            wal,
            "kB",
            n=n,
            note="with the API's own rows; no full pages (off on the stand); idle "
            f"{idle[platform.WAL] / 1000:.1f} kB/s (mostly Core) subtracted",
        )
        yield table.Figure(
            self.name,
            "  received by the node",
            wire,
            "kB",
            n=n,
            note="all frames on its interface; idle "
            f"{idle[platform.WIRE] / 1000:.1f} kB/s subtracted",
        )


def _change(bench: bench_lib.Bench, idle: tp.Mapping[str, float]) -> dict[str, float]:
    instance, node = bench.instance, bench.node
    before = bench.platform.read(node)
    instance.add(f"c{secrets.token_hex(6)}")
    instance.settle()
    time.sleep(max(0.0, before.at + WINDOW - time.monotonic()))
    growth = bench.platform.read(node).since(before)
    return {name: value - idle[name] * growth.at for name, value in growth.of.items()}
