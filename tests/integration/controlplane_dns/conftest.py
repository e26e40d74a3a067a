# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The control plane's database, and a signed internet that its checker asks."""

import typing as tp

from oslo_config import cfg
import pytest

from exordos_mail.controlplane import dns_options  # noqa: F401 its options are used
from tests.integration.controlplane import conftest as controlplane

cluster = controlplane.cluster
database_url = controlplane.database_url
engine = controlplane.engine
db = controlplane.db
version = controlplane.version


@pytest.fixture(autouse=True)
def judged() -> tp.Iterator[None]:
    """The DNS is asked, whatever tests before this one have said."""
    cfg.CONF.set_override("dns_checks", True, group="mail")
    yield
    cfg.CONF.clear_override("dns_checks", group="mail")
