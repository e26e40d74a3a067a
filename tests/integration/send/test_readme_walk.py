# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The README's walk: the service, one curl, and the message is there."""

import pathlib
import subprocess
import sys


def test_walk(tmp_path: pathlib.Path) -> None:
    module = "tests.integration.send.readme_walk"
    found = subprocess.run(
        ["unshare", "--net", sys.executable, "-m", module, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.returncode == 0, found.stdout + found.stderr
