# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Fixtures: a cloud without mail, its operator, the releases that he installs."""

import collections.abc as cabc
import os
import pathlib
import time

import pytest

from tests.e2e import harness as harness_module
from tests.functional import api as api_module
from tests.functional import waiting
from tests.install import operator as operator_module
from tests.install import release

EXAMPLE = release.REPO / "exordos/manifests/examples/example_mail.yaml"
EXAMPLE_NAME = "example_mail"

_report: list[str] = []


def say(line: str) -> None:
    """Have a line printed at the end of the run."""
    _report.append(line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    for line in _report:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def client() -> pathlib.Path:
    """The environment with the platform's command line."""
    return pathlib.Path(os.environ["EXORDOS_MAIL_CLIENT"])


@pytest.fixture(scope="session")
def core() -> pathlib.Path:
    """The environment with Core's own packages."""
    return pathlib.Path(os.environ["EXORDOS_MAIL_CORE"])


@pytest.fixture(scope="session")
def today(
    client: pathlib.Path, tmp_path_factory: pytest.TempPathFactory
) -> release.Release:
    """The element of this work tree."""
    work = tmp_path_factory.mktemp("today")
    return release.build(release.this_work_tree, work, client)


@pytest.fixture(scope="session")
def before(
    client: pathlib.Path, tmp_path_factory: pytest.TempPathFactory
) -> release.Release:
    """The element of the release before."""
    work = tmp_path_factory.mktemp("before")
    return release.build(release.release_before, work, client)


@pytest.fixture(scope="session")
def harness() -> cabc.Iterator[harness_module.Harness]:
    """The stand of EXORDOS_STAND, which `tests/run` has brought up without us."""
    stand = harness_module.Harness(os.environ["EXORDOS_STAND"])
    assert stand.is_up, f"no stand {stand.name}: use tests/run install"
    stand.enter()
    try:
        yield stand
    finally:
        stand.leave()


@pytest.fixture(scope="session")
def operator(harness: harness_module.Harness) -> operator_module.Operator:
    """The operator of the cloud."""
    return operator_module.Operator(harness)


@pytest.fixture(scope="session")
def api(harness: harness_module.Harness) -> api_module.Api:
    """An ordinary user, whose role gets our permissions by the element alone."""
    return api_module.Api(api_module.Cloud.from_environment())


class Clock:
    """Seconds since an event, measured by polling."""

    def __init__(self) -> None:
        self.begin = time.monotonic()

    def until(self, what: str, probe: cabc.Callable[[], bool]) -> float:
        """Wait for a condition; return the seconds since the clock was made."""
        waiting.until(what, probe, operator_module.ELEMENT_TIMEOUT, pause=0.05)
        return time.monotonic() - self.begin
