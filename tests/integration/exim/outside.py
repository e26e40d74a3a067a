# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Outside of the node: starts one test run inside, and replays its reports."""

import json
import os
import pathlib
import subprocess
import typing as tp

from _pytest import reports
import pytest

ROOTFS_VARIABLE = "EXORDOS_MAIL_NODE_ROOTFS"
INSIDE_VARIABLE = "EXORDOS_MAIL_INSIDE_NODE"
_HERE = pathlib.Path(__file__).parent
_NODE_PYTHON = "/opt/exordos_mail/.venv/bin/python"
# The node's own packages come first; what only tests need, comes from outside.
_BOOT = """
import os, sys
os.chdir("/run/repository")
sys.path.insert(0, "/run/repository")
sys.path.append("/run/tools")
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def belongs(item: pytest.Item) -> bool:
    """Tell whether a test is one of this directory."""
    return _HERE in item.path.parents


class Run:
    """One pytest inside the node, for all the tests of this directory."""

    def __init__(self, session: pytest.Session) -> None:
        self._config = session.config
        root = os.environ.get(ROOTFS_VARIABLE, "")
        if not (pathlib.Path(root) / "usr/sbin/exim4").exists():
            raise pytest.UsageError(
                f"{ROOTFS_VARIABLE} must name the root file system of a node"
                " (with exim4-daemon-heavy and /opt/exordos_mail/.venv)"
            )
        items = [item for item in session.items if belongs(item)]
        reading, writing = os.pipe()
        self._process = subprocess.Popen(
            [
                *[
                    "unshare",
                    "--mount",
                    "--net",
                    "--pid",
                    "--ipc",
                    "--uts",
                    "--fork",
                    "--kill-child",
                ],
                *("--propagation", "private", str(_HERE / "enter.sh"), root),
                str(session.config.rootpath),
                str(pathlib.Path(pytest.__file__).parent.parent),
                *(_NODE_PYTHON, "-c", _BOOT, "-q", "-p", "no:cacheprovider"),
                *("--rootdir", "/run/repository", "-o", "faulthandler_timeout=600"),
                *(["-x"] if session.config.option.maxfail == 1 else []),
                *(item.nodeid for item in items),
            ],
            env={**os.environ, INSIDE_VARIABLE: str(writing)},
            pass_fds=[writing],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        os.close(writing)
        self._reports = os.fdopen(reading, encoding="utf-8")

    def replay(self, item: pytest.Item) -> tp.Iterator[reports.BaseReport]:
        """Yield the reports of one test as they come."""
        for line in self._reports:
            report = self._config.hook.pytest_report_from_serializable(
                config=self._config, data=json.loads(line)
            )
            yield report
            if report.when == "teardown":
                return
        assert self._process.stdout is not None
        output = self._process.stdout.read()
        yield reports.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords={},
            outcome="failed",
            longrepr=f"the run inside the node has ended early:\n{output[-4000:]}",
            when="call",
        )

    def close(self) -> None:
        """End the run inside, if it has not ended."""
        self._process.terminate()
        output, _ = self._process.communicate()
        if "Timeout (" in output:  # faulthandler's word
            print(f"a test inside the node hung:\n{output[-8000:]}")
        self._reports.close()
