# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Run `figures` in a copy of a node's root file system, with mail on a real disk."""

import pathlib
import sys
import tempfile

from bench import inside

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir="/var/tmp") as disk:
        pathlib.Path(disk).chmod(0o711)  # the users of both go through it
        sys.exit(inside.run("bench.mailbox.figures", disk))
