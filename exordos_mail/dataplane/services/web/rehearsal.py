# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A trial of nginx's configuration before it replaces the one in service: `nginx -t`.

It reads the candidate's own files, as nginx's user, without any right and on sockets
of its own: what is in service is not touched.
"""

import os
import re
import typing as tp

from exordos_mail.dataplane.engine import checker, files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.web import paths as paths_lib

_TOLD = re.compile(r"\[emerg\] (?:\d+#\d+: )?(.*)")


def rehearse(
    tree: files.Tree, paths: paths_lib.Paths, layout: layout_lib.Layout
) -> None:
    """Have nginx judge a tree of files that was made for these private paths.

    Raises:
        RehearsalFailed: nginx refuses it, or does not judge in time.
    """
    base = layout.disk(paths.rehearsal_dir)
    files.remove_tree(base)
    try:
        for path in (paths.rehearsal_dir, paths.directory, paths.run_dir):
            files.make_directory(layout.disk(path), 0o750)
            os.chown(layout.disk(path), -1, layout.gid(paths_lib.USER))
        os.chown(layout.disk(paths.run_dir), layout.uid(paths_lib.USER), -1)
        files.write_all(layout, {path: tree[path].make() for path in tree})
        command = (paths_lib.BINARY, "-t", "-q", "-e", "stderr", "-c", paths.conf)
        checker.check("nginx", command, paths_lib.USER, layout, _reason)
    finally:
        files.remove_tree(base)


def _reason(lines: tp.Sequence[str]) -> str:
    """Return what nginx says of the configuration, without time and process."""
    told = [found[1] for line in lines if (found := _TOLD.search(line))]
    return next(iter([*told, *lines]), "")
