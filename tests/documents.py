# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a page of the documentation has: tables, links, names of tests."""

import pathlib
import re

REPO = pathlib.Path(__file__).resolve().parents[1]


def rows(page: pathlib.Path) -> list[list[str]]:
    """Return the lines of each table of a page."""
    found: list[list[str]] = [[]]
    for line in page.read_text().splitlines():
        if line.startswith("|"):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


def links(text: str) -> list[str]:
    """Return the files that a text in Markdown links to."""
    found = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    return [link for link in found if "://" not in link]


def anchors(page: pathlib.Path) -> set[str]:
    """Return what a link may have after `#`: the headings, as GitHub writes them."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def named_tests(text: str) -> list[str]:
    """Return the tests that a text names."""
    return re.findall(r"`(test_\w+)`", text)


def missing_tests(text: str) -> list[str]:
    """Return the tests that a text names and that nobody has written."""
    code = "".join(path.read_text() for path in (REPO / "tests").rglob("test_*.py"))
    return sorted(set(named_tests(text)) - set(re.findall(r"def (test_\w+)", code)))
