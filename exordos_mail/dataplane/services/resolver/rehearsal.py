# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A trial of unbound's configuration before it replaces the one in service."""

import os
import subprocess

from exordos_mail.dataplane.engine import files, service
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.resolver import paths as paths_lib

_TIMEOUT = 10.0  # seconds


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
        _judge(path, layout)
    finally:
        files.remove_tree(base)


def _judge(path: str, layout: layout_lib.Layout) -> None:
    # pdeathsig: an agent that is killed takes it with it.
    command = [
        *("/usr/bin/setpriv", f"--reuid={layout.uid(paths_lib.USER)}"),
        *(f"--regid={layout.gid(paths_lib.USER)}", "--clear-groups"),
        *("--bounding-set=-all", "--no-new-privs", "--pdeathsig=KILL"),
        *(paths_lib.CHECKER, path),
    ]
    try:
        done = subprocess.run(  # noqa: S603 fixed words and our own paths
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
        )
    except subprocess.TimeoutExpired:
        raise service.RehearsalFailed("unbound-checkconf does not judge") from None
    if done.returncode:
        reason = next(iter(done.stdout.splitlines()), "no reason given")[:200]
        raise service.RehearsalFailed(f"unbound refuses the configuration: {reason}")
