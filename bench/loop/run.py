# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Measure the rows that were asked for, inside a stand (see __main__.py)."""

import argparse
import json
import os
import pathlib
import time
import typing as tp

from bench import machine
from bench.loop import (
    account_latency,
    bulk,
    change_cost,
    domain_latency,
    farm,
    idle_cost,
    instance_latency,
    request_time,
    table,
)
from bench.loop import bench as bench_lib


def rows() -> list[bench_lib.Row]:
    """Return all rows in the order in which they are measured.

    The common instance only grows, and the farm leaves a stand behind that is
    good for nothing else.
    """
    first, second, third = account_latency.SIZES
    return [
        instance_latency.InstanceLatency(),
        account_latency.AccountLatency(first),
        account_latency.AccountLatency(second),
        idle_cost.IdleCost(),
        change_cost.ChangeCost(),
        bulk.Bulk(),
        account_latency.AccountLatency(third),
        *request_time.rows(),
        domain_latency.DomainLatency(),
        farm.Farm(),
    ]


# These compare with a platform that has no instance yet.
COMPARING = ("idle", "farm")


def measure(
    bench: bench_lib.Bench, wanted: tp.Sequence[bench_lib.Row]
) -> tp.Iterator[table.Figure]:
    """Yield the figures; a row that fails says so and is not the end."""
    if any(row.name in COMPARING for row in wanted):
        _ = bench.empty
    for row in wanted:
        bench_lib.say(f"row {row.name}")
        try:
            if row.accounts is not None:
                bench.fill(row.accounts)
            for figure in row.measure(bench):
                bench_lib.say(table.line(figure))
                yield figure
        except bench_lib.NotMeasurable as error:
            yield table.Figure(row.name, "", None, "", note=str(error), n=0)
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            bench_lib.say(f"  failed: {text}")
            yield table.Figure(row.name, "", None, "", note=text, n=0)


def main() -> None:
    """Measure, print the table and the JSON, and write the JSON to a file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", nargs="*", choices=[row.name for row in rows()])
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--json", type=pathlib.Path, required=True)
    args = parser.parse_args()
    bench = bench_lib.Bench(args.samples, args.nodes)
    wanted = [row for row in rows() if not args.rows or row.name in args.rows]
    result: dict[str, tp.Any] = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "plugin": machine.tree(bench.platform.stand.facts()["plugin"]),
        "machine": machine.facts(),
    }
    began = time.monotonic()
    try:
        figures = list(measure(bench, wanted))
    finally:
        bench.close()
    result["took_s"] = round(time.monotonic() - began)
    result["load_after"] = os.getloadavg()
    result["figures"] = [figure.as_json() for figure in figures]
    print(table.text(figures))
    print(json.dumps(result, ensure_ascii=False))
    args.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
