# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the operator may choose, and the schedule that is published."""

import dataclasses

from exordos_mail.send import backoff

#: Seconds after the first, second, … failure; the last one repeats.
DELAYS = (5, 30, 120, 300, 900, 1800, 3600)
_RETRY = backoff.Backoff(DELAYS)


@dataclasses.dataclass(frozen=True)
class WebhookSettings:
    """Sizes and times of deliveries."""

    #: Events in a batch at the most.
    events: int = 100
    #: Bytes of a batch's events, unless a single event is larger.
    bytes: int = 256 * 1024
    #: Milliseconds that an event waits for others to go with it.
    wait: int = 500
    #: Seconds for a whole exchange with a receiver.
    timeout: float = 15.0
    delays: backoff.Backoff = _RETRY
    #: Milliseconds of failures after which a webhook is switched off: five days.
    give_up: int = 5 * 24 * 3600 * 1000
