# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which name servers the running exim asks: a mount in its unit says so.

It is made when exim starts, and goes when somebody replaces the file that it covers.
"""

import os
import pathlib

from exordos_mail.dataplane.engine import layout as layout_lib

_RESOLV_CONF = "/etc/resolv.conf"


def is_right(layout: layout_lib.Layout, pid: int) -> bool:
    """Return whether a process asks the node's resolver, once that has proved itself.

    Without one it is to have what the machine has. A process that has just ended is
    none to complain of.
    """
    # Followed here, because links that begin at the root would lead out of there.
    usual = pathlib.Path(os.path.realpath(layout.disk(_RESOLV_CONF)))
    wanted = layout.disk(layout.resolv_conf)
    try:
        os.stat(f"/proc/{pid}/root/")
    except (FileNotFoundError, ProcessLookupError):
        return True
    asked = pathlib.Path(f"/proc/{pid}/root{usual}")
    return _is_equal(asked, wanted if wanted.exists() else usual)


def _is_equal(one: pathlib.Path, other: pathlib.Path) -> bool:
    """Return whether two files say the same; each pass asks, so one is not read."""
    try:
        if os.path.samefile(one, other):
            return True
    except FileNotFoundError:
        pass
    return _read(one) == _read(other)


def _read(path: pathlib.Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
