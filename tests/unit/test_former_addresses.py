# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node remembers of accounts that have got other addresses."""

import pathlib

import pytest

from exordos_mail.dataplane.engine import cdb, files, heads
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.exim import former

A, B, C = "a@example.com", "b@example.com", "c@example.org"
ONE, TWO = "uuid-1", "uuid-2"
NOTHING = former.Former({}, {})


def test_who_leaves_an_address_is_remembered_and_others_are_not() -> None:
    before = {(A, ONE), (B, TWO)}
    assert former.changed(NOTHING, before, {(A, ONE), (B, TWO)}, 5) == NOTHING
    # One that is deleted has no other address.
    assert former.changed(NOTHING, before, {(A, ONE)}, 5) == NOTHING
    found = former.changed(NOTHING, before, {(B, ONE), (C, TWO)}, 5)
    assert found == former.Former({A: [(5, ONE)], B: [(5, TWO)]}, {ONE: B, TWO: C})


def test_the_next_address_is_that_of_all_earlier_ones() -> None:
    first = former.changed(NOTHING, {(A, ONE)}, {(B, ONE)}, 5)
    second = former.changed(first, {(B, ONE)}, {(C, ONE)}, 9)
    assert second == former.Former({A: [(5, ONE)], B: [(9, ONE)]}, {ONE: C})


def test_those_who_had_an_address_stand_in_the_order_of_time() -> None:
    first = former.changed(NOTHING, {(A, ONE), (B, TWO)}, {(B, ONE), (A, TWO)}, 5)
    again = former.changed(first, {(A, TWO), (B, ONE)}, {(A, ONE), (B, TWO)}, 9)
    assert again.had == {A: [(5, ONE), (9, TWO)], B: [(5, TWO), (9, ONE)]}
    assert again.has == {ONE: A, TWO: B}


def test_who_was_killed_notes_it_again_with_the_later_time() -> None:
    first = former.changed(NOTHING, {(A, ONE)}, {(B, ONE)}, 5)
    # One of two files is in place, so its bucket is none that changes.
    assert former.changed(first, {(A, ONE)}, set(), 7) == first
    again = former.changed(first, {(A, ONE)}, {(B, ONE)}, 7)
    assert again.had == {A: [(7, ONE)]}


def test_it_is_forgotten_once_exim_has_no_such_message_any_more() -> None:
    first = former.changed(NOTHING, {(A, ONE)}, {(B, ONE)}, 5)
    assert former.changed(first, set(), set(), former.KEPT + 4) == first
    assert former.changed(first, set(), set(), former.KEPT + 5) == NOTHING


@pytest.mark.parametrize(
    "value", [None, [], {}, {"had": {A: [5]}, "has": {}}, {"had": {A: [["x", ONE]]}}]
)
def test_a_damaged_note_is_none(tmp_path: pathlib.Path, value: object) -> None:
    layout = layout_lib.Layout(root=tmp_path)
    path = layout.disk(layout.former)
    path.parent.mkdir(parents=True)
    path.write_bytes(heads.json_file(value).content)
    assert former.load(layout) == NOTHING


def test_the_rows_that_exim_looks_up(tmp_path: pathlib.Path) -> None:
    layout = layout_lib.Layout(root=tmp_path)
    path = layout.disk(layout.former)
    path.parent.mkdir(parents=True)
    had = {A: [(5, ONE), (9, TWO)]}
    path.write_bytes(heads.json_file({"had": had, "has": {TWO: C}}).content)
    file: files.File = former.tree(layout)[layout.former_cdb].make()
    (row,) = cdb.items(file.content)
    assert row == (A.encode(), f"5 {ONE} ,9 {TWO} {C}".encode())
