# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""All mutations."""

from tests.mutations.bounces import BOUNCES
from tests.mutations.command_line import COMMAND_LINE
from tests.mutations.delivery import DELIVERY
from tests.mutations.dns import DNS
from tests.mutations.found import FOUND
from tests.mutations.platform import PLATFORM
from tests.mutations.simulated import SIMULATED
from tests.mutations.trace import TRACE

MUTATIONS = (
    *FOUND,
    *DELIVERY,
    *PLATFORM,
    *COMMAND_LINE,
    *DNS,
    *BOUNCES,
    *SIMULATED,
    *TRACE,
)
