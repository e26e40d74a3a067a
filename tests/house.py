# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`python -m tests.house`: how large and how entangled the product is.

Prints one line for each measure: what it is now, the most that it may be, and the goal.
A measure above its most fails; who makes one smaller lowers its most, so that nothing
grows back. Part of `make lint`.
"""

import importlib
import pathlib
import pkgutil
import re
import sys
import typing as tp

import grimp

ROOT = pathlib.Path(__file__).resolve().parents[1]
PRODUCT = ROOT / "exordos_mail"
_LONG, _TOO_LONG = 300, 400
_HEAD = re.compile(r"# SPDX-")


class Measure(tp.NamedTuple):
    """A number that must not grow."""

    what: str
    now: int
    most: int
    goal: int
    #: What it counts, where that is a list.
    names: tp.Sequence[str] = ()


def _sources() -> list[pathlib.Path]:
    return sorted(PRODUCT.rglob("*.py"))


def _lines(source: pathlib.Path) -> int:
    """Return how many lines are neither blank nor the licence's head."""
    lines = source.read_text().splitlines()
    return sum(1 for line in lines if line.strip() and not _HEAD.match(line))


def files_with(word: str) -> list[str]:
    """Return the product's files that name something (Python and SQL)."""
    whole = re.compile(rf"\b{re.escape(word)}\b")
    return [
        str(source.relative_to(ROOT))
        for source in sorted([*PRODUCT.rglob("*.py"), *PRODUCT.rglob("*.sql")])
        if whole.search(source.read_text())
    ]


def longer_than(limit: int) -> list[str]:
    """Return the product's modules that have more lines than that, all counted."""
    return [
        str(source.relative_to(ROOT))
        for source in _sources()
        if len(source.read_text().splitlines()) > limit
    ]


def cycles(graph: grimp.ImportGraph) -> list[str]:
    """Return modules that import themselves by way of others."""
    return sorted(
        module
        for module in graph.modules
        if any(
            module in graph.find_downstream_modules(imported)
            and _imports(graph, imported, module)
            for imported in graph.find_modules_directly_imported_by(module)
        )
    )


def _imports(graph: grimp.ImportGraph, importer: str, imported: str) -> bool:
    return graph.find_shortest_chain(importer=importer, imported=imported) is not None


def longest_model() -> type:
    """Return the class of the control plane with the most bases."""
    package = importlib.import_module("exordos_mail.controlplane")
    found: set[type] = set()
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        members = vars(importlib.import_module(module.name)).values()
        found |= {one for one in members if isinstance(one, type)}
    ours = [one for one in found if one.__module__.startswith(package.__name__)]
    return max(ours, key=lambda one: (len(one.__mro__), one.__qualname__))


def measures() -> list[Measure]:
    """Return every measure, taken now."""
    graph = grimp.build_graph("exordos_mail", cache_dir=None)
    relay = files_with("timeout_seconds")
    long, too_long = longer_than(_LONG), longer_than(_TOO_LONG)
    circular = cycles(graph)
    model = longest_model()
    lines = sum(_lines(source) for source in _sources())
    return [
        Measure("files that name one field of a relay", len(relay), 4, 5, relay),
        Measure("lines of Python, without heads and blanks", lines, 64_000, 20_500),
        Measure(f"classes in the MRO of {model.__name__}", len(model.__mro__), 18, 18),
        Measure(f"modules over {_LONG} lines", len(long), 14, 3, long),
        Measure(f"modules over {_TOO_LONG} lines", len(too_long), 0, 0, too_long),
        Measure("modules in import cycles", len(circular), 0, 0, circular),
    ]


def main() -> int:
    """Print the measures; 1 if one is above its most."""
    failed = False
    for one in measures():
        bad = one.now > one.most
        failed |= bad
        word = "FAIL" if bad else "ok  " if one.now > one.goal else "goal"
        print(
            f"{word} {one.now:>6}  most {one.most:>6}  goal {one.goal:>6}  {one.what}"
        )
        if bad:
            print(*(f"       {name}" for name in one.names), sep="\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
