# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is known of a managed file, on a disk of its own."""

import os

import pytest

from exordos_mail.dataplane.engine import files, inventory
from exordos_mail.dataplane.engine import layout as layout_lib

_NAMES = {"root": os.getuid()}
_GROUPS = {"root": os.getgid()}


@pytest.fixture
def layout(tmp_path):
    return layout_lib.Layout(root=tmp_path, users=_NAMES, groups=_GROUPS)


def _recipe(key, content, made):
    def make():
        made.append(key)
        return files.File(content)

    return files.Recipe(key, make)


def test_file_is_made_once(layout):
    made = []
    known = inventory.Inventory(layout)
    tree = {"/a": _recipe("k", b"one", made)}
    assert not known.is_in_place("/a", tree["/a"])
    assert known.put(tree, tree) == ["/a"]
    assert known.put(tree, tree) == []
    assert known.is_in_place("/a", tree["/a"])
    assert made == ["k", "k"]


def test_other_key_of_the_same_content_is_not_written_again(layout):
    made = []
    known = inventory.Inventory(layout)
    known.put({"/a": _recipe("k", b"one", made)}, ["/a"])
    before = os.stat(layout.disk("/a"))
    assert known.put({"/a": _recipe("l", b"one", made)}, ["/a"]) == []
    assert os.stat(layout.disk("/a")).st_ino == before.st_ino


def test_what_is_new_is_written_before_the_rest_is_looked_at(layout):
    made = []
    known = inventory.Inventory(layout)
    tree = {path: _recipe(path, b"one", made) for path in ("/a", "/b", "/c.key")}
    known.put(tree, tree)
    for path in tree:
        layout.disk(path).write_bytes(b"two")
    made.clear()
    new = {**tree, "/b": _recipe("new", b"three", made)}
    assert known.put(new, new) == ["/b", "/c.key", "/a"]
    assert made[0] == "new"
    assert [layout.disk(path).read_bytes() for path in new] == [
        b"one",
        b"three",
        b"one",
    ]


def test_touched_file_is_compared_again(layout):
    made = []
    known = inventory.Inventory(layout)
    tree = {"/a": _recipe("k", b"one", made)}
    known.put(tree, tree)
    layout.disk("/a").write_bytes(b"two")
    assert not known.is_in_place("/a", tree["/a"])
    assert known.put(tree, tree) == ["/a"]
    assert layout.disk("/a").read_bytes() == b"one"


def test_many_files_at_once(layout):
    files_ = {f"/d{n % 3}/{n}": files.File(b"%d" % n) for n in range(20)}
    files.write_all(layout, files_)
    for path, file in files_.items():
        assert files.is_in_place(layout, path, file)
    assert not list(layout.root.rglob(".*"))


def test_strays(layout):
    layout.disk(layout.lookups_dir).joinpath("passwd").mkdir(parents=True)
    for name in ("a.cdb", "passwd/1.cdb", "passwd/2.cdb", "passwd/.2.cdb.new"):
        layout.disk(f"{layout.lookups_dir}/{name}").write_bytes(b"")
    expected = files.with_parents([layout.passwd_cdb(1)])
    assert files.strays(layout, [layout.lookups_dir], expected) == [
        f"{layout.lookups_dir}/{name}"
        for name in ("a.cdb", "passwd/.2.cdb.new", "passwd/2.cdb")
    ]
    expected = files.with_parents([layout.certificate])
    assert files.strays(layout, layout.owned_directories, expected) == [
        f"{layout.lookups_dir}/a.cdb",
        f"{layout.lookups_dir}/passwd",
    ]


def test_strays_behind_a_link_are_not_ours(layout, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.joinpath("a").write_bytes(b"")
    layout.disk("/etc/d").mkdir(parents=True)
    layout.disk("/etc/d/e").symlink_to(elsewhere)
    expected = files.with_parents(["/etc/d/e/b"])
    assert files.strays(layout, ["/etc/d", "/etc/d/e", "/etc/none"], expected) == []
