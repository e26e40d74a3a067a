# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Run `figures` in a copy of a node's root file system, with queues on a real disk."""

import os
import pathlib
import sys
import tempfile

from bench import inside
from tests.stand import cache, rootfs, settings

if __name__ == "__main__":
    store = cache.Cache(settings.Settings.load().cache)
    os.environ["EXORDOS_MAIL_POSTFIX_ROOTFS"] = str(rootfs.internet(store, "postfix"))
    with tempfile.TemporaryDirectory(dir="/var/tmp") as disk:
        pathlib.Path(disk).chmod(0o711)  # the users of all go through it
        sys.exit(inside.run("bench.relay.figures", disk))
