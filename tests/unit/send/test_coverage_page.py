# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""docs/send/coverage.md says yes where a test says so, and counts rightly."""

import collections
import re
import typing as tp

from tests import documents

_PAGE = documents.REPO / "docs/send/coverage.md"
_WORDS = ["yes", "differs", "not yet"]
#: Where something stands: a page, or an issue.
_STANDS = re.compile(r"\]\(|\bissue \d+\b|\bno issue yet\b")


class Row(tp.NamedTuple):
    """A behaviour."""

    number: str
    what: str
    word: str
    rest: str


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


_COUNTS, *_TABLES = documents.rows(_PAGE)
_ROWS = [Row(*_cells(line)) for table in _TABLES for line in table[2:]]


def test_each_behaviour_has_one_row_and_one_word() -> None:
    assert [row.number for row in _ROWS] == [str(one) for one in range(1, 178)]
    assert [row for row in _ROWS if row.word not in _WORDS or not row.what] == []
    assert len({row.what for row in _ROWS}) == len(_ROWS)


def test_counts_at_the_top_are_those_of_the_rows() -> None:
    counts = collections.Counter(row.word for row in _ROWS)
    assert _cells(_COUNTS[0]) == _WORDS
    assert _cells(_COUNTS[2]) == [str(counts[word]) for word in _WORDS]


def test_a_yes_is_proved_by_tests_and_nothing_else() -> None:
    proved = re.compile(r"`test_\w+`(, `test_\w+`)*")
    unproved = [row for row in _ROWS if not proved.fullmatch(row.rest)]
    assert [row for row in unproved if row.word == "yes"] == []


def test_whatever_else_says_where_it_stands() -> None:
    others = [row for row in _ROWS if row.word != "yes"]
    assert [row for row in others if not _STANDS.search(row.rest)] == []
    # A link alone says nothing of how it differs.
    assert [row for row in others if re.match(r"\[|`test_", row.rest)] == []


def test_tests_that_are_named_exist() -> None:
    assert documents.missing_tests(_PAGE.read_text()) == []


def test_links_lead_to_pages_and_to_their_headings() -> None:
    text = _PAGE.read_text()
    wrong = [one for one in documents.links(text) if not (_PAGE.parent / one).exists()]
    assert wrong == []
    for link, heading in re.findall(r"\]\(([^)#\s]+)#([^)]+)\)", text):
        assert heading in documents.anchors(_PAGE.parent / link), (link, heading)
