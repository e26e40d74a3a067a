# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bringing rendered files onto the disk, each in one step, in a safe order."""

import os
import typing as tp

from exordos_mail.dataplane.engine import files, inventory
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


def remove_strays(
    layout: layout_lib.Layout,
    known: inventory.Inventory,
    expected: tp.Collection[str],
) -> None:
    """Remove what is in the owned directories and is not expected there."""
    for path in files.strays(layout, layout.owned_directories, expected):
        known.remove(path)
    for path in layout.lone_files:
        files.temporary_of(layout.disk(path)).unlink(missing_ok=True)


def remove_everything(layout: layout_lib.Layout) -> None:
    """Remove every file of exim and its queue.

    The specification may be unknown by now, so nothing here depends on it.
    """
    for path in layout.lone_files:
        files.remove(layout.disk(path))
    for path in layout.owned_directories:
        files.remove_tree(layout.disk(path))
    files.remove_tree(layout.disk(layout.rehearsal_dir))
    # Undelivered mail and the addresses in exim's hints are the tenant's. It may be
    # a link to the data disk, or a mount point: it stays, empty.
    files.clear(layout.disk(layout.spool_dir).resolve())
