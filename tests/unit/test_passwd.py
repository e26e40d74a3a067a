# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A large text file of all accounts is not written at each change of one of them."""

import os
import pathlib

import pytest

from exordos_mail.dataplane.engine import files, inventory
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.exim import passwd


def _recipe(name: str, size: int = passwd.SMALL + 1) -> files.Recipe:
    """Return a file of this size whose key is its first word."""
    content = name.encode().ljust(size)
    return files.Recipe(name, lambda: files.File(content))


class Node:
    """A node's file, and the clock."""

    def __init__(self, root: pathlib.Path) -> None:
        names = {"root": os.getuid()}, {"root": os.getgid()}
        self.layout = layout_lib.Layout(root, users=names[0], groups=names[1])
        self.known = inventory.Inventory(self.layout)
        self.passwd = passwd.Passwd(self.layout, self.known)
        self.now = 1000.0

    def look(self, recipe: files.Recipe, after: float = 0.0) -> bool:
        """Write what is due; return whether the file is that of the recipe."""
        self.now += after
        path = self.layout.passwd
        if not self.passwd.may_wait(recipe):
            self.known.put({path: recipe}, [path])
        return self.known.known_key(path) == recipe.key


@pytest.fixture
def node(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A node whose file is large."""
    node = Node(tmp_path)
    monkeypatch.setattr(passwd, "_monotonic", lambda: node.now)
    assert node.look(_recipe("first"))
    return node


def test_it_is_written_when_the_accounts_are_at_rest(node: Node) -> None:
    assert not node.look(_recipe("a"))
    assert not node.look(_recipe("b"), after=50)
    assert not node.look(_recipe("b"), after=50)
    assert node.look(_recipe("b"), after=10)


def test_it_is_written_at_last_if_they_never_are(node: Node) -> None:
    written = [node.look(_recipe(str(number)), after=30) for number in range(42)]
    # Ten minutes after the first change that it lacks, and so again.
    assert [number for number, one in enumerate(written) if one] == [20, 41]


def test_a_small_one_is_written_at_once(node: Node) -> None:
    assert not node.look(_recipe("small", 100))
    assert node.look(_recipe("small", 100), after=60)
    assert node.look(_recipe("also small", 100))
    assert node.look(_recipe("large again"))
    assert not node.look(_recipe("large still"))


@pytest.mark.parametrize("is_there", [True, False])
def test_what_somebody_has_touched_is_repaired_at_once(
    node: Node, is_there: bool
) -> None:
    path = node.layout.disk(node.layout.passwd)
    assert not node.look(_recipe("a"))
    path.unlink()
    if is_there:
        path.write_bytes(b"x" * (passwd.SMALL + 1))
    assert node.look(_recipe("a"))
    assert path.read_bytes().startswith(b"a ")


def test_what_was_not_looked_at_yet_is_compared(node: Node) -> None:
    """A new process does not know of which accounts the file is."""
    node.known = inventory.Inventory(node.layout)
    node.passwd = passwd.Passwd(node.layout, node.known)
    assert node.look(_recipe("a"))
