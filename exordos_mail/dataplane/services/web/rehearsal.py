# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A trial of nginx's configuration before it replaces the one in service: `nginx -t`.

It reads the candidate's own files, as nginx's user, without any right and on sockets
of its own: what is in service is not touched.
"""

import os
import re
import subprocess
import typing as tp

from exordos_mail.dataplane.engine import files, service
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.web import paths as paths_lib

_TIMEOUT = 10.0  # seconds
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
        _judge(paths, layout)
    finally:
        files.remove_tree(base)


def _judge(paths: paths_lib.Paths, layout: layout_lib.Layout) -> None:
    # pdeathsig: an agent that is killed takes it with it.
    command = [
        *("/usr/bin/setpriv", f"--reuid={layout.uid(paths_lib.USER)}"),
        *(f"--regid={layout.gid(paths_lib.USER)}", "--clear-groups"),
        *("--bounding-set=-all", "--no-new-privs", "--pdeathsig=KILL"),
        *(paths_lib.BINARY, "-t", "-q", "-e", "stderr", "-c", paths.conf),
    ]
    try:
        done = subprocess.run(  # noqa: S603 fixed words and our own paths
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
        )
    except subprocess.TimeoutExpired:
        raise service.RehearsalFailed("nginx does not judge in time") from None
    if done.returncode:
        reason = _reason(done.stderr.splitlines())
        raise service.RehearsalFailed(f"nginx refuses the configuration: {reason}")


def _reason(lines: tp.Sequence[str]) -> str:
    """Return what nginx says of the configuration, without time and process."""
    told = [found[1] for line in lines if (found := _TOLD.search(line))]
    return next(iter([*told, *lines]), "no reason given")[:200]
