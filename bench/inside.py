# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Run a benchmark in a copy of a node's root file system, as the tests do."""

import os
import pathlib
import subprocess
import sys

import pytest

from tests.integration.exim import outside

_REPOSITORY = pathlib.Path(__file__).parents[1]
_ENTER = _REPOSITORY / "tests/integration/exim/enter.sh"
_PYTHON = "/opt/exordos_mail/.venv/bin/python"
_BOOT = """
import importlib, os, sys
os.chdir("/run/repository")
sys.path.insert(0, "/run/repository")
sys.path.append("/run/tools")
importlib.import_module(sys.argv.pop(1)).main()
"""


def run(module: str, disk: str = "") -> int:
    """Return the status of the main function of a module, run inside.

    `disk`: a directory of this machine that is /srv inside; all else is in memory.
    """
    root = subprocess.run(
        [_REPOSITORY / "tests/stand/standctl", "rootfs"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    spaces = ("--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child")
    tools = pathlib.Path(pytest.__file__).parent.parent
    inside = [_ENTER, root, _REPOSITORY, tools, _PYTHON, "-c", _BOOT, module]
    done = subprocess.run(
        [
            "/usr/bin/unshare",
            *spaces,
            *("--propagation", "private"),
            *map(str, [*inside, *sys.argv[1:]]),
        ],
        env={**os.environ, outside.INSIDE_VARIABLE: "", "EXORDOS_MAIL_DISK": disk},
    )
    return done.returncode
