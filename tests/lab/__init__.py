# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A signed internet for tests: `from tests import lab`, `lab.Internet()`."""

from tests.lab.acme import Pebble
from tests.lab.authority import Authority
from tests.lab.internet import Internet

__all__ = ["Authority", "Internet", "Pebble"]
