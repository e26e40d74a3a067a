# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""All mutations."""

from tests.mutations.delivery import DELIVERY
from tests.mutations.found import FOUND
from tests.mutations.platform import PLATFORM

MUTATIONS = (*FOUND, *DELIVERY, *PLATFORM)
