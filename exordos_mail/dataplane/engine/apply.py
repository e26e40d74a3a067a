# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bringing rendered files onto the disk, each in one step, in a safe order."""

import os
import typing as tp

from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.engine import layout as layout_lib

_PRIVATE_MODE = 0o750


def ensure_directories(layout: layout_lib.Layout) -> None:
    """Make sure that exim may write its queue and its logs.

    A new data disk comes without them, or with somebody else as their owner.
    exim makes what belongs inside by itself.
    """
    uid, gid = layout.uid(layout.exim_user), layout.gid(layout.exim_group)
    for path in (layout.spool_dir, layout.log_dir):
        on_disk = layout.disk(path)
        files.make_directory(on_disk, _PRIVATE_MODE)
        if on_disk.stat().st_uid != uid:
            os.chown(on_disk, uid, gid)


def remove_strays(layout: layout_lib.Layout, expected: tp.Collection[str]) -> list[str]:
    """Remove what is in the owned directories and is not expected there."""
    found = files.strays(layout, expected)
    for path in found:
        files.remove(layout.disk(path))
    for path in layout.lone_files:
        files.temporary_of(layout.disk(path)).unlink(missing_ok=True)
    return found


def remove_everything(layout: layout_lib.Layout) -> None:
    """Remove every file of the node, its queue and its memory.

    The specification may be unknown by now, so nothing here depends on it.
    The accepted payload goes last: a removal that was killed is taken up again
    by the next pass.
    """
    for path in layout.lone_files:
        files.remove(layout.disk(path))
    for path in layout.owned_directories:
        files.remove_tree(layout.disk(path))
    files.remove_tree(layout.disk(layout.rehearsal_dir))
    # Undelivered mail and the addresses in exim's hints are the tenant's.
    # Both directories may be links to the data disk, or mount points: they
    # stay, empty.
    for path in (layout.spool_dir, layout.state_dir):
        files.clear(layout.disk(path).resolve())
