# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What mailboxes hold, as Dovecot counts it: `doveadm mailbox status`, many at a time.

The numbers are those of the quota, which are counted from the indexes of the mailbox.
"""

import os
import subprocess
import typing as tp

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.dovecot import paths as paths_lib

#: Seconds for one call; a mailbox that is locked for long must not hold the others up.
_TIMEOUT = 60.0
_WORDS = ("mailbox", "status", "-F", "/proc/self/fd/0", "-t", "messages vsize", "*")


class Usage(tp.NamedTuple):
    """What a mailbox holds."""

    messages: int
    octets: int


def measure(
    paths: paths_lib.DovecotPaths,
    layout: layout_lib.Layout,
    logins: tp.Iterable[str],
) -> dict[str, Usage]:
    """Return what mailboxes hold, by login; some may be missing.

    It runs as Dovecot's user, and after everything else.

    Raises:
        OSError: doveadm cannot be started.
    """
    text = "".join(f"{one}\n" for one in logins)
    if not text:
        return {}
    # A pipe of root's could not be opened by its name.
    handle = os.memfd_create("logins", os.MFD_CLOEXEC)
    try:
        os.write(handle, text.encode())
        os.lseek(handle, 0, os.SEEK_SET)
        return parse(_run(handle, paths, layout))
    finally:
        os.close(handle)


def parse(told: str) -> dict[str, Usage]:
    """Return what `doveadm -f tab mailbox status -F` tells.

    A line is `username messages vsize`; the first one is a head.
    """
    rows = [line.split("\t") for line in told.splitlines()[1:]]
    return {
        row[0]: Usage(int(row[1]), int(row[2]))
        for row in rows
        if len(row) == 3 and row[1].isdecimal() and row[2].isdecimal()
    }


def _run(stdin: int, paths: paths_lib.DovecotPaths, layout: layout_lib.Layout) -> str:
    niceness = ("/usr/bin/nice", "-n", "19")
    doveadm = (paths_lib.DOVEADM, "-c", paths.conf, "-f", "tab")
    try:
        done = subprocess.run(  # noqa: S603 fixed words and our own paths
            [*niceness, *doveadm, *_WORDS],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT,
            check=False,
            cwd="/",
            user=layout.uid(paths_lib.USER),
            group=layout.gid(paths_lib.USER),
            extra_groups=[],
            env={"PATH": "/usr/bin:/bin"},
        )
    except subprocess.TimeoutExpired as exc:
        return (exc.stdout or b"").decode("utf-8", "replace")
    return done.stdout.decode("utf-8", "replace")
