# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is known about the managed files, so that nothing is done twice.

A file that was once found as its recipe makes it, and that nobody has touched
since (see `files.signature`), is in place; it is neither read nor made again, and a
pass looks at it once (glance.py).
"""

import typing as tp

from exordos_mail.dataplane.engine import files, glance
from exordos_mail.dataplane.engine import layout as layout_lib

_KEYS = (".key", ".pem")


class Inventory:
    """The memory of the files that are in place.

    Args:
        layout: where they are.
        seen: what the pass has looked at.
    """

    def __init__(
        self, layout: layout_lib.Layout, seen: glance.Glance | None = None
    ) -> None:
        self._layout = layout
        self._seen = seen or glance.Glance()
        self._known: dict[str, tuple[str, files.Signature | None]] = {}

    def is_in_place(self, path: str, recipe: files.Recipe) -> bool:
        """Return whether the file on the disk is exactly that of its recipe."""
        return self._is_known(path, recipe) or self._is_equal(
            path, recipe, recipe.make()
        )

    def known_key(self, path: str) -> str | None:
        """Return by which key the file in place was made; None: that is not known."""
        key, signature = self._known.get(path, ("", None))
        is_so = signature and files.signature(self._layout.disk(path)) == signature
        return key if is_so else None

    def put(self, tree: files.Tree, paths: tp.Iterable[str]) -> list[str]:
        """Write those of the files that are not in place; return their paths.

        A change must come before what refers to it, so keys are written before
        the table that names them; within the rest the order does not matter. What is
        new is written before the rest is looked at: a thousand domains are thousands of
        files, and an account that is new does not wait for them.
        """
        wanted = set(paths)
        new = {path for path in wanted if not self._was(path, tree[path])}
        return self._write(tree, new) + self._write(tree, wanted - new)

    def remove(self, path: str) -> None:
        """Remove a file, or a directory with everything in it."""
        self._seen.forget(path)
        if self._known.pop(path, None) is None:
            # Then it may be a directory of files that are known.
            self._seen.forget_all()
        files.remove(self._layout.disk(path))

    def _write(self, tree: files.Tree, paths: tp.Iterable[str]) -> list[str]:
        wanted = {}
        unknown = [path for path in paths if not self._is_known(path, tree[path])]
        for path in sorted(unknown, key=lambda one: (not one.endswith(_KEYS), one)):
            file = tree[path].make()
            if not self._is_equal(path, tree[path], file):
                wanted[path] = file
        files.write_all(self._layout, wanted)
        for path in wanted:
            signature = files.signature(self._layout.disk(path))
            self._known[path] = (tree[path].key, signature)
            self._seen.note(path, tree[path].key)
        return list(wanted)

    def _was(self, path: str, recipe: files.Recipe) -> bool:
        """Return whether the file was as its recipe makes it when it was last seen."""
        return path in self._known and self._known[path][0] == recipe.key

    def _is_known(self, path: str, recipe: files.Recipe) -> bool:
        if self._seen.has(path, recipe.key):
            return True
        is_so = self.known_key(path) == recipe.key
        if is_so:
            self._seen.note(path, recipe.key)
        return is_so

    def _is_equal(self, path: str, recipe: files.Recipe, file: files.File) -> bool:
        signature = files.signature(self._layout.disk(path))
        if not files.is_in_place(self._layout, path, file):
            self._known.pop(path, None)
            self._seen.forget(path)
            return False
        self._known[path] = (recipe.key, signature)
        self._seen.note(path, recipe.key)
        return True
