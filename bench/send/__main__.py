# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Measure the rows of the send service's numbers (see README.md)."""

import argparse
import json
import os
import pathlib
import sys
import time
import typing as tp

from bench import machine
from bench.loop import table
from bench.send import durability, front, latency, leaks, memory, speed, stalls, stand
from bench.send.options import Options

Row = tp.Callable[[Options], tp.Iterator[table.Figure]]
ROWS: dict[str, Row] = {
    "accept": speed.accept,
    "front": front.front,
    "end-to-end": speed.end_to_end,
    "idle": latency.idle,
    "behind": latency.behind,
    "dispatch": speed.dispatch,
    "isolated": latency.isolated,
    "memory": memory.memory,
    "pipelined": leaks.pipelined,
    "refused": leaks.refused,
    "stalls": stalls.stalls,
    "processes": durability.processes,
    "kill": durability.kills,
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(prog="bench.send", description=__doc__)
    given = Options()
    found.add_argument("--rows", nargs="+", choices=list(ROWS), help="only these rows")
    for name in ("samples", "queued", "kills", "tries"):
        default = getattr(given, name)
        found.add_argument(f"--{name}", type=int, default=default, metavar="N")
    found.add_argument(
        "--json", type=pathlib.Path, default=pathlib.Path("output/bench-send.json")
    )
    return found


def measure(rows: tp.Iterable[str], options: Options) -> tp.Iterator[table.Figure]:
    """Yield the figures; a row that fails says so and is not the end."""
    for name in rows:
        _say(f"row {name}")
        try:
            for figure in ROWS[name](options):
                _say(table.line(figure))
                yield figure
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            _say(f"  failed: {text}")
            yield table.Figure(name, "", None, "", note=text, n=0)


def main(argv: tp.Sequence[str] | None = None) -> int:
    """Measure, print the table and the JSON, and write the JSON to a file."""
    args = parser().parse_args(argv)
    options = Options(args.samples, args.queued, args.kills, args.tries)
    result: dict[str, tp.Any] = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "code": machine.tree(str(stand.ROOT)),
        "machine": machine.facts(),
        "peer": "the figures of issue 5, not measured in this run",
    }
    began = time.monotonic()
    figures = list(measure(args.rows or ROWS, options))
    result["took_s"] = round(time.monotonic() - began)
    result["load_after"] = os.getloadavg()
    result["figures"] = [figure.as_json() for figure in figures]
    print(table.text(figures))
    print(f"peer: {result['peer']}")
    print(json.dumps(result, ensure_ascii=False))
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
