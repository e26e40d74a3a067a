# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tests of the node's driver against a real exim, on a machine like a node.

Outside, the tests are only collected: they run in one pytest inside a node's
root file system with the node's own Python, the real paths, users and ports
and a network of its own (see enter.sh), and their reports are replayed here.
systemd is the one thing that is missing there; see supervisor.py.
"""

import os
import pathlib
import typing as tp

import pytest

from tests.integration.exim import outside

if os.environ.get(outside.INSIDE_VARIABLE):
    from tests.integration.exim.fixtures import (  # noqa: F401
        far_programs,
        internet,
        machine,
        mail,
        networks,
        no_secret_in_logs,
    )
    from tests.integration.exim.killing import killed_child  # noqa: F401
    from tests.integration.exim.receiving import (  # noqa: F401
        boxes,
        receiver,
        receiving_node,
    )

    def pytest_runtest_logreport(report: pytest.TestReport) -> None:
        """Send the report out."""
        outside.send(report)

else:
    _REPLAY = outside.Replay(pathlib.Path(__file__).parent)

    def pytest_runtest_protocol(item: pytest.Item, nextitem: tp.Any) -> bool | None:
        """Replay what the run inside reports for this test."""
        return _REPLAY.protocol(item)

    def pytest_sessionfinish() -> None:
        """Leave nothing running."""
        _REPLAY.finish()
