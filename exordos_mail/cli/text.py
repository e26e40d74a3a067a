# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Answers as people read them."""

import json
import typing as tp

from exordos_mail.schema import health
from exordos_mail.standards.program import one_line

Row = tp.Mapping[str, tp.Any]


def plain(value: object) -> str:
    """Return a value as one line without control characters."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (dict, list)):
        found = json.dumps(value, ensure_ascii=False) if value else "-"
    else:
        found = str(value)
    return one_line(found)


def table(rows: tp.Sequence[Row], columns: tp.Sequence[str]) -> list[str]:
    """Return the lines of a table, its head first.

    Args:
        columns: members of the rows; their names are the head.
    """
    cells = [[name.upper() for name in columns]]
    cells += [[plain(row.get(name)) for name in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in cells
    ]


def members(row: Row) -> list[str]:
    """Return one line for each member, and a table below what services are like."""
    width = max(map(len, row), default=0)
    lines = []
    for name, value in row.items():
        if name == health.FIELD.name and isinstance(value, dict):
            first, *others = _health(value)
            lines += [f"{name.ljust(width)}  {first}", *("  " + one for one in others)]
        else:
            lines.append(f"{name.ljust(width)}  {plain(value)}")
    return lines


def _health(value: Row) -> list[str]:
    said = ": ".join(filter(None, (value["state"], value["reason"])))
    rows = [
        {**one, "at": one["port"] or one["path"]} for one in value["services"] or ()
    ]
    columns = ["service", "at", "protocol", "state", "since", "reason"]
    if len({one["node"] for one in rows}) > 1:
        columns.insert(0, "node")
    return [plain(said), *(table(rows, columns) if rows else ())]
