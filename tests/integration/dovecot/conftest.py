# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tests of the node's driver against a real Dovecot, on a machine like a node.

As in ../exim: outside they are only collected, and run in one pytest inside.
"""

import os
import pathlib
import typing as tp

import pytest

from tests.integration.exim import outside

if os.environ.get(outside.INSIDE_VARIABLE):
    from tests.integration.dovecot.boxes import boxes, fresh, stop  # noqa: F401
    from tests.integration.exim.fixtures import (  # noqa: F401
        far_programs,
        internet,
        no_secret_in_logs,
    )

    def pytest_runtest_logreport(report: pytest.TestReport) -> None:
        """Send the report out."""
        outside.send(report)

    def pytest_sessionfinish() -> None:
        """Leave nothing running."""
        stop()

else:
    _REPLAY = outside.Replay(pathlib.Path(__file__).parent)

    def pytest_runtest_protocol(item: pytest.Item, nextitem: tp.Any) -> bool | None:
        """Replay what the run inside reports for this test."""
        return _REPLAY.protocol(item)

    def pytest_sessionfinish() -> None:
        """Leave nothing running."""
        _REPLAY.finish()
