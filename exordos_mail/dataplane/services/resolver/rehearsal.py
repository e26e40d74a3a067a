# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A trial of unbound's configuration before it replaces the one in service."""

import os

from exordos_mail.dataplane.engine import checker, files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.resolver import paths as paths_lib


def rehearse(
    conf: files.File, paths: paths_lib.ResolverPaths, layout: layout_lib.Layout
) -> None:
    """Have unbound-checkconf judge a configuration, as unbound's user.

    Raises:
        RehearsalFailed: it is refused, or not judged in time.
    """
    base = layout.disk(paths.rehearsal_dir)
    files.remove_tree(base)
    try:
        files.make_directory(base, 0o750)
        os.chown(base, -1, layout.gid(paths_lib.USER))
        path = paths.rehearsal_dir + "/unbound.conf"
        files.write(layout, path, conf)
        command = (paths_lib.CHECKER, path)
        checker.check("unbound", command, paths_lib.USER, layout)
    finally:
        files.remove_tree(base)
