# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whose sessions end when other accounts take the place of the accepted ones."""

import os
import pathlib

import pytest

from exordos_mail.dataplane.engine import cdb, files, inventory, state
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.exim import lockout
from exordos_mail.protocol import documents
from tests.unit.node_values import HASH, candidate_of, target_value

OTHER = HASH.replace("abcdefgh", "ABCDEFGH")


@pytest.fixture
def layout(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> layout_lib.Layout:
    """Return a node below a directory, whose every user is who runs the tests."""
    user, group = os.geteuid(), os.getegid()
    monkeypatch.setattr(layout_lib.Layout, "uid", lambda *_: user)
    monkeypatch.setattr(layout_lib.Layout, "gid", lambda *_: group)
    return layout_lib.Layout(root=tmp_path)


def tree(
    layout: layout_lib.Layout, accounts: dict[str, str], domain: str
) -> dict[str, files.Recipe]:
    """Return the lookup files of these accounts, one for each bucket."""
    found: dict[str, list[tuple[bytes, bytes]]] = {
        str(number): [] for number in range(documents.COUNT)
    }
    for name, hashed in accounts.items():
        login = f"{name}@{domain}".encode(), hashed.encode()
        found[documents.bucket(name)].append(login)
    return {
        layout.passwd_cdb(bucket): files.Recipe.of(files.File(cdb.dumps(items)))
        for bucket, items in found.items()
    }


def noted(
    layout: layout_lib.Layout,
    before: dict[str, str],
    after: dict[str, str],
    domain: str = "example.com",
) -> set[str]:
    """Return who is noted at a change, by username."""
    served = tree(layout, before, "example.com")
    files.write_all(layout, {path: one.make() for path, one in served.items()})
    store = state.Store(layout)
    candidate = candidate_of(target_value(domain=domain, accounts=after), store)
    store.add(candidate)
    known = inventory.Inventory(layout)
    wanted = tree(layout, after, domain)
    lockout.note(layout, known, wanted, candidate.payload)
    return {one.removesuffix("@example.com") for one in lockout.pending(layout)}


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        ({"alice": HASH, "bob": HASH}, {"alice": HASH, "bob": HASH}, set()),
        ({"alice": HASH, "bob": HASH}, {"alice": HASH}, {"bob"}),
        ({"alice": HASH, "bob": HASH}, {"alice": OTHER, "bob": HASH}, {"alice"}),
        ({"alice": HASH}, {"alice": HASH, "bob": HASH}, set()),
        ({"alice": HASH, "bob": HASH}, {}, {"alice", "bob"}),
        ({}, {"alice": HASH}, set()),
    ],
)
def test_who_is_gone_or_has_a_new_password(
    layout: layout_lib.Layout,
    before: dict[str, str],
    after: dict[str, str],
    gone: set[str],
) -> None:
    assert noted(layout, before, after) == gone
    assert lockout.is_pending(layout) == bool(gone)


def test_everybody_is_gone_with_the_domain(layout: layout_lib.Layout) -> None:
    same = {"alice": HASH}
    assert noted(layout, same, same, "example.org") == {"alice"}


def test_what_a_crash_left_undone_is_kept(layout: layout_lib.Layout) -> None:
    assert noted(layout, {"alice": HASH, "bob": HASH}, {"bob": HASH}) == {"alice"}
    # The change is made; the next one comes before the sessions were ended.
    assert noted(layout, {"bob": HASH}, {}) == {"alice", "bob"}
    lockout.clear(layout)
    assert not lockout.is_pending(layout)
    assert lockout.pending(layout) == set()


def test_note_is_for_nobody_elses_eyes(layout: layout_lib.Layout) -> None:
    noted(layout, {"alice": HASH}, {})
    assert layout.disk(layout.lockout).stat().st_mode & 0o077 == 0


def test_damaged_note_ends_nobody(layout: layout_lib.Layout) -> None:
    noted(layout, {"alice": HASH}, {})
    layout.disk(layout.lockout).write_text("{")
    assert lockout.is_pending(layout)
    assert lockout.pending(layout) == set()
