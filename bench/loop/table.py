# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The table: goals, what was measured, and the verdicts."""

import dataclasses
import typing as tp

from bench.loop import samples as samples_lib

PASS, MISS, NOTE, NONE = "pass", "MISS", "", "NOT MEASURED"


@dataclasses.dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes:
        row: the row of the table that it belongs to.
        what: what was measured.
        value: None: it could not be measured, `note` says why.
        unit: `s`, `ms`, `%` of a core, `kB`, `/s`.
        limit: the goal; None: there is none, the figure only explains others.
        at_least: whether more is better.
        n: number of samples behind it.
        note: how it was measured, or what belongs to it.
    """

    row: str
    what: str
    value: float | None
    unit: str
    limit: float | None = None
    at_least: bool = False
    n: int = 1
    note: str = ""

    @property
    def verdict(self) -> str:
        """Judge the figure."""
        if self.value is None:
            return NONE
        if self.limit is None:
            return NOTE
        good = self.value >= self.limit if self.at_least else self.value <= self.limit
        return PASS if good else MISS

    def as_json(self) -> dict[str, tp.Any]:
        """Return the figure with its verdict."""
        return {**dataclasses.asdict(self), "verdict": self.verdict}


def percentiles(
    row: str,
    what: str,
    found: tp.Collection[float],
    limits: tuple[float | None, float | None] = (None, None),
    note: str = "",
) -> list[Figure]:
    """Return median and 95th percentile of samples in seconds, each with its goal."""
    said = samples_lib.summary(found)
    spread = f"min {said.min:.3f}, max {said.max:.3f}"
    note = f"{note}; {spread}" if note else spread
    return [
        Figure(row, f"{what}, p50", said.p50, "s", limits[0], n=said.n, note=note),
        Figure(row, f"{what}, p95", said.p95, "s", limits[1], n=said.n),
    ]


def line(figure: Figure) -> str:
    """Return one figure for the progress of a run."""
    return "  " + " ".join(filter(None, _cells(figure)))


def text(figures: tp.Sequence[Figure]) -> str:
    """Return the table for a person."""
    head = ("row", "what", "goal", "measured", "n", "verdict", "note")
    rows = [head, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head) - 1)]
    lines = [
        "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _cells(figure: Figure) -> tuple[str, ...]:
    sign = "≥" if figure.at_least else "≤"
    goal = "" if figure.limit is None else f"{sign} {_number(figure.limit, figure)}"
    measured = "" if figure.value is None else _number(figure.value, figure)
    return (
        figure.row,
        figure.what,
        goal,
        measured,
        str(figure.n),
        figure.verdict,
        figure.note,
    )


def _number(value: float, figure: Figure) -> str:
    shown = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{shown} {figure.unit}".rstrip()
