# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is published is what the code is."""

import json
import pathlib
import typing as tp

from setuptools.config import pyprojecttoml

from exordos_mail.send.api import openapi, routes
from exordos_mail.send.api.route import Access

_ROOT = pathlib.Path(__file__).parents[3]


def _project(path: pathlib.Path) -> dict[str, tp.Any]:
    configuration = pyprojecttoml.read_configuration(path, expand=False)
    return dict(configuration["project"])


def test_small_wheel_needs_what_the_extra_needs() -> None:
    whole = _project(_ROOT / "pyproject.toml")
    small = _project(_ROOT / "packaging" / "send" / "pyproject.toml")
    assert small["dependencies"] == whole["optional-dependencies"]["send"]
    assert small["version"] == whole["version"]


def test_openapi_is_current() -> None:
    committed = json.loads((_ROOT / "docs" / "send" / "openapi.json").read_text())
    current = json.loads(json.dumps(openapi.describe(routes.TABLE)))
    assert committed == current, "write it anew: make openapi"


def test_only_what_says_nothing_is_public() -> None:
    public = {row.path for row in routes.TABLE if row.access is Access.PUBLIC}
    says_nothing = {"/v1/openapi.json", "/health/live", "/health/ready"}
    # The link is what gives the right, and it says nothing but yes or no.
    assert public <= says_nothing | {"/v1/unsubscribe/{link}"}


def test_no_two_routes_are_the_same() -> None:
    found = [(row.method, row.path) for row in routes.TABLE]
    assert len(found) == len(set(found))
