# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is known about the managed files, so that nothing is done twice.

A file that was once found as its recipe makes it, and that nobody has touched
since (see `files.signature`), is in place; it is neither read nor made again.
"""

import typing as tp

from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.engine import layout as layout_lib


class Inventory:
    """The memory of the files that are in place."""

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._known: dict[str, tuple[str, files.Signature | None]] = {}

    def is_in_place(self, path: str, recipe: files.Recipe) -> bool:
        """Return whether the file on the disk is exactly that of its recipe."""
        return self._is_known(path, recipe) or self._is_equal(
            path, recipe, recipe.make()
        )

    def put(self, tree: files.Tree, paths: tp.Iterable[str]) -> list[str]:
        """Write those of the files that are not in place; return their paths.

        A change must come before what refers to it, so keys are written before
        the table that names them; within the rest the order does not matter.
        """
        wanted = {}
        for path in sorted(paths, key=lambda path: (not path.endswith(".key"), path)):
            if not self._is_known(path, tree[path]):
                file = tree[path].make()
                if not self._is_equal(path, tree[path], file):
                    wanted[path] = file
        files.write_all(self._layout, wanted)
        for path in wanted:
            signature = files.signature(self._layout.disk(path))
            self._known[path] = (tree[path].key, signature)
        return list(wanted)

    def _is_known(self, path: str, recipe: files.Recipe) -> bool:
        known = self._known.get(path)
        if known is None or known[0] != recipe.key:
            return False
        return files.signature(self._layout.disk(path)) == known[1]

    def _is_equal(self, path: str, recipe: files.Recipe, file: files.File) -> bool:
        signature = files.signature(self._layout.disk(path))
        if not files.is_in_place(self._layout, path, file):
            self._known.pop(path, None)
            return False
        self._known[path] = (recipe.key, signature)
        return True
