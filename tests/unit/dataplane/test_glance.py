# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A pass looks at each file once; what it must not believe after that."""

import os

import pytest

from exordos_mail.dataplane.engine import files, glance, inventory
from exordos_mail.dataplane.engine import layout as layout_lib

_OLD = files.Recipe.of(files.File(b"old"))
_NEW = files.Recipe.of(files.File(b"new"))


@pytest.fixture
def layout(tmp_path):
    users, groups = {"root": os.getuid()}, {"root": os.getgid()}
    return layout_lib.Layout(root=tmp_path, users=users, groups=groups)


@pytest.fixture
def seen():
    found = glance.Glance()
    found.begin()
    return found


@pytest.fixture
def known(layout, seen):
    return inventory.Inventory(layout, seen)


@pytest.fixture
def looks(monkeypatch):
    """The files that were examined."""
    found, examine = [], files.signature

    def signature(path):
        found.append(path.name)
        return examine(path)

    monkeypatch.setattr(files, "signature", signature)
    return found


def test_what_is_in_place_is_examined_once_in_a_pass(known, seen, looks):
    tree = {f"/etc/{number}": _OLD for number in range(100)}
    known.put(tree, tree)
    looks.clear()
    assert known.put(tree, tree) == []
    assert all(known.is_in_place(path, _OLD) for path in tree)
    assert looks == []
    seen.begin()
    assert all(known.is_in_place(path, _OLD) for path in tree)
    assert len(looks) == len(tree)


def test_another_recipe_is_not_the_one_that_was_seen(known, layout):
    known.put({"/etc/a": _OLD}, ["/etc/a"])
    assert not known.is_in_place("/etc/a", _NEW)
    assert known.put({"/etc/a": _NEW}, ["/etc/a"]) == ["/etc/a"]
    assert not known.is_in_place("/etc/a", _OLD)
    assert layout.disk("/etc/a").read_bytes() == b"new"


@pytest.mark.parametrize("removed", ["/etc/d/a", "/etc/d"])
def test_what_was_removed_is_made_again_in_the_same_pass(known, layout, removed):
    known.put({"/etc/d/a": _OLD}, ["/etc/d/a"])
    known.remove(removed)
    assert not layout.disk("/etc/d/a").exists()
    assert known.put({"/etc/d/a": _OLD}, ["/etc/d/a"]) == ["/etc/d/a"]


def test_out_of_use_it_believes_nothing(known, seen, layout):
    known.put({"/etc/a": _OLD}, ["/etc/a"])
    seen.end()
    layout.disk("/etc/a").unlink()
    assert not known.is_in_place("/etc/a", _OLD)
    seen.forget_all()
    known.put({"/etc/a": _OLD}, ["/etc/a"])
    layout.disk("/etc/a").unlink()
    assert not known.is_in_place("/etc/a", _OLD)


def test_a_look_that_can_be_spared_is_that_of_a_second_ago(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(glance, "_monotonic", lambda: now[0])
    seen = glance.Glance(1.0)
    seen.begin(spared=True)
    seen.note("/etc/a", "old")
    now[0] += 0.9
    seen.begin(spared=True)
    assert seen.has("/etc/a", "old")
    now[0] += 0.1
    seen.begin(spared=True)
    assert not seen.has("/etc/a", "old")
    seen.note("/etc/a", "old")
    seen.begin()
    assert not seen.has("/etc/a", "old")
