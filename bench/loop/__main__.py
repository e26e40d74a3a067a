# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bring a stand up, measure the rows in it, take it down.

What can be measured and how is in ../README.md.
"""

import argparse
import pathlib
import signal
import subprocess
import sys
import typing as tp

REPO = pathlib.Path(__file__).resolve().parents[2]
STANDCTL = str(REPO / "tests/stand/standctl")
SAMPLES, NODES = 20, 200


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(
        prog="bench.loop",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("--rows", nargs="+", default=[], help="only these rows")
    found.add_argument("--samples", type=int, default=SAMPLES, metavar="N")
    found.add_argument(
        "--nodes", type=int, default=NODES, metavar="N", help="nodes of the row farm"
    )
    found.add_argument(
        "--plugin-source",
        type=pathlib.Path,
        default=REPO,
        metavar="TREE",
        help="work tree of the plugin to measure",
    )
    found.add_argument(
        "--json", type=pathlib.Path, default=pathlib.Path("output/bench-loop.json")
    )
    found.add_argument("--stand", default="bench", help="name of the stand")
    found.add_argument(
        "--keep",
        action="store_true",
        help="use the stand if it is up, and leave it up: for work on the rows",
    )
    return found


def main(argv: tp.Sequence[str] | None = None) -> int:
    """Run; return the status of the measuring program."""
    args = parser().parse_args(argv)
    ctl = [STANDCTL, "--name", args.stand]
    result = args.json.resolve()
    result.parent.mkdir(parents=True, exist_ok=True)
    # The stand must not outlive this program.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        if not (args.keep and _is_up(ctl)):
            tree = str(args.plugin_source.resolve())
            subprocess.run([*ctl, "up", "--plugin-source", tree], check=True)
        venv = subprocess.run(
            [*ctl, "venv", "dev"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()
        rows = ["--rows", *args.rows] if args.rows else []
        program = [f"{venv}/bin/python", "-m", "bench.loop.run", *rows]
        options = ["--samples", str(args.samples), "--nodes", str(args.nodes)]
        options += ["--json", str(result)]
        return subprocess.run(
            [*ctl, "exec", "--", *program, *options], cwd=REPO
        ).returncode
    finally:
        if not args.keep:
            subprocess.run([*ctl, "down"], check=True)


def _is_up(ctl: list[str]) -> bool:
    return not subprocess.run([*ctl, "status"], stdout=sys.stderr).returncode


if __name__ == "__main__":
    sys.exit(main())
