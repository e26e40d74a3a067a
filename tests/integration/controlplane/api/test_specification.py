# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The description that the running service serves is the one in docs/."""

import pathlib

import yaml

from exordos_mail import openapi
from tests.integration.support import client

FILE = pathlib.Path(__file__).parents[4] / "docs" / "openapi.yaml"


def test_the_service_describes_our_paths_as_the_file_does(
    tenant: client.Client,
) -> None:
    written = yaml.safe_load(FILE.read_text())
    served = openapi.ours(tenant.specification())
    assert served == {name: written[name] for name in ("paths", "components")}
