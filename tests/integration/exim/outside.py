# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Outside of the node: starts one test run inside, and replays its reports.

For the tests of this directory and of others that run on such a machine.
"""

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


class Replay:
    """What a conftest outside does for the tests of its directory."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._directory = directory
        self._run: Run | None = None

    def protocol(self, item: pytest.Item) -> bool | None:
        """Replay what the run inside reports for a test; None: it is another's."""
        # pytest asks this hook for the tests of other directories as well.
        if self._directory not in item.path.parents:
            return None
        if self._run is None:
            session = item.session
            ours = [one for one in session.items if self._directory in one.path.parents]
            self._run = Run(session, ours)
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in self._run.replay(item):
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def finish(self) -> None:
        """Leave nothing running."""
        if self._run is not None:
            self._run.close()
            self._run = None


def send(report: pytest.TestReport) -> None:
    """Send a report of the run inside out."""
    data = reports.pytest_report_to_serializable(report)
    descriptor = os.dup(int(os.environ[INSIDE_VARIABLE]))
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(data, default=str) + "\n")


class Run:
    """One pytest inside the node, for all the tests of a directory."""

    def __init__(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        self._config = session.config
        root = os.environ.get(ROOTFS_VARIABLE, "")
        if not (pathlib.Path(root) / "usr/sbin/exim4").exists():
            raise pytest.UsageError(
                f"{ROOTFS_VARIABLE} must name the root file system of a node"
                " (with exim4-daemon-heavy and /opt/exordos_mail/.venv)"
            )
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
