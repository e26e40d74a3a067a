# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tests of the node's driver against a real exim, on a machine like a node.

Outside, the tests are only collected: they run in one pytest inside a node's
root file system with the node's own Python, the real paths, users and ports
and a network of its own (see enter.sh), and their reports are replayed here.
systemd is the one thing that is missing there; see supervisor.py.
"""

import json
import os
import typing as tp

import pytest

from tests.integration.exim import outside

_INSIDE = os.environ.get(outside.INSIDE_VARIABLE)
_RUN: dict[str, outside.Run] = {}

if _INSIDE:
    from tests.integration.exim.fixtures import (  # noqa: F401
        far_programs,
        internet,
        machine,
        mail,
        networks,
        no_secret_in_logs,
    )
    from tests.integration.exim.killing import killed_child  # noqa: F401

    def pytest_runtest_logreport(report: pytest.TestReport) -> None:
        """Send the report out."""
        from _pytest import reports

        data = reports.pytest_report_to_serializable(report)
        with os.fdopen(os.dup(int(_INSIDE)), "w", encoding="utf-8") as stream:
            stream.write(json.dumps(data, default=str) + "\n")

else:

    def pytest_runtest_protocol(item: pytest.Item, nextitem: tp.Any) -> bool | None:
        """Replay what the run inside reports for this test."""
        # pytest asks this hook for the tests of other directories as well.
        if not outside.belongs(item):
            return None
        if "run" not in _RUN:
            _RUN["run"] = outside.Run(item.session)
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in _RUN["run"].replay(item):
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_sessionfinish() -> None:
        """Leave nothing running."""
        if "run" in _RUN:
            _RUN.pop("run").close()
