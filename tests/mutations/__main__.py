# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`python -m tests.mutations [NAME...]`: does a unit test notice each fault?

Each mutation of the table is written into a copy of the tree, in which its unit tests
run. Prints `caught` or `NOT CAUGHT` for each, and the score. Fails if one is not
caught, or if its text is not in the code any more. Part of `make test-long`.
"""

import concurrent.futures as futures
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import typing as tp

from tests.mutations.mutation import ROOT, Mutation, Stale
from tests.mutations.table import MUTATIONS

#: Seconds after which tests that do not end have noticed a fault.
_LONGEST = 180.0
#: How pytest ends: all passed, some failed, some could not be read.
_PASSED, _FAILED, _UNREADABLE = 0, 1, 2
_LEFT_OUT = shutil.ignore_patterns(
    ".git",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    "build",
    "dist",
)


class Broken(Exception):
    """The tests cannot be judged by: they fail, or do not run, without a fault."""


def main(names: list[str]) -> int:
    """Try the mutations of these names, or all; return the exit code."""
    unknown = set(names) - {one.name for one in MUTATIONS}
    if unknown:
        print(f"no such mutation: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    chosen = [one for one in MUTATIONS if not names or one.name in names]
    try:
        for one in chosen:
            one.mutated()
        with tempfile.TemporaryDirectory() as directory:
            return _report(chosen, pathlib.Path(directory))
    except (Stale, Broken) as error:
        print(error, file=sys.stderr)
        return 2


def _report(chosen: list[Mutation], directory: pathlib.Path) -> int:
    caught = 0
    for one, noticed in _tried(chosen, directory):
        caught += noticed
        print(f"{'caught' if noticed else 'NOT CAUGHT':10}  {one.name}", flush=True)
        if not noticed:
            print(f"{'':12}{one.breaks} ({one.file})", flush=True)
    print(f"mutations: {caught} of {len(chosen)} caught")
    return 0 if caught == len(chosen) else 1


def _tried(
    chosen: list[Mutation], directory: pathlib.Path
) -> tp.Iterator[tuple[Mutation, bool]]:
    """Return whether each is noticed, in the order of the table."""
    trees: queue.SimpleQueue[pathlib.Path] = queue.SimpleQueue()
    count = os.cpu_count() or 1
    for number in range(count):
        tree = directory / str(number)
        shutil.copytree(ROOT, tree, ignore=_LEFT_OUT, symlinks=True)
        trees.put(tree)
    _check(chosen, directory / "0")
    with futures.ThreadPoolExecutor(count) as pool:
        yield from zip(
            chosen, pool.map(lambda one: _is_caught(one, trees), chosen), strict=True
        )


def _check(chosen: list[Mutation], tree: pathlib.Path) -> None:
    """See that the tests pass while nothing is wrong.

    Raises:
        Broken: they do not.
    """
    tests = sorted({test for one in chosen for test in one.tests})
    code, output = _run(tree, tests)
    if code != _PASSED:
        raise Broken(f"without any mutation, the unit tests fail:\n{output}")


def _is_caught(one: Mutation, trees: "queue.SimpleQueue[pathlib.Path]") -> bool:
    tree = trees.get()
    file = tree / one.file
    sound = file.read_text()
    try:
        file.write_text(one.mutated(tree))
        code, output = _run(tree, one.tests)
    finally:
        file.write_text(sound)
        trees.put(tree)
    if code not in (_PASSED, _FAILED, _UNREADABLE):
        raise Broken(f"{one.name}: pytest ends with {code}:\n{output}")
    return code != _PASSED


def _run(tree: pathlib.Path, tests: tp.Iterable[str]) -> tuple[int, str]:
    """Return how pytest ends in a tree, and what it says."""
    words = ("pytest", "-x", "-q", "-p", "no:cacheprovider")
    paths = [f"tests/unit/{test}" for test in tests]
    try:
        done = subprocess.run(
            [sys.executable, "-m", *words, *paths],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _FAILED, "the tests do not end"
    return done.returncode, done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
