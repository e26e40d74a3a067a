# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the lanes of a process share."""

import dataclasses

from exordos_mail.send.delivery.capacity import Capacity
from exordos_mail.send.delivery.results import Results
from exordos_mail.send.delivery.servers import Servers
from exordos_mail.send.delivery.sources import Sources
from exordos_mail.send.delivery.withholding import Withholding
from exordos_mail.send.delivery.worker import Worker


@dataclasses.dataclass(frozen=True)
class Shared:
    """Made once; every lane works with it."""

    worker: Worker
    #: Of all connections of this process.
    capacity: Capacity
    servers: Servers
    sources: Sources
    withholding: Withholding
    results: Results
