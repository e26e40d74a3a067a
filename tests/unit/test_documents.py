# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The documents name what exists: tests, files, pages, commands."""

import pathlib
import re

import pytest

from tests import documents
from tests.documents import REPO

PAGES = sorted(
    [
        *REPO.glob("*.md"),
        *(
            page
            for directory in ("docs", "examples", "bench", "tests")
            for page in (REPO / directory).rglob("*.md")
        ),
    ]
)
#: What a page's path may be relative to, besides the page itself.
BASES = [
    REPO / "exordos_mail" / package
    for package in ("", "send", "controlplane", "dataplane")
]
each_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: str(page.relative_to(REPO))
)


def columns(row: str) -> int:
    """Return how many cells a row has; a bar in code or behind a backslash is none."""
    return len(re.findall(r"(?<!\\)\|", re.sub(r"`[^`]*`", "", row))) - 1


@each_page
def test_tables_have_a_head_and_rows_of_one_width(page: pathlib.Path) -> None:
    for table in documents.rows(page):
        assert len(table) >= 2 and re.fullmatch(r"[|\- :]+", table[1]), table[0]
        widths = {row: columns(row) for row in table}
        assert [row for row in table if widths[row] != widths[table[0]]] == []


@each_page
def test_links_lead_to_files(page: pathlib.Path) -> None:
    found = documents.links(page.read_text())
    assert [link for link in found if not (page.parent / link).exists()] == []


@each_page
def test_files_that_are_named_exist(page: pathlib.Path) -> None:
    named = re.findall(
        r"`([\w.-]+/[\w/.-]*\.(?:py|md|yaml|sh|sql|j2))`", page.read_text()
    )
    # A file of the SDK.
    named = [name for name in named if name != "drivers/direct.py"]
    bases = [page.parent, REPO, *BASES]
    assert [n for n in named if not any((base / n).exists() for base in bases)] == []


def test_tests_that_promises_name_exist() -> None:
    promises = (REPO / "docs" / "guarantees.md").read_text()
    assert len(documents.named_tests(promises)) > 400
    assert documents.missing_tests(promises) == []


def test_the_index_of_decisions_has_each_of_them_with_its_title() -> None:
    directory = REPO / "docs" / "adr"
    index = (directory / "README.md").read_text()
    for page in sorted(directory.glob("[0-9]*.md")):
        number, title = re.findall(r"# (\d{4}) (.*)", page.read_text())[0]
        assert page.name.startswith(number)
        assert f"| [{number}]({page.name}) | {title} |" in index


def test_the_map_leads_to_every_page() -> None:
    reached = {
        (page.parent / link).resolve()
        for page in (REPO / "docs" / "README.md", REPO / "docs" / "adr" / "README.md")
        for link in documents.links(page.read_text())
    }
    pages = {path for path in (REPO / "docs").rglob("*.*") if path.is_file()}
    assert pages - reached == {REPO / "docs" / "README.md"}


def test_the_readme_is_a_front_page_with_the_command_of_ci() -> None:
    lines = (REPO / "README.md").read_text().splitlines()
    assert len(lines) <= 120
    command = (REPO / ".ci" / "run").read_text().splitlines()[-1].removeprefix("exec ")
    assert [line for line in lines if line.startswith(command)]
